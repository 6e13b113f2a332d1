"""Where the head stands in the frame, and how the photo's pixels reach the frame's edges."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.errors import SubjectError
from generation.imaging.landmarks import Landmarks, eye_middle, face_unit, roll_deg
from generation.imaging.types import Alpha

# Cloth below the chin may be drawn to the frame's edge by this much: source over frame distance.
# 0.62 still leaves a lapel or a pattern believable; beyond that the photo is too tight.
_MOST_STRETCH: Final = 0.62
# The pull grows with this power of the way to the edge: the neck keeps its shape.
_EASE: Final = 1.6
# Alpha along the photo's border that counts as the person being cut off there.
_TOUCH: Final = 0.5
# Pixels this close to the photo's border are not used: the interpolation would fetch from outside.
_MARGIN_PX: Final = 2.0
# A head may be cut by the photo's upper edge over this share of its width (a flat top of hair).
_CUT_TOP: Final = 0.06


@dataclass(frozen=True, slots=True)
class Frame:
    """Where every pixel of the frame comes from, and where the face lies in it.

    `map_x`, `map_y` are (h, w) float32 positions in the master; `landmarks` are in frame pixels;
    `stretch` is the greatest share by which cloth was drawn (0 none).
    """

    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    landmarks: Landmarks
    scale: float
    stretch: float


@dataclass(frozen=True, slots=True)
class Placement:
    """A similarity from master to frame: `frame = matrix @ (x, y, 1)`."""

    matrix: NDArray[np.float64]
    scale: float


def place(landmarks: Landmarks, framing: Framing, size: tuple[int, int]) -> Placement:
    """Level the eyes and put head and eye line where the framing says. `size` is (width, height)."""
    width, height = size
    scale = framing.head_height * height / _upright_unit(landmarks)
    angle = math.radians(-roll_deg(landmarks))
    rotation = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    target = np.array([framing.eye_center * width, framing.eye_line * height])
    shift = target - rotation @ eye_middle(landmarks).astype(np.float64)
    return Placement(np.concatenate([rotation, shift[:, None]], axis=1), scale)


def _upright_unit(landmarks: Landmarks) -> float:
    """Eye line to chin measured downwards once the eyes are level: what `head_height` means."""
    angle = math.radians(roll_deg(landmarks))
    down = np.array([-math.sin(angle), math.cos(angle)])
    reach = float((landmarks[152, :2] - eye_middle(landmarks)) @ down)
    return max(reach, 0.5 * face_unit(landmarks))


def transform(landmarks: Landmarks, placement: Placement) -> Landmarks:
    """Landmarks after the placement; z is scaled alike."""
    flat = landmarks[:, :2] @ placement.matrix[:, :2].T + placement.matrix[:, 2]
    return np.concatenate([flat, landmarks[:, 2:] * placement.scale], axis=1).astype(np.float32)


def frame_person(alpha: Alpha, landmarks: Landmarks, framing: Framing, size: tuple[int, int]) -> Frame:
    """Lay out one person. Raises SubjectError `head_cut` or `crop_too_tight` where the photo ends
    before the frame does and cloth cannot be drawn that far."""
    placement = place(landmarks, framing, size)
    face = transform(landmarks, placement)
    _refuse_cut_head(alpha, landmarks, face, placement)
    xs, ys, stretch = _reach(alpha, face, placement, size)
    inverse = cv2.invertAffineTransform(placement.matrix)
    map_x = (inverse[0, 0] * xs + inverse[0, 1] * ys + inverse[0, 2]).astype(np.float32)
    map_y = (inverse[1, 0] * xs + inverse[1, 1] * ys + inverse[1, 2]).astype(np.float32)
    return Frame(map_x, map_y, face, placement.scale, stretch)


def _refuse_cut_head(alpha: Alpha, landmarks: Landmarks, face: Landmarks, placement: Placement) -> None:
    """The photo's upper edge may not cut hair that the frame would show."""
    columns = np.flatnonzero(alpha[0] > _TOUCH)
    if not columns.size:
        return
    top = placement.matrix @ np.array([float(columns.mean()), 0.0, 1.0])
    head = float(np.ptp(landmarks[:468, 0]))
    if top[1] > 0 and columns.size > _CUT_TOP * head:
        raise SubjectError("head_cut", share=round(columns.size / head, 3))


Grid = NDArray[np.float32]


