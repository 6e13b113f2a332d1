"""How sharp the face is: the width of its edges, with noise told apart from detail.

At an edge blurred by s, the energy of a Gaussian derivative of scale t falls as 1 / sqrt(s^2 + t^2); the
ratio of two scales therefore gives s (the principle of Elder & Zucker 1998, averaged over eyes, brows and
mouth). White noise falls as 1 / t^4 and its share is taken out first.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.face import regions
from generation.imaging.landmarks import skin_region
from generation.imaging.types import SRGB8, Face

Grey = NDArray[np.float32]

# Outer eye corners in the working picture: near the size at which a headshot is delivered.
SPAN_PX: Final = 220.0
_FINE: Final = 1.0
_COARSE: Final = 2.0
# Blur (as a share of the eye span) at which the score is 0.7: 0.9 % is 3 px of a 2048 px headshot, where
# eyelashes melt. 81 sharp labelled photos lie below 0.6 %; blur added to them is found within 0.1 %.
_VISIBLE_BLUR: Final = 0.009
_SCORE_AT_VISIBLE: Final = 0.7
# Features grown by this share of the eye span: lashes, brow hair and lip edges, little plain skin.
_GROW: Final = 0.06
_PARTS: Final = (regions.LEFT_EYE, regions.RIGHT_EYE, regions.LEFT_BROW, regions.RIGHT_BROW, regions.LIPS)
# Noise is read where the picture is smoothest: the flattest fifth of its blocks.
_BLOCK_PX: Final = 12
_FLAT_SHARE: Final = 0.2
# Mean of |x| of a normal variable to its standard deviation.
_MEAN_TO_DEVIATION: Final = math.sqrt(math.pi / 2)
# Immerkaer 1996: blind to edges and gradients, unit gain for white noise.
_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6.0


# Skin detail: fine structure between these scales (working pixels), pores and grain.
_PORES: Final = (0.7, 1.4)
# Blocks that are skin all over; the median block stands for the skin, the upper quartile for the features.
_ALL_SKIN: Final = 0.95
_FEATURE_QUANTILE: Final = 0.75


def measure(pixels: SRGB8, face: Face) -> dict[str, float]:
    """Sharpness and noise of a face in (H, W, 3) uint8 sRGB.

    `sharpness` 0..1, where 0.7 is where blur becomes visible in a headshot; `edge_width`, the blur behind
    it as a share of the eye span; `noise`, its standard deviation in 8-bit codes at delivery size;
    `skin_detail`, fine structure of the skin over that of eyes, brows and mouth: a beauty filter takes it
    from the one and leaves the other (0.13 to 0.7 over the labelled portraits).
    """
    grey, features, span = _features(pixels, face)
    noise = _noise(grey)
    fine = max(_energy(grey, features, _FINE) - _noise_energy(noise, _FINE), 1e-6)
    coarse = max(_energy(grey, features, _COARSE) - _noise_energy(noise, _COARSE), 1e-6)
    width = _edge_width(fine / coarse) / span
    score = _SCORE_AT_VISIBLE ** ((width / _VISIBLE_BLUR) ** 2)
    detail = _skin_detail(grey, features, _skin(pixels, face, grey.shape))
    return {"sharpness": score, "edge_width": width, "noise": noise, "skin_detail": detail}


def _skin(pixels: SRGB8, face: Face, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The skin's mask in the working picture of `_features`."""
    scale = min(1.0, SPAN_PX / max(regions.eye_span_px(face), 1.0))
    corner = np.array([max(0, int(face.box[0])), max(0, int(face.box[1])), 0], dtype=np.float32)
    moved: NDArray[np.float32] = ((face.landmarks - corner) * np.float32(scale)).astype(np.float32)
    return np.asarray(skin_region(moved, shape), dtype=bool)


def _skin_detail(grey: Grey, features: NDArray[np.bool_], skin: NDArray[np.bool_]) -> float:
    fine, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _PORES)
    detail: Grey = np.abs(fine - coarse)
    covered = _block_means((skin & ~features).astype(np.float32)) > _ALL_SKIN
    strong = float(np.quantile(detail[features], _FEATURE_QUANTILE)) if features.any() else 0.0
    if not covered.any() or strong <= 0.0:
        return 1.0
    return float(np.median(_block_means(detail)[covered])) / strong


def _block_means(values: Grey) -> Grey:
    height, width = (side // _BLOCK_PX * _BLOCK_PX for side in values.shape)
    blocks = values[:height, :width].reshape(height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _features(pixels: SRGB8, face: Face) -> tuple[Grey, NDArray[np.bool_], float]:
    """Grey picture of the face at working size, the mask of its features, its eye span in pixels."""
    span = regions.eye_span_px(face)
    scale = min(1.0, SPAN_PX / max(span, 1.0))
    height, width = pixels.shape[:2]
    left, top = max(0, int(face.box[0])), max(0, int(face.box[1]))
    right, bottom = min(width, int(face.box[2]) + 1), min(height, int(face.box[3]) + 1)
    part = cv2.cvtColor(np.ascontiguousarray(pixels[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    size = (max(8, round(part.shape[1] * scale)), max(8, round(part.shape[0] * scale)))
    grey = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    points = (face.landmarks[:, :2] - np.array([left, top], dtype=np.float32)) * scale
    mask = np.zeros(grey.shape, dtype=np.uint8)
    for indices in _PARTS:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points[list(indices)]).astype(np.int32)), (1,))
    grow = max(3, int(span * scale * _GROW)) | 1
    grown = cv2.dilate(mask, np.ones((grow, grow), dtype=np.uint8))
    return grey, np.asarray(grown, dtype=bool), max(span * scale, 1.0)


def _noise(grey: Grey) -> float:
    height, width = (side // _BLOCK_PX * _BLOCK_PX for side in grey.shape)
    if not height or not width:
        return 0.0
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, _NOISE_KERNEL))[:height, :width]
    blocks = response.reshape(height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX).mean(axis=(1, 3))
    return float(np.quantile(blocks, _FLAT_SHARE)) * _MEAN_TO_DEVIATION


def _energy(grey: Grey, mask: NDArray[np.bool_], sigma: float) -> float:
    """Mean squared gradient after a Gaussian of `sigma` pixels, inside the mask."""
    if not mask.any():
        return 0.0
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float((across * across + down * down)[mask].mean())


def _noise_energy(noise: float, sigma: float) -> float:
    """What white noise contributes to `_energy`."""
    return noise**2 / (4.0 * math.pi * sigma**4)


def _edge_width(ratio: float) -> float:
    """Blur in pixels from the ratio of the fine to the coarse energy: 2 at a step, 1 at endless blur."""
    square = min(max(ratio, 1.0001), _COARSE / _FINE) ** 2
    return math.sqrt(max(0.0, _COARSE**2 - square * _FINE**2) / (square - 1.0))
