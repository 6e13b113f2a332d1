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
from generation.imaging.resample import shrink
from generation.imaging.types import SRGB8, Face

# Grown around eyes and lips so that lids and lip borders belong to them (chip pixels).
_RIM_PX: Final = 3
# Glasses reach further: lenses from brow to cheek.
_LENS_PX: Final = 8
# Gradient (L* per chip pixel, after slight smoothing) below which a surface has no texture. Skin always has
# pores, shading and noise; paint, paper and clipped areas do not.
_FLAT_GRADIENT: Final = 0.05
# A spot before the eyes is a reflection when it is this much lighter than the face's own skin, at least as
# light as a lamp in a lens ever is, and has the lamp's colour instead of the skin's. Relative to the skin:
# shining dark skin is no reflection, and a reflection on a dark face is one.
_GLARE_STEP_L: Final = 25.0
# (at least, at most): nothing is lighter than white, however light the skin is.
_GLARE_L: Final = (78.0, 94.0)
_GLARE_CHROMA: Final = 14.0
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
# The part above the forehead that shows a pattern: stripes, prints (chip pixels, from the top of the mesh).
_PATTERN_PX: Final = (78, 8)
_PATTERN_HALF_WIDTH_PX: Final = 45
# Steps of this much (L* a chip pixel) are edges of a print; strands of hair make few of them.
_PRINTED_STEP: Final = 6.0
# Bridge of the nose, between the lenses.
_BRIDGE: Final = (6, 168, 197)
_BRIDGE_HALF_PX: Final = (6, 14)
# A bar is dark all over; the bridge of sunglasses is a thin line.
_BRIDGE_QUANTILE: Final = 0.8
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
    `glare`: share of reflections before the eyes. `bridge_brightness`: the nose between the eyes over the
    skin, in L*. `head_covering`: 1 where cloth covers the hair; `head_pattern`: density of printed edges
    above the forehead. `cut_off`: share of the face's outline outside the photo.
    `blockiness`: JPEG block edges over other edges, 1 is none.
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
        "glare": _glare(lab, chip, eyes, skin),
        "bridge_brightness": _bridge(lightness, chip, skin),
        "head_covering": float(_cloth_above(lab, chip)),
        "head_pattern": _pattern_above(pixels, face),
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


def _glare(lab: NDArray[np.float32], chip: Chip, eyes: Mask, skin: Mask) -> float:
    """The opening of the eyes is left out: their whites and highlights are no reflections."""
    if not skin.any():
        return 0.0
    least = float(np.clip(np.median(lab[..., 0][skin]) + _GLARE_STEP_L, *_GLARE_L))
    bright = (lab[..., 0] > least) & (np.hypot(lab[..., 1], lab[..., 2]) < _GLARE_CHROMA)
    return _share(bright & ~chip.hull(regions.LEFT_EYE) & ~chip.hull(regions.RIGHT_EYE), eyes)


def _bridge(lightness: NDArray[np.float32], chip: Chip, skin: Mask) -> float:
    x, y = chip.points[list(_BRIDGE)].mean(axis=0).astype(int)
    across, down = _BRIDGE_HALF_PX
    part = lightness[max(0, y - down) : y + down, max(0, x - across) : x + across]
    if not part.size or not skin.any():
        return 1.0
    return float(np.quantile(part, _BRIDGE_QUANTILE) / max(float(np.median(lightness[skin])), 1.0))


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


def _pattern_above(pixels: SRGB8, face: Face) -> float:
    """Share of strong edges in a window above the forehead, along the head's own axis."""
    size = (2 * _PATTERN_HALF_WIDTH_PX, _PATTERN_PX[0] - _PATTERN_PX[1])
    turn, scale = np.radians(face.roll_deg), regions.EYE_SPAN_PX / max(regions.eye_span_px(face), 1.0)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    corner = face.landmarks[regions.FOREHEAD, :2] - axes @ np.array([size[0] / 2, _PATTERN_PX[0]])
    matrix: NDArray[np.float64] = np.column_stack([axes, corner]).astype(np.float64)
    source = pixels
    if scale < 0.5:
        # Averaging first keeps the sampling from making edges of its own.
        factor = int(1.0 / scale)
        source = shrink(pixels, (pixels.shape[1] // factor, pixels.shape[0] // factor))
        matrix /= factor
    seen = cv2.warpAffine(
        source, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    lab = color.linear_to_lab(color.srgb8_to_linear(np.asarray(seen, dtype=np.uint8)))
    return float((_gradient(lab[..., 0]) > _PRINTED_STEP).mean())


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