def _reach(
    alpha: Alpha, face: Landmarks, placement: Placement, size: tuple[int, int]
) -> tuple[Grid, Grid, float]:
    """Frame coordinates to take each pixel from, before the inverse placement: identity but where the
    person is cut off by the photo inside the frame. There cloth is drawn outwards, smoothly, from the
    chin down; nothing is made up."""
    width, height = size
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    unit = face_unit(face)
    chin = float(face[152, 1])
    eye_x = float(eye_middle(face)[0])
    down, down_stretch = _draw_down(alpha, placement, size, chin)
    ys = down(ys)
    stretch = down_stretch
    for side in (-1, 1):
        ends = _side_end(alpha, placement, size, side)
        if ends is None:
            continue
        first_row, end = ends
        if first_row < chin - 0.75 * unit:
            raise SubjectError("crop_too_tight", side="left" if side < 0 else "right")
        anchor = eye_x + side * 0.80 * unit
        edge = 0.0 if side < 0 else width - 1.0
        share = _kept((end - anchor) * side, (edge - anchor) * side)
        weight = np.clip((ys - (first_row - 0.5 * unit)) / (0.5 * unit), 0, 1)
        weight = weight * weight * (3 - 2 * weight)
        way = np.clip((xs - anchor) / (edge - anchor), 0, None)
        drawn = anchor + (edge - anchor) * (way - (1 - share) * way**_EASE)
        xs = np.where(way > 0, xs + weight * (drawn - xs), xs)
        stretch = max(stretch, 1 - share)
    return xs.astype(np.float32), ys.astype(np.float32), stretch


def _kept(have: float, need: float) -> float:
    """Share of the way that the photo covers; raises where cloth would have to be drawn too far."""
    share = have / max(need, 1e-6)
    if share < _MOST_STRETCH:
        raise SubjectError("crop_too_tight", reach=round(share, 3))
    return min(1.0, share)


def _draw_down(alpha: Alpha, placement: Placement, size: tuple[int, int], chin: float):  # type: ignore[no-untyped-def]
    """The mapping of rows that makes the body reach the lower edge, and how much it draws."""
    width, height = size
    row = alpha.shape[0] - 1 - _MARGIN_PX
    columns = np.flatnonzero(alpha[-1] > _TOUCH).astype(np.float64)
    if not columns.size:
        return (lambda ys: ys), 0.0
    border = placement.matrix @ np.stack([columns, np.full_like(columns, row), np.ones_like(columns)])
    seen = border[:, (border[0] >= 0) & (border[0] < width)]
    if not seen.size or float(seen[1].min()) >= height - 1:
        return (lambda ys: ys), 0.0
    slope, offset = np.polyfit(seen[0], seen[1], 1) if seen.shape[1] > 1 else (0.0, float(seen[1].min()))
    ends = np.minimum(slope * np.arange(width) + offset, height - 1.0)
    ends = cv2.GaussianBlur(
        ends[None].astype(np.float32), (0, 0), 0.05 * width, borderType=cv2.BORDER_REPLICATE
    )[0]
    ends = np.minimum(ends, (slope * np.arange(width) + offset).astype(np.float32))
    shares = (ends - chin) / (height - 1.0 - chin)
    worst = _kept(float(shares.min()), 1.0)

    def draw(ys: Grid) -> Grid:
        way = np.clip((ys - chin) / (height - 1.0 - chin), 0, None)
        drawn = chin + (height - 1.0 - chin) * (way - (1 - shares[None, :]) * way**_EASE)
        return np.where(way > 0, drawn, ys).astype(np.float32)

    return draw, 1 - worst


def _side_end(
    alpha: Alpha, placement: Placement, size: tuple[int, int], side: int
) -> tuple[float, float] | None:
    """Where the person is cut off by the photo's left (-1) or right (1) border inside the frame:
    the highest row and the innermost column, in frame pixels; None where that does not happen."""
    width, height = size
    column = 0 if side < 0 else alpha.shape[1] - 1
    rows = np.flatnonzero(alpha[:, column] > _TOUCH).astype(np.float64)
    if not rows.size:
        return None
    inner = column - side * _MARGIN_PX
    border = placement.matrix @ np.stack([np.full_like(rows, inner), rows, np.ones_like(rows)])
    seen = border[:, (border[1] >= 0) & (border[1] < height)]
    if not seen.size:
        return None
    end = float(seen[0].max() if side < 0 else seen[0].min())
    inside = end > 0 if side < 0 else end < width - 1
    return (float(seen[1].min()), end) if inside else None
