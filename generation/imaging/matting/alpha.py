"""Alpha of the unknown band: closed-form matting, solved small and refined at full size."""

from typing import Any

import cv2
import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from pymatting import cf_laplacian, cg, ichol

from generation.imaging.landmarks import Landmarks, eye_middle, face_unit
from generation.imaging.matting.colours import colour_odds
from generation.imaging.matting.sampling import sampled
from generation.imaging.matting.trimap import backdrop_seen, beside_jaw, depths, hair_weight
from generation.imaging.types import SRGB8, Alpha

Array = NDArray[Any]

# Pixels at which the linear system is solved: 0.25 MP keeps it near half a second on one core.
SOLVE_PX = 260_000
# Regularisation of the matting Laplacian (Levin, Lischinski & Weiss 2008 use 1e-7 .. 1e-4): higher
# keeps noise in JPEG blocks from becoming edges.
_EPSILON = 1e-5
# Weight of the segmenter's own opinion where it is sure: too weak to blur strands, strong enough to
# decide where backdrop and person share their colours (the prior term of Levin et al., section 5).
_PRIOR = 4e-3
# And its weight far outside the edge (distances in eye-to-chin units): where opinion says backdrop, more
# so where the colours say it too. A strand is never that far off without being believed in.
_FAR_FROM, _FAR_OVER = 0.04, 0.05
_FAR_BACK, _FAR_BACK_COLOURED = 0.6, 0.3
_BACK_BELOW = 0.3
# And far inside, where both say person: a shoulder does not fade beside a stripe of its colour.
_DEEP, _DEEP_ABOVE = 0.3, 0.6
# The jaw is hard from that far inside on: it fades into no backdrop, whose complement would tint it.
_JAW_FROM, _JAW_OVER = 0.01, 0.02
_TOLERANCE = 1e-6
_ITERATIONS = 700


def closed_form(image: Array, trimap: Alpha, prior: Alpha, trust: Array) -> Alpha:
    """Closed-form alpha (Levin, Lischinski & Weiss 2008) of the unknown pixels only.

    `image` is (H, W, 3) float sRGB 0..1, `trimap` 0 / 0.5 / 1, `prior` what is believed of each pixel and
    `trust` how firmly. The known pixels are eliminated from
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
    held = trust.ravel()[free]
    system = rows[:, free] + scipy.sparse.diags(held)
    right = -(rows[:, fixed] @ trimap.ravel()[fixed].astype(np.float64))
    right += held * believed
    start = believed
    preconditioner = ichol(system.tocsc(), discard_threshold=1e-4, shifts=[0.0, 1e-4, 1e-3, 1e-2, 0.1, 0.5])
    solved = cg(system.tocsr(), right, x0=start, M=preconditioner, rtol=_TOLERANCE, atol=0.0,
                maxiter=_ITERATIONS)  # fmt: skip
    out = trimap.astype(np.float64).ravel()
    out[free] = np.clip(solved, 0.0, 1.0)
    alpha: Alpha = out.reshape(trimap.shape).astype(np.float32)
    return alpha


# How much colours count beside the segmenter's probability, and how sure either may be.
_COLOUR_SHARE = 1.0
_ODDS_LIMIT = 0.02
_BETWEEN_FROM, _BETWEEN_LIMIT, _BETWEEN_TRUST = 0.10, 0.60, 0.3
# A place in the backdrop's colours counts as seen through the hair that far inside of the segmenter's edge
# (nearer it may be the edge's own mixture), where `hair_weight` is above the second.
_SEEN_FROM, _SEEN_HEAD = 0.03, 0.3


def belief(
    image: Array, trimap: Alpha, probability: Alpha, landmarks: Landmarks, middle: Alpha | None = None
) -> tuple[Alpha, Array]:
    """What is believed of each pixel (0..1), and the trust in it, from segmenter and colours together.

    A red stripe beside the neck is on no one's face but all over the flag behind: odds multiply (naive
    Bayes). `image` is (H, W, 3) float32 sRGB 0..1, `landmarks` in its pixels, `middle` as for
    `trimap.make_trimap`.
    """
    unit = face_unit(landmarks)
    odds = colour_odds(image, trimap >= 1, trimap <= 0, unit, eye_middle(landmarks))
    colour = np.clip(odds, _ODDS_LIMIT, 1 - _ODDS_LIMIT)
    inside, outside = depths(probability > 0.5, unit), depths(probability <= 0.5, unit)
    between = _between(odds, probability if middle is None else middle, inside, landmarks)
    segment = np.clip(probability, _ODDS_LIMIT, np.where(between, _BETWEEN_LIMIT, 1 - _ODDS_LIMIT))
    joined = np.log(segment / (1 - segment)) + _COLOUR_SHARE * np.log(colour / (1 - colour))
    prior = np.asarray(1 / (1 + np.exp(-joined)), np.float32)
    # The jaw's edge is hard: what is believed there holds right up to it.
    jaw = beside_jaw(landmarks, (trimap.shape[0], trimap.shape[1]))
    far = np.maximum(np.clip((outside - _FAR_FROM) / _FAR_OVER, 0, 1), jaw * (outside > 0))
    both = np.clip(1 - np.maximum(probability, odds) / _BACK_BELOW, 0, 1)
    trust = _PRIOR * np.abs(2 * prior - 1) ** 3 + 1e-9
    trust += far * (_FAR_BACK * np.clip(1 - prior / _BACK_BELOW, 0, 1) + _FAR_BACK_COLOURED * both)
    trust += _BETWEEN_TRUST * between * np.clip(1 - prior / _BACK_BELOW, 0, 1)
    deep = np.clip((inside - _FAR_FROM) / _FAR_OVER, 0, 1)
    deep = np.maximum(deep, jaw * np.clip((inside - _JAW_FROM) / _JAW_OVER, 0, 1))
    trust += _DEEP * deep * np.clip((np.minimum(probability, odds) - _DEEP_ABOVE) / (1 - _DEEP_ABOVE), 0, 1)
    return prior, trust


def _between(odds: Alpha, middle: Alpha, inside: Array, landmarks: Landmarks) -> Array:
    """(H, W) boolean: backdrop seen between strands, too fine for the segmenter. What the trimap leaves open
    deep inside is that, and nearer to the edge what has the backdrop's colours over a place."""
    seen = backdrop_seen(odds, middle, face_unit(landmarks)) & (
        hair_weight(landmarks, odds.shape) > _SEEN_HEAD
    )
    return np.asarray((inside > _BETWEEN_FROM) | (seen & (inside > _SEEN_FROM)))


