"""How strong a camera made its colours, told by skin: what is beyond any skin is taken back.

Phones and photographers turn colour up, by different amounts. White balance leaves that, and a wall of faces
shows it first: orange beside pale.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import Landmarks, skin_region
from generation.imaging.types import LinearRGB

# CIELAB chroma of skin up to which a picture is left as it is. Measured on people of four ethnic groups, b*
# lies between 10 and 20 (Xiao et al. 2017), so that chroma comes to some 25 at most; in pictures, which have
# more contrast than skin, it is 31 (median of 50 portraits).
_NATURAL: Final = 32.0
# Share of what is beyond that stays, and the least that colours are turned down to.
_STAYS: Final = 0.5
_LEAST: Final = 0.75
_TOO_FEW: Final = 50
_ROUNDS: Final = 3


def calm(balanced: LinearRGB, landmarks: Landmarks) -> float:
    """What to multiply the colours of a white-balanced picture (h, w, 3) by so that its skin looks like skin:
    1 where it does or none is seen, 0.75 at the least."""
    skin = balanced[skin_region(landmarks, balanced.shape[:2]) > 0]
    if len(skin) < _TOO_FEW:
        return 1.0
    median = np.median(skin, axis=0).astype(np.float64)
    chroma = _chroma(median)
    if chroma <= _NATURAL:
        return 1.0
    wanted, share = _NATURAL + _STAYS * (chroma - _NATURAL), 1.0
    for _ in range(_ROUNDS):
        share *= wanted / _chroma(matrix(share) @ median)
    return float(np.clip(share, _LEAST, 1.0))


def matrix(share: float) -> NDArray[np.float64]:
    """(3, 3) that multiplies a linear picture's colours by `share` and keeps luminance."""
    return np.asarray(share * np.eye(3) + (1 - share) * np.outer(np.ones(3), color.LUMINANCE))


def _chroma(rgb: NDArray[Any]) -> float:
    lab = color.linear_to_lab(rgb)
    return float(np.hypot(lab[1], lab[2]))
