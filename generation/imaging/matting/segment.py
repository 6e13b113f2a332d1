"""Where the person is: a soft mask tied to one face.

MediaPipe's selfie segmentation sees 256 x 256 pixels, whatever it is given. It therefore runs on
three crops around the face (whole reach, bust, head) and each crop speaks where it is the finest
one that saw the pixel with context around it. What does not connect to this face is dropped, so
bystanders, flags and furniture do not survive.
"""

import os
import threading
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from generation.imaging.landmarks import FACE_OVAL, eye_middle, face_unit, region
from generation.imaging.types import SRGB8, Alpha, Face

# Crops in units of eye-to-chin distance around the eyes: left/right, up, down. The head crop has
# room for big hair, the bust crop for shoulders; the widest is clipped to the photo.
_CROPS = ((3.2, 2.6, 3.8), (2.2, 2.0, 2.4), (1.45, 1.65, 1.25))
# A finer crop fades in over this share of its size, because the net is unsure at its own border.
_FEATHER = 0.14
_segmenter_lock = threading.Lock()


@lru_cache(maxsize=1)
def _segmenter(_process_id: int) -> Any:
    """The segmenter of this process, made on first use: its threads do not survive a fork."""
    from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

    return SelfieSegmentation(model_selection=0)


def _new_lock_in_child() -> None:
    global _segmenter_lock  # noqa: PLW0603 - another thread of the parent may have held it at the fork
    _segmenter_lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock_in_child)


def _segment(pixels: SRGB8) -> Alpha:
    """The net's probability for a whole (small) picture, same size.

    Mean over the picture, its mirror image and both without colour: gaudy backdrops mislead the net
    mostly by their colours, and a one-sided error rarely repeats in the mirror.
    """
    small = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    mask = np.zeros((256, 256), np.float32)
    with _segmenter_lock:
        segmenter = _segmenter(os.getpid())
        for view in (small, grey):
            mask += segmenter.process(np.ascontiguousarray(view)).segmentation_mask
            mirrored = np.ascontiguousarray(view[:, ::-1])
            mask += segmenter.process(mirrored).segmentation_mask[:, ::-1]
    height, width = pixels.shape[:2]
    out: Alpha = cv2.resize(mask / 4.0, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(out, 0.0, 1.0)


def _window(height: int, width: int, sides: tuple[bool, bool, bool, bool]) -> Alpha:
    """Weight of a crop: 1 inside, fading to 0 at those sides (left, top, right, bottom) where the
    photo goes on; where the photo itself ends the crop knows as much as anyone."""

    def ramp(size: int, low: bool, high: bool) -> np.ndarray:
        at = (np.arange(size, dtype=np.float32) + 0.5) / size
        weight = np.ones(size, np.float32)
        if low:
            weight = np.minimum(weight, np.clip(at / _FEATHER - 0.25, 0, 1))
        if high:
            weight = np.minimum(weight, np.clip((1 - at) / _FEATHER - 0.25, 0, 1))
        return weight

    left, top, right, bottom = sides
    out: Alpha = np.outer(ramp(height, top, bottom), ramp(width, left, right)).astype(np.float32)
    return out


def person_probability(pixels: SRGB8, face: Face) -> Alpha:
    """Probability that a pixel belongs to the person whose face this is.

    `pixels` is (H, W, 3) sRGB; returns (H, W) float32 in 0..1.
    """
    height, width = pixels.shape[:2]
    unit, (eye_x, eye_y) = face_unit(face.landmarks), eye_middle(face.landmarks)
    out = np.zeros((height, width), np.float32)
    for side, up, down in _CROPS:
        x0, x1 = max(0, round(eye_x - side * unit)), min(width, round(eye_x + side * unit))
        y0, y1 = max(0, round(eye_y - up * unit)), min(height, round(eye_y + down * unit))
        if x1 - x0 < 16 or y1 - y0 < 16:
            continue
        found = _segment(pixels[y0:y1, x0:x1])
        first = (side, up, down) == _CROPS[0]
        open_sides = (x0 > 0, y0 > 0, x1 < width, y1 < height)
        weight = np.ones_like(found) if first else _window(y1 - y0, x1 - x0, open_sides)
        out[y0:y1, x0:x1] += weight * (found - out[y0:y1, x0:x1])
    return _connected(out, face, unit)


def _connected(probability: Alpha, face: Face, unit: float) -> Alpha:
    """Keep what hangs together with the face. A thin bridge (a shoulder touching a flag, a hand on
    it) is cut by opening before looking for what connects."""
    solid = (probability > 0.5).astype(np.uint8)
    oval = region(face.landmarks, FACE_OVAL, probability.shape)
    radius = max(1, round(0.06 * unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    opened = cv2.morphologyEx(solid, cv2.MORPH_OPEN, kernel) | oval
    _, labels = cv2.connectedComponents(opened, connectivity=4)
    inside = labels[oval > 0]
    label = np.bincount(inside[inside > 0]).argmax() if (inside > 0).any() else 0
    mine = (labels == label).astype(np.uint8) if label else oval
    # Give back what opening shaved off, and a margin of softness for hair.
    reach = max(1, round(0.14 * unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(mine, kernel)
    out: Alpha = np.where(near > 0, probability, 0.0).astype(np.float32)
    out[oval > 0] = np.maximum(out[oval > 0], 0.99)
    return _without_holes(out)


def _without_holes(probability: Alpha) -> Alpha:
    """Fill holes that the outside cannot reach and that are small against the person; a gap between
    arm and body is seen background and stays."""
    solid = (probability > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    limit = 0.004 * float(solid.sum())
    height, width = solid.shape
    for label in range(1, count):
        x, y, w, h, area = stats[label]
        touches = x == 0 or y == 0 or x + w == width or y + h == height
        if not touches and area < limit:
            probability[labels == label] = 1.0
    return probability
