"""Which of one person's pictures comes first."""

from dataclasses import replace

import numpy as np

from generation.imaging.ranking import order
from generation.imaging.types import Candidate, Light
from tests.imaging import people


def _picture(photo: str, focus: float, shade: int) -> Candidate:
    master = replace(people.master(), photo=photo)
    image = np.full((40, 32, 3), shade, np.uint8)
    scores = {"focus": focus, "exposure": 1.0, "composition": 1.0, "expression": 1.0, "likeness": 1.0}
    return Candidate(image, 0, "retouched", 1.0, {}, scores, Light(0, 0, 1, 5600), 0.5, 0.3, 0, 0, master)


def test_the_sharper_picture_comes_first() -> None:
    ranked = order.best_first([_picture("a", 0.4, 10), _picture("b", 0.9, 90)], 4)
    assert [(one.rank, one.master.photo) for one in ranked] == [(1, "b"), (2, "a")]


def test_near_identical_pictures_are_shown_once() -> None:
    ranked = order.best_first([_picture("a", 0.9, 10), _picture("b", 0.8, 11), _picture("c", 0.7, 90)], 4)
    assert [one.master.photo for one in ranked] == ["a", "c"]


def test_the_set_spans_the_photos() -> None:
    found = [_picture("a", 0.9, 10), _picture("a", 0.88, 60), _picture("b", 0.7, 120)]
    assert [one.master.photo for one in order.best_first(found, 2)] == ["a", "b"]
