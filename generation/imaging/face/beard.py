"""Whether a beard is worn, from what hair is beside skin: less red, and finer in texture.

Light falls on chin and cheek alike or not: a shadow under the jaw is no beard. So red is measured per
lightness (a* / (L* + 16), which a dimmer lamp leaves as it is, since both go with the cube root of light),
and texture as differences of the logarithm. Both are compared with the cheeks of the same picture, so that
grain, sharpening and make-up count on both sides. A goatee has a bare jaw, a chin curtain a bare chin: the
less red of the two is asked.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face import regions
from generation.imaging.face.regions import Chip, Mask

Grid = NDArray[np.float32]

# Log-odds of a beard by redness and texture against the cheeks, and a constant; fitted as in `glasses.py`.
WEIGHTS: Final = (-37.2, 5.38)
CONSTANT: Final = -7.36
# Radii of the finer and the coarser band of texture, in chip pixels of the usual size: of single hairs (a
# chip shows about 1.2 pixels a millimetre) and of tufts.
_BANDS: Final = ((0.35, 0.7), (0.7, 1.4))
_SMOOTH: Final = 0.5
# The lips' own edge is left out, in chip pixels of the usual size.
_OFF_LIPS: Final = 3
_JAW: Final = (
    (58, 172, 136, 150, 149, 176, 140, 211, 214, 192, 215, 138, 135, 169, 170),
    (288, 397, 365, 379, 378, 400, 369, 431, 434, 416, 435, 367, 364, 394, 395),
)
# Fewer pixels say nothing.
_ENOUGH: Final = 20
_FAINT: Final = 1e-4


def log_odds(chip: Chip) -> float | None:
    """How sure it is that a beard is worn in a chip of twice the usual size; None where the picture ends
    above the chin. A moustache or stubble alone is none."""
    found = parts(chip)
    return None if found is None else float(found @ np.array(WEIGHTS) + CONSTANT)


def parts(chip: Chip) -> NDArray[np.float64] | None:
    """(2,) redness of the less red of chin and jaw, and logarithm of the chin's texture, both less the
    cheeks'; None where one of them is out of the picture."""
    zoom = chip.pixels.shape[0] // regions.CHIP_HEIGHT_PX
    lips = chip.hull(regions.LIPS, _OFF_LIPS * zoom)
    chin = chip.hull(regions.CHIN_SKIN) & ~lips
    jaw = [chip.hull(side) & ~lips for side in _JAW]
    cheeks = [chip.mask(side) for side in (regions.LEFT_CHEEK, regions.RIGHT_CHEEK)]
    if not _shows(chip, regions.CHIN) or min(int(one.sum()) for one in (chin, *jaw, *cheeks)) < _ENOUGH:
        return None
    linear = color.srgb8_to_linear(chip.pixels)
    red = _redness(cv2.GaussianBlur(linear, (0, 0), _SMOOTH * zoom))
    own, wanted = _mean(red, cheeks), (_mean(red, [chin]), _mean(red, jaw))
    return np.array([min(wanted) - own, _texture(linear, chin, cheeks, zoom)])


def _shows(chip: Chip, point: int) -> bool:
    """Whether the picture reaches this point of the face."""
    column, row = np.round(chip.points[point]).astype(int)
    rows, columns = chip.inside.shape
    return bool(0 <= row < rows and 0 <= column < columns and chip.inside[row, column])


def _redness(linear: Grid) -> Grid:
    lab = color.linear_to_lab(linear)
    return np.asarray(lab[..., 1] / (lab[..., 0] + 16), np.float32)


def _mean(grid: Grid, masks: list[Mask]) -> float:
    """The mean of the masks' medians: both sides of a face that is lit from one count alike."""
    return float(np.mean([np.median(grid[mask]) for mask in masks]))


def _texture(linear: Grid, chin: Mask, cheeks: list[Mask], zoom: int) -> float:
    lightness = np.log(np.asarray(color.linear_to_lab(linear)[..., 0], np.float32) + 16)
    bands = []
    for fine, coarse in _BANDS:
        smooth = [cv2.GaussianBlur(lightness, (0, 0), radius * zoom) for radius in (fine, coarse)]
        band = np.abs(smooth[0] - smooth[1])
        there, own = (
            [float(np.log(max(np.median(band[mask]), _FAINT))) for mask in masks]
            for masks in ([chin], cheeks)
        )
        bands.append(there[0] - float(np.mean(own)))
    return float(np.mean(bands))
