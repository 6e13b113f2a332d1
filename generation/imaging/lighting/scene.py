"""What is seen in a person's picture before any rig is asked for: looked at once, for any number of plans."""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import (
    FACE_OVAL,
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    Landmarks,
    eye_middle,
    face_unit,
    moved,
    region,
    skin_region,
)
from generation.imaging.lighting import field, halves
from generation.imaging.lighting.bare import bare_skin
from generation.imaging.lighting.complexion import Coloured, coloured
from generation.imaging.lighting.estimate import Samples, Shading, fit_shading, near_face, skin_samples
from generation.imaging.lighting.hold import Hold, hold
from generation.imaging.lighting.normals import normal_map
from generation.imaging.lighting.shine import powder
from generation.imaging.lighting.whites import Whites, whites
from generation.imaging.strips import for_channels
from generation.imaging.types import Alpha, LinearRGB

Array = NDArray[Any]
Floats = NDArray[np.float32]

# From the shoulders down the field goes on with this share of its variation.
_BODY_SHARE: Final = 0.5
# Colour of the light may differ over the face; this much of it is evened out, within this many stops.
_EVEN: Final = 0.7
_EVEN_STOPS: Final = 0.30
# Off the skin, what is darker than this (linear) is lifted less, black only by this share of it. Blurs in
# pixels of the small view: what counts as skin's surroundings, and strands of hair that are one thing.
_DARK: Final = 0.10
_LIFT_OF_BLACK: Final = 0.15
_NEAR_SKIN: Final = 5.4
_OF_STRANDS: Final = 1.5
# Blur of the face's outline in eye-to-chin units, where colour is the skin's own.
_FACE_EDGE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Scene:
    """What every rig finds alike on one person, from a small picture (eyes to chin about 90 px): the picture
    (h, w, 3) and its alpha, the skin's mask, normals, the field's terms, powder and opened shadows as a gain
    and the picture under it, skin samples of that with their light in stops, the shading that was found, what
    evens the light's colour (stops, and as a gain), how much of the field the body gets, where lifting is
    held back, what share of a lift a place gets, which colour is the skin's own, a gain that brings two
    lamps' colour on it together, and where eyes and teeth are."""

    linear: LinearRGB
    alpha: Alpha
    landmarks: Landmarks
    mask: Array
    normals: Floats
    terms: Floats
    dull: Floats
    matte: LinearRGB
    samples: Samples
    light: Array
    before: Shading
    even: Floats
    evened: Floats
    body: Floats
    hold: Hold
    liftable: Floats
    skin: Coloured | None
    lamps: Floats
    whites: Whites

    def face(self) -> "Scene":
        """The part around the face, views of the same: all that a search looks at, and a fifth of a picture.

        Wide enough that every filter finds on skin what it finds in the whole.
        """
        low, high = near_face(self.landmarks, self.mask.shape)
        rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
        at = (rows, columns)
        return Scene(
            self.linear[at],
            self.alpha[at],
            moved(self.landmarks, 1.0, -float(low[0]), -float(low[1])),
            self.mask[at],
            self.normals[at],
            self.terms[at],
            self.dull[at],
            self.matte[at],
            replace(self.samples, at=self.samples.at - low),
            self.light,
            self.before,
            self.even[at],
            self.evened[at],
            self.body[at],
            replace(self.hold, broad=self.hold.broad[at]),
            self.liftable[at],
            None if self.skin is None else self.skin.cut(at),
            self.lamps[at],
            self.whites.cut(at),
        )


