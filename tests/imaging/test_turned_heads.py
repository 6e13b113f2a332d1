"""A head that is turned stands in the frame's middle all the same, with room before the nose and behind."""

import cv2
import numpy as np
import pytest

from branding.look import Framing
from generation.imaging.finishing import framing
from generation.imaging.landmarks import eyes
from tests.imaging import people

SIZE = (256, 320)


def _spaces(path: str) -> tuple[float, float, float]:
    """Left of the head, right of it and left of the eyes, as shares of the frame's width."""
    master, wanted = people.master(path), Framing()
    laid = framing.frame_person(master.alpha, master.landmarks, wanted, SIZE)
    alpha = cv2.remap(master.alpha, laid.map_x, laid.map_y, cv2.INTER_LINEAR)
    line = int(wanted.eye_line * SIZE[1])
    unit = wanted.head_height * SIZE[1]
    columns = np.flatnonzero(alpha[int(line - 0.6 * unit) : int(line + 0.2 * unit)].mean(axis=0) > 0.5)
    middle = float(eyes(laid.landmarks)[:, 0].mean())
    return columns[0] / SIZE[0], 1 - (columns[-1] + 1) / SIZE[0], middle / SIZE[0]


@pytest.mark.parametrize(
    "name", ["nanette-barragan", "rashida-tlaib", "nydia-velazquez", "ritchie-torres", "cori-bush"]
)
def test_the_back_of_a_turned_head_is_not_pushed_to_the_edge(name: str) -> None:
    left, right, _ = _spaces(f"portraits/{name}.jpg")
    # Laid out by the eyes, these leave 0.23 to 0.31 of the width more on one side than on the other.
    assert abs(left - right) < 0.20


@pytest.mark.parametrize("name", ["elizabeth-warren", "mondaire-jones"])
def test_the_eyes_of_who_looks_straight_ahead_stay_in_the_middle(name: str) -> None:
    assert _spaces(f"portraits/{name}.jpg")[2] == pytest.approx(0.5, abs=0.01)
