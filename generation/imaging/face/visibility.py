"""What can be seen of the face: eyes, mouth, skin; what covers it; whether it is a photographed face at all.

The mesh draws eyes and a mouth under sunglasses and masks too; so every part is judged by the pixels.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face import regions
from generation.imaging.face.regions import Chip, Mask
from generation.imaging.types import SRGB8, Face

# Grown around eyes and lips so that lids and lip borders belong to them (chip pixels).
_RIM_PX: Final = 3
# Glasses reach further: lenses from brow to cheek.
_LENS_PX: Final = 8
# Gradient (L* per chip pixel, after slight smoothing) below which a surface has no texture. Skin always has
# pores, shading and noise; paint, paper and clipped areas do not.
_FLAT_GRADIENT: Final = 0.05
# L* from which a spot in front of the eyes is a reflection.
_GLARE_L: Final = 94.0
# Hues of skin in Lab (degrees), wide enough for every tone under any white balance, and the chroma
# below which a hue says nothing.
_SKIN_HUE_DEG: Final = (-20.0, 110.0)
_COLOURED: Final = 6.0
_COLOURLESS: Final = 4.0
# Rows above the forehead that show what is worn on the head (chip pixels from the top of the mesh).
_CROWN_PX: Final = (34, 8)
_CROWN_HALF_WIDTH_PX: Final = 40
# Hair is never this colourful outside of this range of hues (Lab degrees); cloth often is.
_HAIR_HUE_DEG: Final = (28.0, 105.0)
_CLOTH_CHROMA: Final = 28.0
# Lower cheek and jaw of each side, without the mouth.
_LEFT_JAW: Final = (58, 172, 136, 150, 149, 176, 148, 152, 200, 18, 17, 84, 181, 91, 146, 61, 214)
_RIGHT_JAW: Final = (288, 397, 365, 379, 378, 400, 377, 152, 200, 18, 17, 314, 405, 321, 375, 291, 434)
# Distance in a*, b* from the face's own skin from which a spot is something else: beard, shadow, object.
_NOT_SKIN: Final = 14.0
_PHOTO_SIDE_PX: Final = 96


def measure(pixels: SRGB8, face: Face, chip: Chip) -> dict[str, float]:
    """Visibility measures of a face; all 0..1 unless named otherwise.

    `left_eye_contrast`, `right_eye_contrast`, `mouth_contrast`: L* range of the part. `eye_brightness`: the
    brightest tenth of the eyes over the skin, in L*. `flat_share`: share of the face without any texture;
    `flat_left`, `flat_right`, `flat_upper`: of each side and above the eyes. `natural_colour`: share with a
    hue that skin can have; `colourless`: share without colour; `photo_colour`: mean chroma of the whole photo
    in Lab.
    `lower_upper_colour`: colour difference of chin and forehead in Lab. `jaw_difference`: difference of the
    two halves of the jaw in the share that is not skin-coloured (a beard is on both).
    `glare`: share of reflections before the eyes. `head_covering`: 1 where cloth covers the hair. `cut_off`:
    share of the face's outline outside the photo. `blockiness`: JPEG block edges over other edges, 1 is none.
    """
    lab = color.linear_to_lab(color.srgb8_to_linear(chip.pixels))
    lightness, skin = lab[..., 0], chip.skin()
    whole = chip.mask(regions.OVAL)
    eyes = chip.hull(regions.LEFT_EYE, _LENS_PX) | chip.hull(regions.RIGHT_EYE, _LENS_PX)
    flat = _gradient(lightness) < _FLAT_GRADIENT
    return {
        "left_eye_contrast": _contrast(lightness, chip.hull(regions.LEFT_EYE, _RIM_PX)),
        "right_eye_contrast": _contrast(lightness, chip.hull(regions.RIGHT_EYE, _RIM_PX)),
        "mouth_contrast": _contrast(lightness, chip.hull(regions.LIPS, _RIM_PX)),
        "eye_brightness": _eye_brightness(lightness, eyes, skin),
        **_flatness(flat, whole),
        **_colours(lab, skin),
        "photo_colour": _photo_colour(pixels),
        "lower_upper_colour": _colour_step(lab, chip),
        "jaw_difference": _jaw_difference(lab, chip, skin),
        "glare": _share(lightness > _GLARE_L, eyes),
        "head_covering": float(_cloth_above(lab, chip)),
        "cut_off": _cut_off(pixels, face),
        "blockiness": _blockiness(pixels, face),
    }


def _gradient(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _share(what: Mask, where: Mask) -> float:
    return float(what[where].mean()) if where.any() else 0.0


def _contrast(lightness: NDArray[np.float32], where: Mask) -> float:
    if not where.any():
        return 0.0
    low, high = np.percentile(lightness[where], (5, 95))
    return float(high - low)


def _eye_brightness(lightness: NDArray[np.float32], eyes: Mask, skin: Mask) -> float:
    if not eyes.any() or not skin.any():
        return 0.0
    return float(np.percentile(lightness[eyes], 90) / max(float(np.median(lightness[skin])), 1.0))


def _flatness(flat: Mask, whole: Mask) -> dict[str, float]:
    rows, columns = np.arange(whole.shape[0])[:, None], np.arange(whole.shape[1])[None, :]
    return {
        "flat_share": _share(flat, whole),
        "flat_left": _share(flat, whole & (columns < regions.EYES_X_PX)),
        "flat_right": _share(flat, whole & (columns >= regions.EYES_X_PX)),
        "flat_upper": _share(flat, whole & (rows < regions.EYES_Y_PX)),
    }


def natural_colour(chip: Chip) -> float:
    """Share of a face, 0..1, whose hue skin can have (or that has none)."""
    return _colours(color.linear_to_lab(color.srgb8_to_linear(chip.pixels)), chip.skin())["natural_colour"]


def _colours(lab: NDArray[np.float32], skin: Mask) -> dict[str, float]:
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    strange = ((hue < _SKIN_HUE_DEG[0]) | (hue > _SKIN_HUE_DEG[1])) & (chroma > _COLOURED)
    return {"natural_colour": 1.0 - _share(strange, skin), "colourless": _share(chroma < _COLOURLESS, skin)}


def _photo_colour(pixels: SRGB8) -> float:
    """Mean chroma of the whole photo."""
    step = max(1, max(pixels.shape[:2]) // _PHOTO_SIDE_PX)
    lab = color.linear_to_lab(color.srgb8_to_linear(pixels[::step, ::step]))
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())


def _jaw_difference(lab: NDArray[np.float32], chip: Chip, skin: Mask) -> float:
    if not skin.any():
        return 0.0
    own = np.median(lab[skin], axis=0)
    other = np.hypot(lab[..., 1] - own[1], lab[..., 2] - own[2]) > _NOT_SKIN
    return abs(_share(other, chip.mask(_LEFT_JAW)) - _share(other, chip.mask(_RIGHT_JAW)))


def _colour_step(lab: NDArray[np.float32], chip: Chip) -> float:
    upper, lower = chip.mask(regions.BROW_SKIN), chip.mask(regions.CHIN_SKIN)
    if not upper.any() or not lower.any():
        return 0.0
    difference = np.median(lab[upper], axis=0) - np.median(lab[lower], axis=0)
    return float(np.hypot(difference[1], difference[2]))


def _cloth_above(lab: NDArray[np.float32], chip: Chip) -> bool:
    """Whether a colour that hair does not have stands right above the forehead."""
    x, y = chip.points[regions.FOREHEAD]
    top, bottom = max(0, int(y) - _CROWN_PX[0]), max(0, int(y) - _CROWN_PX[1])
    left, right = max(0, int(x) - _CROWN_HALF_WIDTH_PX), max(0, int(x) + _CROWN_HALF_WIDTH_PX)
    seen = chip.inside[top:bottom, left:right]
    if not seen.any():
        return False
    _, a, b = np.median(lab[top:bottom, left:right][seen], axis=0)
    hue = float(np.degrees(np.arctan2(b, a)))
    return bool(np.hypot(a, b) > _CLOTH_CHROMA and not _HAIR_HUE_DEG[0] <= hue <= _HAIR_HUE_DEG[1])


def _cut_off(pixels: SRGB8, face: Face) -> float:
    height, width = pixels.shape[:2]
    outline = face.landmarks[list(regions.OVAL)]
    x, y = outline[:, 0], outline[:, 1]
    return float(((x < 0) | (x >= width) | (y < 0) | (y >= height)).mean())


def _blockiness(pixels: SRGB8, face: Face) -> float:
    """Mean step across the borders of 8-pixel JPEG blocks over the mean step inside them."""
    left, top = max(0, int(face.box[0])) // 8 * 8, max(0, int(face.box[1])) // 8 * 8
    part = np.ascontiguousarray(pixels[top : int(face.box[3]), left : int(face.box[2])])
    if part.shape[0] < 16 or part.shape[1] < 24:
        return 1.0
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    border = np.arange(len(steps)) % 8 == 7
    # Half a code: below it the picture is too smooth to tell blocks from rounding.
    return float(max(steps[border].mean(), 0.5) / max(float(steps[~border].mean()), 0.5))