def scene(linear: LinearRGB, alpha: Alpha, landmarks: Landmarks, strength: float = 1.0) -> Scene:
    """Look at a person. `strength` 0..1 is how far one-sided shadows are opened, as the rig has it."""
    shape = (alpha.shape[0], alpha.shape[1])
    mask, unit = skin_region(landmarks, shape), face_unit(landmarks)
    before = fit_shading(skin_samples(linear, landmarks))
    linear = np.asarray(np.maximum(linear, 0), np.float32)
    normals = normal_map(landmarks, alpha)
    terms = field.terms(landmarks, normals)
    dull = powder(linear, mask, unit)
    matte = np.asarray(linear * dull, np.float32)
    half = halves.halves(matte, landmarks, mask, normals)
    dull = dull * halves.evened(matte, half, terms) ** strength
    lamps = halves.lamps(matte, half) * np.float32(strength)
    matte = np.asarray(linear * dull, np.float32)
    samples, luminance = skin_samples(matte, landmarks), color.luminance(matte)
    x, y = samples.at.T
    even = _evened(matte, landmarks, mask, terms)
    skin = _coloured(np.asarray(linear * np.exp2(lamps), np.float32), landmarks, mask)
    return Scene(
        linear,
        alpha,
        landmarks,
        mask,
        normals,
        terms,
        np.asarray(dull, np.float32),
        matte,
        samples,
        np.log2(np.maximum(luminance[y, x], 1e-4)),
        before,
        even,
        np.exp2(even),
        _body_weight(landmarks, shape),
        hold(luminance, mask, unit),
        _liftable(luminance, mask),
        skin,
        np.exp2(lamps if skin is None else lamps * for_channels(skin.weight)),
        whites(landmarks, shape),
    )


def _coloured(linear: LinearRGB, landmarks: Landmarks, mask: Array) -> Coloured | None:
    """Where which colour is the skin's own; whites of the eyes and teeth are no skin that shines."""
    unit, face = face_unit(landmarks), region(landmarks, FACE_OVAL, mask.shape[:2])
    for points in (LEFT_EYE, RIGHT_EYE, LIPS):
        face = face * (1 - region(landmarks, points, mask.shape[:2]))
    soft = cv2.GaussianBlur(face.astype(np.float32), (0, 0), _FACE_EDGE * unit)
    return coloured(linear, bare_skin(linear, mask, unit), soft, unit)


def _body_weight(landmarks: Landmarks, shape: tuple[int, int]) -> Floats:
    """1 on head and neck, `_BODY_SHARE` from the shoulders down."""
    unit, (_, y) = face_unit(landmarks), eye_middle(landmarks)
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    way = np.clip((rows - (y + 1.1 * unit)) / (0.9 * unit), 0, 1)
    weight = 1 - (1 - _BODY_SHARE) * way * way * (3 - 2 * way)
    return np.asarray(np.broadcast_to(weight, shape), np.float32)


def _evened(matte: LinearRGB, landmarks: Landmarks, mask: Array, terms: Array) -> Floats:
    """(h, w, 3) stops that take differences of the light's colour across the face out, luminance aside: warm
    light from a wall in the shadow would glow once the shadow is opened."""
    shape, rows = mask.shape[:2], mask > 0
    out = np.zeros((*shape, 3), np.float32)
    if not rows.any():
        return out
    logs = np.log2(np.maximum(matte[rows], 1e-4))
    own = logs - logs[:, 1:2]
    for channel in (0, 2):
        found = terms @ field.fitted(own[:, channel], terms[rows], firmness=2.0)
        out[..., channel] = -_EVEN_STOPS * np.tanh(_EVEN * (found - found[rows].mean()) / _EVEN_STOPS)
    face = region(landmarks, FACE_OVAL, shape).astype(np.float32)
    return np.asarray(out * cv2.GaussianBlur(face, (0, 0), 0.10 * face_unit(landmarks))[..., None])


def _liftable(luminance: Array, mask: Array) -> Floats:
    """(h, w) share of a lift that a place gets: black hair and dark cloth stay black in any light, and would
    turn to grey haze before a bright backdrop; skin, however deep, is lifted."""
    skin = np.clip(2 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _NEAR_SKIN), 0, 1)
    soft = cv2.GaussianBlur(np.asarray(luminance, np.float32), (0, 0), _OF_STRANDS)
    light = np.clip(soft / _DARK, 0, 1)
    share = np.maximum(skin, light * light * (3 - 2 * light))
    return np.asarray(_LIFT_OF_BLACK + (1 - _LIFT_OF_BLACK) * share, np.float32)
