"""Whose a place is where the segmenter's views, or the two nets, contradict each other.

Five witnesses are heard as in a naive Bayes vote, each by its log odds: the segmenter's views, the colours
there, the pose net (which knows a body from a flag), what stands out of the picture (`salient`), and a
doubt against all of them. Their weights were fitted by logistic regression to the contested places of the
composites with a known truth and of the shared portraits, then rounded.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import Landmarks, eye_middle, face_unit
from generation.imaging.matting.colours import colour_odds
from generation.imaging.matting.nets import body_mask
from generation.imaging.matting.salient import salient
from generation.imaging.matting.trimap import hair_weight
from generation.imaging.types import SRGB8, Alpha

# An open question: the witness that says least is not above, the one that says most not below these.
_OPEN: Final = (0.80, 0.20)
# Every edge is one; a question is worth deciding where it is wider than twice this (eye-to-chin units),
# and is then decided this many times that far around.
EDGE: Final = 0.03
_AROUND: Final = 4
# Where colours are learnt: the low vote above the first, the middle one below the second and the high one
# below the third, that far inside.
_SURE: Final = (0.90, 0.05)
_MOST_BACK: Final = 0.50
_SURE_INSIDE: Final = (0.05, 0.03)
# The witnesses' weights, and the doubt. What stands out is heard less for than against a place, and against
# it only around the head: it loses suits, and takes a flag that ends at a shoulder for one.
_VOTE_SHARE: Final = 0.60
_COLOUR_SHARE: Final = 0.95
_BODY_SHARE: Final = 0.50
_STANDS_OUT, _STANDS_BACK = 0.50, 0.80
_DOUBT: Final = -0.40
# Of the doubt at least this share far from the head, where a flag is as likely but a jacket too.
_DOUBT_LEAST: Final = 0.5
# The chest, as the usual frame shows it, from eyes to chin below the eyes and aside of them.
_CHEST_DOWN, _CHEST_ASIDE = (0.9, 1.5), (-0.8, 0.8)
# Of a body that the second net keeps by less than the first of these it says nothing (it has lost the suit),
# from the second on it is believed; below the last it is sure that something is none of it.
_KNOWN, _NONE = (0.70, 0.85), 0.30
# Along the head's edge what stands out counts this much beside the middle vote: it sees finer.
_FINER: Final = 0.80


def decided(pixels: SRGB8, votes: NDArray[np.float32], landmarks: Landmarks) -> tuple[Alpha, Alpha, float]:
    """Probability, contested and before (`segment.Opinion`) of `pixels` (H, W, 3).

    `votes` (H, W, 3) are a low, the middle and a high order statistic of the segmenter's views.
    """
    unit = face_unit(landmarks)
    low, middle, high = votes[..., 0], votes[..., 1], votes[..., 2]
    standing, head = salient(pixels), hair_weight(landmarks, low.shape)
    edges = middle + _FINER * head * (standing - middle)
    least = np.where(head > 0, np.minimum(low, standing), low)
    most = np.where(head > 0, np.maximum(high, standing), high)
    questions = ((least < _OPEN[0]) & (most > _OPEN[1])).astype(np.uint8)
    edge = max(1, round(EDGE * unit))
    core = cv2.erode(questions, disc(edge))
    before = _before(low, standing, landmarks)
    if not core.any():
        return edges, np.zeros_like(middle), before
    around = cv2.dilate(core, disc(_AROUND * edge)) & cv2.dilate(questions, disc(edge))
    belief, odds = _belief(pixels, votes, standing, head, landmarks)
    share = cv2.GaussianBlur(around.astype(np.float32), (0, 0), edge / 2)
    out = edges + share * (1 / (1 + np.exp(-belief)) - edges)
    contested = share * (most - least) * np.minimum(2 * (1 - odds), 1)
    return out.astype(np.float32), contested.astype(np.float32), before


def _before(low: Alpha, standing: Alpha, landmarks: Landmarks) -> float:
    """Area before the chest that every view takes for the person and the second net, which keeps the rest of
    this body, is sure is none of her: a name plate, a laptop's lid. In squares of eyes to chin."""
    unit, (x, y) = face_unit(landmarks), eye_middle(landmarks)
    top, bottom = (int(np.clip(round(y + at * unit), 0, low.shape[0])) for at in _CHEST_DOWN)
    left, right = (int(np.clip(round(x + at * unit), 0, low.shape[1])) for at in _CHEST_ASIDE)
    chest = np.s_[top:bottom, left:right]
    mine, seen = low[chest] > _OPEN[0], standing[chest]
    if not mine.any():
        return 0.0
    knows = np.clip((float(seen[mine].mean()) - _KNOWN[0]) / (_KNOWN[1] - _KNOWN[0]), 0, 1)
    return float(knows * (mine & (seen < _NONE)).sum() / unit**2)


def _belief(
    pixels: SRGB8, votes: NDArray[np.float32], standing: Alpha, head: Alpha, landmarks: Landmarks
) -> tuple[NDArray[np.float32], Alpha]:
    """(H, W) log odds that a pixel is the person's, by all witnesses together; and the colours' own word."""
    unit = face_unit(landmarks)
    low, middle, high = votes[..., 0], votes[..., 1], votes[..., 2]
    person = cv2.erode((low > _SURE[0]).astype(np.uint8), disc(_SURE_INSIDE[0] * unit)) > 0
    back = (
        cv2.erode(((middle < _SURE[1]) & (high < _MOST_BACK)).astype(np.uint8), disc(_SURE_INSIDE[1] * unit))
        > 0
    )
    odds = colour_odds(pixels.astype(np.float32) / 255, person, back, unit, eye_middle(landmarks))
    odds = cv2.medianBlur((odds * 255).astype(np.uint8), 5).astype(np.float32) / 255
    belief = (
        _DOUBT * np.maximum(head, _DOUBT_LEAST)
        + _VOTE_SHARE * _log_odds((low + middle) / 2)
        + _COLOUR_SHARE * _log_odds(odds, 0.05)
    )
    stands = _log_odds(standing, 0.03)
    belief += np.where(stands > 0, _STANDS_OUT, _STANDS_BACK * head) * stands
    body = body_mask(pixels)
    if body is not None:
        belief += _BODY_SHARE * _log_odds(body, 0.1)
    return np.asarray(belief, np.float32), odds


def disc(radius: float) -> NDArray[np.uint8]:
    """A round structuring element of at least 3 x 3 pixels."""
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _log_odds(probability: Any, least: float = 0.02) -> NDArray[np.float32]:
    within = np.clip(probability, least, 1 - least)
    return np.asarray(np.log(within / (1 - within)), np.float32)
