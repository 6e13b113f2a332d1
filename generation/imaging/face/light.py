"""Light on the face: exposure, clipping, side shadow, backlight. All from linear light on the face chip.

Whether a face is too dark is judged by its highlights (the whites of the eyes, teeth, the shine on nose and
forehead), not by its mean: the mean of a well-lit dark face is the mean of an under-exposed light one.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face import regions
from generation.imaging.face.regions import Chip, Mask
from generation.imaging.types import SRGB8, Face

# 8-bit code from which a channel counts as clipped; JPEG rounds pure white down by a few codes.
CLIPPED_CODE: Final = 250
# L* below which skin shows no detail on any screen.
BLACK_L: Final = 6.0
# Mesh points down the middle of the face: forehead, between the brows, nose tip, lip, chin.
_MIDLINE: Final = (10, 9, 168, 4, 164, 152)
# Pixels left out on both sides of the midline: the ridge of the nose belongs to neither side.
_RIDGE_PX: Final = 4
# Fewer pixels than this say nothing about a region.
_ENOUGH_PX: Final = 30
# Mirrored mesh points on cheeks, jaw and forehead, away from eyes, brows, lips and the outline.
_MIRRORED: Final = (
    (116, 345), (117, 346), (118, 347), (101, 330), (36, 266), (206, 426), (207, 427), (187, 411), (123, 352),
    (50, 280), (205, 425), (147, 376), (213, 433), (192, 416), (214, 434), (108, 337), (69, 299), (104, 333),
    (67, 297), (109, 338), (66, 296), (107, 336), (210, 430), (211, 431), (212, 432), (32, 262), (208, 428),
)  # fmt: skip
# Side of the patch that is averaged at such a point (chip pixels).
_PATCH_PX: Final = 7
# Half the width of the head with hair, in eye spans: what lies further out is background.
_HEAD_HALF_WIDTH: Final = 1.35
_BACKGROUND_SIDE_PX: Final = 128


def measure(pixels: SRGB8, face: Face, chip: Chip) -> dict[str, float | str | None]:
    """Light measures of a face; `pixels` is the whole photo, `chip` the face cut from it.

    `luminance_mean`, `luminance_variance`: encoded luminance on the face, 0..1. `dynamic_range`,
    `face_highlight`, `skin_lightness`, `background_lightness`: L*. `over_exposure`, `under_exposure`: share
    of the skin, 0..1. `side_ratio`: linear luminance, brighter over darker side; `darker_side`, of the
    picture; `side_colour`: distance in a*, b* between mirrored points, where two lights of different colour
    meet. `skin_ita_deg`: skin tone angle, `tone_bin` its name (photometry of this photo, not a trait).
    """
    lab = color.linear_to_lab(color.srgb8_to_linear(chip.pixels))
    lightness, skin, whole = lab[..., 0], chip.skin(), chip.mask(regions.OVAL)
    if int(skin.sum()) < _ENOUGH_PX:
        skin = whole = np.ones_like(whole)
    encoded = cv2.cvtColor(chip.pixels, cv2.COLOR_RGB2GRAY)[whole].astype(np.float32) / 255.0
    low, high = np.percentile(lightness[whole], (2, 98))
    clipped = (chip.pixels >= CLIPPED_CODE).sum(axis=-1) >= 2
    ita = float(color.ita_deg(np.median(lab[skin], axis=0)))
    ratio, darker = _sides(chip, skin)
    return {
        "luminance_mean": float(encoded.mean()),
        "luminance_variance": float(encoded.var()),
        "dynamic_range": float(high - low),
        "face_highlight": float(high),
        "skin_lightness": float(np.median(lightness[skin])),
        "over_exposure": float(clipped[skin].mean()),
        "under_exposure": float((lightness[skin] < BLACK_L).mean()),
        "side_ratio": ratio,
        "darker_side": darker,
        "side_colour": _side_colour(lab, chip),
        "background_lightness": _background(pixels, face),
        "skin_ita_deg": ita,
        "tone_bin": color.tone_bin(ita),
    }


def _sides(chip: Chip, skin: Mask) -> tuple[float, str]:
    """Brighter over darker side in linear luminance, and which side of the picture is darker.

    The geometric mean of the whole halves and the cheeks alone: halves see a hard shadow edge, cheeks are
    not fooled by a beard or a fringe on one side.
    """
    luminance = color.luminance(color.srgb8_to_linear(chip.pixels))
    points = chip.points[list(_MIDLINE)]
    order = np.argsort(points[:, 1])
    middle = np.interp(np.arange(skin.shape[0]), points[order, 1], points[order, 0])[:, None]
    across = np.arange(skin.shape[1])[None, :]
    pairs = (
        (skin & (across < middle - _RIDGE_PX), skin & (across > middle + _RIDGE_PX)),
        (chip.mask(regions.LEFT_CHEEK), chip.mask(regions.RIGHT_CHEEK)),
    )
    logs = [
        np.log((np.median(luminance[left]) + 1e-3) / (np.median(luminance[right]) + 1e-3))
        for left, right in pairs
        if min(int(left.sum()), int(right.sum())) >= _ENOUGH_PX
    ]
    mean = float(np.mean(logs)) if logs else 0.0
    return float(np.exp(abs(mean))), "left" if mean < 0 else "right"


def _side_colour(lab: NDArray[np.float32], chip: Chip) -> float:
    smooth = cv2.blur(lab, (_PATCH_PX, _PATCH_PX))
    corner = np.array([chip.inside.shape[1] - 1, chip.inside.shape[0] - 1])
    x, y = np.clip(np.round(chip.points), 0, corner).astype(int).T
    left, right = (list(side) for side in zip(*_MIRRORED, strict=True))
    step = smooth[y[left], x[left], 1:] - smooth[y[right], x[right], 1:]
    return float(np.median(np.hypot(step[:, 0], step[:, 1])))


def _background(pixels: SRGB8, face: Face) -> float | None:
    """Median L* beside and above the head; None where the head fills the photo."""
    # Every n-th pixel is enough for a median, and reading all of them is not free.
    step = max(1, max(pixels.shape[:2]) // _BACKGROUND_SIDE_PX)
    small, scale = pixels[::step, ::step], 1.0 / step
    eyes = face.landmarks[list(regions.OUTER_EYES), :2].mean(axis=0) * scale
    half = _HEAD_HALF_WIDTH * regions.eye_span_px(face) * scale
    above = small[: max(1, int(eyes[1]))]
    columns = np.arange(small.shape[1])
    beside = above[:, (columns < eyes[0] - half) | (columns > eyes[0] + half)].reshape(-1, 3)
    if len(beside) < _ENOUGH_PX:
        return None
    return float(np.median(color.linear_to_lab(color.srgb8_to_linear(beside))[:, 0]))