# Window of the refinement at the solving size, and its regularisation: a window of 7 pixels spans a
# lock of hair, the small epsilon lets contrasts of 1 % carry alpha.
_GUIDE_RADIUS = 3
_GUIDE_EPSILON = 2e-5
# Linear stretch that removes the faint veil least squares leaves beside an edge.
_VEIL = 0.03


def refine(alpha: Alpha, small: Array, band: Array, pixels: SRGB8, where: Array) -> Array:
    """Carry a small alpha to chosen pixels of the full picture along the picture's own edges.

    Fast guided filter (He & Sun 2015): alpha = a . colour + b in windows at the small size, a and b
    spread smoothly, colour at full size. `small` (h, w, 3) is float32 sRGB 0..1 and `band` (h, w) boolean
    what `where` (H, W) boolean is of it; `pixels` (H, W, 3) uint8. Returns (N,) in 0..1 in the order of
    `where`.
    """
    planes = _planes(alpha, small, band)
    line = sampled(planes, where)
    line[:, :3] *= pixels[where] * np.float32(1 / 255)
    out = line.sum(axis=1)
    return np.asarray(np.clip((out - _VEIL) / (1 - 2 * _VEIL), 0.0, 1.0), np.float32)


def _planes(alpha: Alpha, small: Array, band: Array) -> Array:
    """(h, w, 4) slope and offset of alpha over colour, spread smoothly; right on the band and beside it."""
    size = (2 * _GUIDE_RADIUS + 1,) * 2
    reach = 2 * (_GUIDE_RADIUS + 2) + 1
    near = cv2.dilate(band.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0

    def mean(values: Array) -> Array:
        out: Array = cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)
        return out

    mean_i, mean_a = mean(small), mean(alpha)
    covariance = mean(small * alpha[..., None]) - mean_i * mean_a[..., None]
    variance = np.empty((int(near.sum()), 3, 3), np.float32)
    for row in range(3):
        for column in range(row, 3):
            cell = mean(small[..., row] * small[..., column]) - mean_i[..., row] * mean_i[..., column]
            variance[:, row, column] = variance[:, column, row] = cell[near]
    variance += _GUIDE_EPSILON * np.eye(3, dtype=np.float32)
    planes = np.zeros((*alpha.shape, 4), np.float32)
    slope = np.linalg.solve(variance, covariance[near][..., None])[..., 0].astype(np.float32)
    planes[near, :3] = slope
    planes[near, 3] = mean_a[near] - (slope * mean_i[near]).sum(axis=-1)
    return mean(planes)
