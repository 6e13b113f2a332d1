"""Traces of a screen or a print in front of the camera: a periodic pattern laid over the face.

A display's pixels, a print's dots and the moire between either and the sensor give narrow peaks in the
spectrum at the same place all over the picture (Hamer & Kautz 1991 for moire; the spectral cue of recapture
detection, Cao & Kot 2010). Skin has no such peaks, which is why only the face is looked at: cloth and walls
may have them.
"""

from functools import cache
from typing import Final

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from generation.imaging.types import SRGB8, Face

Grey = NDArray[np.float32]

# Side of the tiles whose spectra are taken: patterns up to a tenth of it are seen.
TILE_PX: Final = 128
# Tiles over the face, a side; more tell nothing new.
_TILES: Final = 4
# Cycles per tile below which the face itself has structure (features, shading).
_LOWEST: Final = 10
# JPEG blocks (8 pixels, 16 where colour is halved) leave peaks at their own multiples on the axes.
_BLOCK_BINS: Final = TILE_PX // 16
_ON_AXIS: Final = 2
# Neighbourhood of a frequency against which its peak is measured (bins).
_AROUND: Final = 15
# Camera noise of this much (8-bit codes) is added to the ground: a perfectly smooth picture has no peaks.
_FLOOR_CODES: Final = 0.7


def measure(pixels: SRGB8, face: Face) -> dict[str, float]:
    """How far the strongest periodic pattern on the face stands out of the frequencies around it.

    `grid_peak` in lightness, `grid_peak_colour` in colour, in nats of power; medians over tiles of the face.
    0 where the face is smaller than a tile.
    """
    tiles = _tiles(pixels, face)
    if not tiles:
        return {"grid_peak": 0.0, "grid_peak_colour": 0.0}
    channels = np.stack([cv2.cvtColor(tile, cv2.COLOR_RGB2YCrCb) for tile in tiles])
    stacked = np.moveaxis(channels, -1, 1).astype(np.float32)
    middle = np.median(_peaks(stacked.reshape(-1, TILE_PX, TILE_PX)).reshape(-1, 3), axis=0)
    return {"grid_peak": float(middle[0]), "grid_peak_colour": float(middle[1:].max())}


def _tiles(pixels: SRGB8, face: Face) -> list[SRGB8]:
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (int(value) for value in face.box)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x1 - x0 < TILE_PX or y1 - y0 < TILE_PX:
        return []
    across = np.unique(np.linspace(x0, x1 - TILE_PX, _TILES).astype(int))
    down = np.unique(np.linspace(y0, y1 - TILE_PX, _TILES).astype(int))
    return [np.ascontiguousarray(pixels[y : y + TILE_PX, x : x + TILE_PX]) for y in down for x in across]


@cache
def _window() -> Grey:
    one = np.hanning(TILE_PX)
    return np.outer(one, one).astype(np.float32)


@cache
def _watched() -> NDArray[np.bool_]:
    """Frequencies (half plane of the real transform) at which a pattern counts."""
    down = np.abs(np.fft.fftfreq(TILE_PX, 1 / TILE_PX))[:, None]
    across = np.arange(TILE_PX // 2 + 1)[None, :]
    blocks = ((across <= _ON_AXIS) & _at_blocks(down)) | ((down <= _ON_AXIS) & _at_blocks(across))
    edge = TILE_PX // 2 - 2
    return np.asarray((np.hypot(down, across) >= _LOWEST) & ~blocks & (down <= edge) & (across <= edge))


def _at_blocks(frequency: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Within one bin of a multiple of the block frequency."""
    distance = np.abs((np.asarray(frequency, float) + _BLOCK_BINS / 2) % _BLOCK_BINS - _BLOCK_BINS / 2)
    return np.asarray(distance <= 1)


def _peaks(tiles: Grey) -> NDArray[np.float64]:
    """The highest peak of each (128, 128) tile."""
    window = _window()
    centred = (tiles - tiles.mean(axis=(1, 2), keepdims=True)) * window
    spectra = scipy.fft.rfft2(centred, workers=1)
    floor = _FLOOR_CODES**2 * float((window**2).sum())
    found = []
    for spectrum in spectra:
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) + np.float32(floor)
        logs = np.log(cv2.blur(power, (3, 3), borderType=cv2.BORDER_REFLECT_101))
        # Along the rows and columns too: a straight edge is a ridge in the spectrum, a pattern a point.
        ground = np.maximum.reduce(
            [
                cv2.blur(logs, size, borderType=cv2.BORDER_REFLECT_101)
                for size in ((_AROUND, _AROUND), (_AROUND, 1), (1, _AROUND))
            ]
        )
        found.append(float((logs - ground)[_watched()].max()))
    return np.array(found)
