"""Where the clothes are, and how drawn ones are put under a real head without a visible seam."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.engines.base import Posed
from generation.imaging.landmarks import CHIN, FACE_OVAL, eye_middle, face_unit, region, skin_region
from generation.imaging.types import SRGB8, Alpha

Grid = NDArray[np.float32]

# Height of the picture in which the mask is made; its edges are soft.
_ROWS: Final = 640
# All lengths in eye-to-chin units. Where clothes may begin below the chin: in the middle there is a neck, at
# the sides shoulders come higher.
_COLLAR: Final = 0.12
_SHOULDER: Final = -0.05
_NECK_HALF: Final = 0.42
_SHOULDER_FROM: Final = 0.85
# How far from the axis and below the chin there is neck or decollete, and how its colour may differ from the
# face's: hue in degrees, chroma as a share, and lightness upwards (shadow makes it darker).
_NECK: Final = (0.75, 1.0)
_SKIN_HUE_DEG: Final = 20.0
_SKIN_CHROMA: Final = (0.45, 1.5)
_SKIN_LIGHTER: Final = 14.0
# New clothes may be wider than the old ones by this much.
_WIDER: Final = 0.16
# Softness of the mask's edge, and room around the face that it never enters.
_SOFT: Final = 0.045
_FACE_ROOM: Final = 0.08
# CIELAB distance from the crown's colour within which something is hair; hair that falls on the shoulders
# stays. Where so much of the clothes is that close to it, they have the colour of the hair, and only
# what hangs beside the neck is taken for hair.
_HAIR_DISTANCE: Final = 11.0
_MOST_HAIR: Final = 0.45
_BESIDE_NECK: Final = (0.80, 0.70)
# The crown shows hair only with so many pixels of its own.
_LEAST_CROWN: Final = 40
# Reach over which the colour of the drawn part is matched to the photo beside it.
_MATCH_REACH: Final = 0.5


def clothes_mask(posed: Posed) -> Alpha:
    """(h, w) 0..1 on the photo's pixels: 1 where clothes are drawn, exactly 0 on face, hair and neck.

    From the studio's matte and the face mesh; follows the head's tilt.
    """
    assert posed.photo.decoded is not None and posed.photo.face is not None
    pixels = posed.photo.decoded.pixels
    scale = min(1.0, _ROWS / pixels.shape[0])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    alpha = np.asarray(cv2.resize(posed.matte, size, interpolation=cv2.INTER_AREA), np.float32)
    landmarks = posed.photo.face.landmarks * np.float32(scale)
    unit = face_unit(landmarks)
    aside, below = _along(landmarks, alpha.shape, unit)
    raw = _body(alpha, aside, below, unit)
    smooth = cv2.GaussianBlur(small, (0, 0), 1.2)
    lab = color.linear_to_lab(color.srgb8_to_linear(np.asarray(smooth, np.uint8)))
    raw[_hair(lab, alpha, landmarks, aside, below, raw)] = 0
    raw[_neck(lab, landmarks, aside, below)] = 0
    # What was left of a pattern is no neck and no hair.
    raw = np.asarray(cv2.morphologyEx(raw, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    kept = region(landmarks, FACE_OVAL, alpha.shape)
    raw[_grown(kept, _FACE_ROOM * unit) > 0] = 0
    soft = cv2.GaussianBlur(raw.astype(np.float32), (0, 0), max(0.8, _SOFT * unit))
    # Zero where the hard mask is not within reach: nothing of the head may change, not even by a rounding.
    soft = np.clip((soft - 0.5) * 2, 0, 1) * raw
    full = cv2.resize(soft.astype(np.float32), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(full, 0, 1), np.float32)


def _along(landmarks: NDArray[np.float32], shape: tuple[int, ...], unit: float) -> tuple[Grid, Grid]:
    """Distance of every pixel aside from the head's axis and below the chin, in units."""
    chin = landmarks[CHIN, :2]
    down = (chin - eye_middle(landmarks)) / max(unit, 1e-3)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    x, y = xs - chin[0], ys - chin[1]
    aside = np.abs(x * down[1] - y * down[0]) / unit
    return np.asarray(aside, np.float32), np.asarray((x * down[0] + y * down[1]) / unit, np.float32)


def _body(alpha: Alpha, aside: Grid, below: Grid, unit: float) -> NDArray[np.uint8]:
    """The person below the neck line, a little wider than they are."""
    way = np.clip((aside - _NECK_HALF) / (_SHOULDER_FROM - _NECK_HALF), 0, 1)
    line = _COLLAR + (_SHOULDER - _COLLAR) * way * way * (3 - 2 * way)
    wide = _grown((alpha > 0.5).astype(np.uint8), _WIDER * unit)
    return np.asarray((wide > 0) & (below > line), np.uint8)


