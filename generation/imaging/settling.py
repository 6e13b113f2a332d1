"""Where the head stands is settled on the picture itself: it is read as strangers would, and laid out anew
where they would find it elsewhere than the style has it.

A mesh that is handed the finished picture does not read what it read in the photo: it cuts the face anew, and
its points turn with the cut by a quarter of a degree, much alike at every size. What was levelled by the
photo's points therefore reads tilted. A turn of a fifth of a degree, which nobody sees, draws another such
error; of a few the one is taken whose readings are nearest to the style.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing, LightRig, Look
from generation.imaging import steady
from generation.imaging.errors import SubjectError
from generation.imaging.finishing import framing, masters
from generation.imaging.gates import Measured
from generation.imaging.landmarks import (
    CHIN,
    LEFT_EYE,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    Landmarks,
    eyes,
    moved,
)
from generation.imaging.steady import Readings
from generation.imaging.types import SRGB8, MasterLayers

Finish = Callable[[MasterLayers, Look, tuple[int, int]], SRGB8]
Make = Callable[[MasterLayers], tuple[SRGB8, Measured]]

# The bars: eye line and head height as fractions of the height, roll in degrees.
BARS: Final = {"eye_line": 0.005, "head_height": 0.015, "roll_deg": 0.7}
# Beyond this an error counts no more: one slipped reading must not decide. At 2.5 it did: its fourth power
# was more than all the others of a face whose eyes are read two ways.
_MOST_ERROR: Final = 1.5
# The fourth power of an error in bars, averaged over readings: below the first a picture is as good as any
# (most readings within a third of the bars), above the second it is laid out once more. With 0.08 one of 44
# portraits stayed as it was, at 0.07, and was off level by 0.87 degrees for a stranger; 0.20 after it; with
# 0.05 another one, at 0.042, by 0.81; 0.11 after it.
_GOOD: Final = 0.02
_OFF: Final = 0.035
# A new layout must bring at least this much of the error down to be worth a second finish.
_WORTH_IT: Final = 0.7
# Degrees beside level at which a picture is read besides. Five turns moved three of the ten worst pictures,
# for the better and for the worse.
_TURNS: Final = (0.0, -0.2, 0.2)
# What is called the eyes' places by one or the other: left and right as seen.
_EYES: Final[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]] = (
    ((LEFT_IRIS,), (RIGHT_IRIS,)),
    ((LEFT_EYE_CORNERS[0],), (RIGHT_EYE_CORNERS[1],)),
    (LEFT_EYE, RIGHT_EYE),
)
# Eyes to chin in the master at which the framing is settled: what a preview shows.
_UNIT_PX: Final = 330.0
_SIZE: Final = (512, 640)
_LOOK: Final = Look(light=LightRig(strength=0.0, rim=0.0))


def settled(master: MasterLayers, finish: Finish) -> MasterLayers:
    """The master with the landmarks by which its finished picture measures as it should. The backdrop of
    any style does, and the light stays as it is: the mesh reads no light."""
    small = masters.reduced(master, _UNIT_PX, exact=False)
    try:
        picture = finish(small, _LOOK, _SIZE)
    except SubjectError:
        return master
    found = steady.readings(picture)
    if found is None:
        return master
    seen = _nearest(picture, found, _LOOK.framing)
    if seen is None:
        return master
    back = steady.read_back(seen, small.landmarks, _LOOK.framing, _SIZE)
    return replace(master, landmarks=moved(back, master.alpha.shape[1] / small.alpha.shape[1]))


def finished(
    master: MasterLayers, wanted: Framing, size: tuple[int, int], make: Make
) -> tuple[MasterLayers, SRGB8, Measured]:
    """A finished picture as `make` makes and measures it, laid out a second time where it reads off; with
    the master that it was made of. Raises what `make` raises."""
    image, measured = make(master)
    error = error_of(measured.readings, wanted, size)
    if error <= _OFF:
        return master, image, measured
    small = steady.sized(image)
    scale = small.shape[0] / image.shape[0]
    seen = _nearest(small, measured.readings * np.float32(scale), wanted)
    if seen is None:
        return master, image, measured
    landmarks = steady.read_back(moved(seen, 1 / scale), master.landmarks, wanted, size)
    again = replace(master, landmarks=landmarks)
    better, remeasured = make(again)
    if error_of(remeasured.readings, wanted, size) >= error:
        return master, image, measured
    return again, better, remeasured


def error_of(found: Readings, wanted: Framing, size: tuple[int, int]) -> float:
    """How far readings of a picture of `size` are from a framing: the mean fourth power of eye line's, head
    height's and roll's errors, in bars, over readings and what is called the eyes' place. The fourth power,
    as one reading at the bar is worse than many at half of it."""
    errors = [_errors(found, left, right, wanted, size[1]) for left, right in _EYES]
    return float((np.minimum(np.abs(np.stack(errors)), _MOST_ERROR) ** 4).mean())


def _errors(
    found: Readings, left: tuple[int, ...], right: tuple[int, ...], wanted: Framing, height: int
) -> NDArray[Any]:
    """(n, 3) in bars, with the eyes at the means of those points."""
    a, b = (found[:, list(points), :2].mean(axis=1).astype(np.float64) for points in (left, right))
    middle, along = (a + b) / 2, b - a
    roll = np.arctan2(along[:, 1], along[:, 0])
    down = np.stack([-np.sin(roll), np.cos(roll)], axis=1)
    head = ((found[:, CHIN, :2] - middle) * down).sum(axis=1)
    off = [middle[:, 1] / height - wanted.eye_line, head / height - wanted.head_height, np.degrees(roll)]
    return np.asarray(np.stack(off, axis=1) / np.array(list(BARS.values())))


def _nearest(picture: SRGB8, found: Readings, wanted: Framing) -> Landmarks | None:
    """The landmarks by which a picture should be laid out, in its pixels; None where it reads best as it is.

    Tried on the picture itself, which is moved by so little that it reads as one made anew.
    """
    size = (picture.shape[1], picture.shape[0])
    start, best = steady.mean(found), None
    least = _WORTH_IT * error_of(found, wanted, size)
    for turn in _TURNS:
        seen = _turned(start, turn)
        matrix, _ = framing.place(seen, wanted, size)
        moved_ = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        again = steady.readings(np.asarray(moved_, np.uint8))
        error = least if again is None else error_of(again, wanted, size)
        if error < least:
            least, best = error, seen
        if least < _GOOD:
            break
    return best


def _turned(landmarks: Landmarks, degrees: float) -> Landmarks:
    """The landmarks turned clockwise around the eyes' middle."""
    angle, middle = np.radians(degrees), eyes(landmarks).mean(axis=0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    flat = (landmarks[:, :2] - middle) @ turn + middle
    return np.asarray(np.concatenate([flat, landmarks[:, 2:]], axis=1), np.float32)
