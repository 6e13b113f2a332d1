"""Alpha of the unknown band: closed-form matting, solved small and refined at full size."""

from typing import Any

import cv2
import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from pymatting import cf_laplacian, cg, ichol
from scipy.ndimage import gaussian_filter

from generation.imaging.matting.sampling import sampled
from generation.imaging.types import SRGB8, Alpha

Array = NDArray[Any]

# Pixels at which the linear system is solved: 0.25 MP keeps it near half a second on one core.
SOLVE_PX = 260_000
# Regularisation of the matting Laplacian (Levin, Lischinski & Weiss 2008 use 1e-7 .. 1e-4): higher
# keeps noise in JPEG blocks from becoming edges.
_EPSILON = 1e-5
# Weight of the segmenter's own opinion where it is sure: too weak to blur strands, strong enough to
# decide where backdrop and person share their colours (the prior term of Levin et al., section 5).
_PRIOR = 6e-3
_TOLERANCE = 1e-6
_ITERATIONS = 700


def closed_form(image: Array, trimap: Alpha, prior: Alpha) -> Alpha:
    """Closed-form alpha (Levin, Lischinski & Weiss 2008) of the unknown pixels only.

    `image` is (H, W, 3) float sRGB 0..1, `trimap` 0 / 0.5 / 1. The known pixels are eliminated from
    the system instead of being pulled by a penalty, which makes it several times smaller.
    """
    unknown = (trimap > 0) & (trimap < 1)
    if not unknown.any():
        return trimap.copy()
    far = cv2.erode((~unknown).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    laplacian = cf_laplacian(image.astype(np.float64), epsilon=_EPSILON, is_known=far.ravel()).tocsr()
    free = np.flatnonzero(unknown.ravel())
    fixed = np.flatnonzero(~unknown.ravel())
    rows = laplacian[free]
    believed = prior.ravel()[free].astype(np.float64)
    trust = _PRIOR * np.abs(2 * believed - 1) ** 3 + 1e-9
    system = rows[:, free] + scipy.sparse.diags(trust)
    right = -(rows[:, fixed] @ trimap.ravel()[fixed].astype(np.float64))
    right += trust * believed
    start = believed
    preconditioner = ichol(system.tocsc(), discard_threshold=1e-4, shifts=[0.0, 1e-4, 1e-3, 1e-2, 0.1, 0.5])
    solved = cg(system.tocsr(), right, x0=start, M=preconditioner, rtol=_TOLERANCE, atol=0.0,
                maxiter=_ITERATIONS)  # fmt: skip
    out = trimap.astype(np.float64).ravel()
    out[free] = np.clip(solved, 0.0, 1.0)
    alpha: Alpha = out.reshape(trimap.shape).astype(np.float32)
    return alpha


# Colour histogram: cells per Lab axis, and how much a colour's odds count beside the segmenter's.
_CELLS = 20
_COLOUR_SHARE = 1.0
_ODDS_LIMIT = 0.02


def with_colours(image: Array, trimap: Alpha, probability: Alpha) -> Alpha:
    """The segmenter's probability joined with what the colours of sure person and sure backdrop say.

    A red stripe beside the neck is on no one's face but all over the flag behind. Histograms in Lab,
    blurred over neighbouring cells; odds multiply (naive Bayes). `image` is (H, W, 3) float32 sRGB 0..1.
    """
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    scaled = (lab + np.array([0, 110, 110], np.float32)) / np.array([101, 220, 220], np.float32)
    cell = np.clip((scaled * _CELLS).astype(np.int32), 0, _CELLS - 1)
    index = (cell[..., 0] * _CELLS + cell[..., 1]) * _CELLS + cell[..., 2]
    share = []
    for known in (trimap >= 1, trimap <= 0):
        counts = np.bincount(index[known], minlength=_CELLS**3).reshape((_CELLS,) * 3).astype(np.float64)
        smooth = gaussian_filter(counts, 0.8)
        share.append(smooth / max(float(smooth.sum()), 1.0) + 2e-5)
    odds = (share[0] / (share[0] + share[1])).ravel()[index]
    colour = np.clip(odds, _ODDS_LIMIT, 1 - _ODDS_LIMIT)
    segment = np.clip(probability, _ODDS_LIMIT, 1 - _ODDS_LIMIT)
    joined = np.log(segment / (1 - segment)) + _COLOUR_SHARE * np.log(colour / (1 - colour))
    return np.asarray(1 / (1 + np.exp(-joined)), np.float32)


# Window of the refinement at the solving size, and its regularisation: a window of 7 pixels spans a
# lock of hair, the small epsilon lets contrasts of 1 % carry alpha.
_GUIDE_RADIUS = 3
_GUIDE_EPSILON = 2e-5
# Linear stretch that removes the faint veil least squares leaves beside an edge.
_VEIL = 0.03


def refine(alpha: Alpha, small: Array, pixels: SRGB8, where: Array) -> Array:
    """Carry a small alpha to chosen pixels of the full picture along the picture's own edges.

    Fast guided filter (He & Sun 2015): alpha = a . colour + b in windows at the small size, a and b
    spread smoothly, colour at full size. `small` (h, w, 3) is float32 sRGB 0..1, `pixels` (H, W, 3) uint8
    and `where` (H, W) boolean. Returns (N,) in 0..1 in the order of `where`.
    """
    size = (2 * _GUIDE_RADIUS + 1,) * 2

    def mean(values: Array) -> Array:
        out: Array = cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)
        return out

    mean_i, mean_a = mean(small), mean(alpha)
    covariance = mean(small * alpha[..., None]) - mean_i * mean_a[..., None]
    variance = np.empty((*alpha.shape, 3, 3), np.float32)
    for row in range(3):
        for column in range(row, 3):
            cell = mean(small[..., row] * small[..., column]) - mean_i[..., row] * mean_i[..., column]
            variance[..., row, column] = variance[..., column, row] = cell
    variance += _GUIDE_EPSILON * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(variance, covariance[..., None])[..., 0].astype(np.float32)
    offset = mean_a - (slope * mean_i).sum(axis=-1)
    planes = np.concatenate([mean(slope), mean(offset)[..., None]], axis=-1)
    line = sampled(planes, where)
    out = (line[:, :3] * (pixels[where].astype(np.float32) / 255)).sum(axis=1) + line[:, 3]
    return np.asarray(np.clip((out - _VEIL) / (1 - 2 * _VEIL), 0.0, 1.0), np.float32)