def _grown(mask: NDArray[np.uint8], reach: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(reach)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(mask, kernel), np.uint8)


def _neck(lab: Grid, landmarks: NDArray[np.float32], aside: Grid, below: Grid) -> NDArray[np.bool_]:
    """Skin that goes on from the face: neck and what a neckline shows."""
    face = skin_region(landmarks, aside.shape) > 0
    if not face.any():
        return np.zeros(aside.shape, np.bool_)
    lightness, a, b = np.median(lab[face], axis=0)
    turn = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(b, a)
    hue = np.degrees(np.abs((turn + np.pi) % (2 * np.pi) - np.pi))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    alike = (hue < _SKIN_HUE_DEG) & (chroma > _SKIN_CHROMA[0] * np.hypot(a, b))
    alike &= chroma < _SKIN_CHROMA[1] * np.hypot(a, b)
    alike &= (lab[..., 0] < lightness + _SKIN_LIGHTER) & (aside < _NECK[0]) & (below < _NECK[1])
    alike = alike | (region(landmarks, FACE_OVAL, aside.shape) > 0)
    opened = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(np.asarray(opened, np.uint8), connectivity=4)
    inside = labels[face]
    main = int(np.bincount(inside[inside > 0]).argmax()) if (inside > 0).any() else -1
    return np.asarray(labels == main, np.bool_)


def _hair(
    lab: Grid,
    alpha: Alpha,
    landmarks: NDArray[np.float32],
    aside: Grid,
    below: Grid,
    body: NDArray[np.uint8],
) -> NDArray[np.bool_]:
    """Hair that hangs below the chin: coloured like the crown and connected to it."""
    outside = _grown(region(landmarks, FACE_OVAL, alpha.shape), 0.06 * face_unit(landmarks)) == 0
    crown = (alpha > 0.95) & (below < -1.0) & outside
    if int(crown.sum()) < _LEAST_CROWN:
        return np.zeros(alpha.shape, np.bool_)
    near = np.linalg.norm(lab - np.median(lab[crown], axis=0), axis=-1) < _HAIR_DISTANCE
    alike = (near & (alpha > 0.3) & outside).astype(np.uint8)
    _, labels = cv2.connectedComponents(alike, connectivity=8)
    joined = np.isin(labels, np.unique(labels[crown & (labels > 0)])) & (labels > 0)
    share = float((joined & (body > 0)).sum()) / max(1, int(body.sum()))
    if share > _MOST_HAIR:
        joined &= (aside < _BESIDE_NECK[0]) & (below < _BESIDE_NECK[1]) & (aside > _NECK_HALF)
    return np.asarray(_grown(joined.astype(np.uint8), 0.02 * face_unit(landmarks)) > 0, np.bool_)


def put_under(posed: Posed, drawn: SRGB8, mask: Alpha) -> SRGB8:
    """The photo with `drawn` (same size) where the mask is; every other pixel is the photo's own.

    A model's decoder changes colours a little everywhere: the difference on what was to stay, spread smoothly
    into what was drawn, is taken off again, so that no edge shows.
    """
    assert posed.photo.decoded is not None and posed.photo.face is not None
    photo = posed.photo.decoded.pixels
    reach = _MATCH_REACH * face_unit(posed.photo.face.landmarks)
    matched = drawn.astype(np.float32) + _difference(photo, drawn, mask, reach)
    weight = mask[..., None]
    mixed = np.rint(photo * (1 - weight) + np.clip(matched, 0, 255) * weight)
    return np.where(weight > 0, mixed, photo).astype(np.uint8)


def _difference(photo: SRGB8, drawn: SRGB8, mask: Alpha, reach: float) -> Grid:
    """(h, w, 3) photo minus drawn outside of the mask, smoothly continued inside (normalised convolution,
    Knutsson & Westin 1993)."""
    scale = min(1.0, _ROWS / photo.shape[0])
    size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    kept = np.asarray(cv2.resize((mask <= 0).astype(np.float32), size, interpolation=cv2.INTER_AREA))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= cv2.resize(drawn, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    sigma = max(1.0, reach * scale)
    weight = cv2.GaussianBlur(kept, (0, 0), sigma)
    # Far from anything that was kept there is nothing to match, and the difference fades out.
    spread = cv2.GaussianBlur(small * kept[..., None], (0, 0), sigma) / (weight + 0.02)[..., None]
    return np.asarray(cv2.resize(spread, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32)
