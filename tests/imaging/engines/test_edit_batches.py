"""Micro-batches of klein, across candidates and across people: a picture does not depend on its company."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image

from generation.imaging.engines import edit, edit_pipelines
from generation.imaging.engines.edit import Plan
from generation.imaging.engines.edit_pipelines import Request
from generation.imaging.engines.runtime import Loaded
from generation.imaging.engines.steps import Steps
from generation.imaging.types import SRGB8
from tests.imaging.engines.sitters import look, photos

pytestmark = pytest.mark.usefixtures("edit_models")

# Sums of another order in other batch sizes; of 255.
TOLERANCE = 1


def _requests() -> list[Request]:
    """Two pictures of one person, one of another with another outfit."""
    mine, other = [[edit.reference(photos()[at], (64, 80)) for at in order] for order in ((0, 1), (2, 1))]
    return [
        Request(tuple(mine), "A dark suit.", "", 11, (64, 80)),
        Request(tuple(mine[::-1]), "A dark suit.", "", 12, (64, 80)),
        Request(tuple(other), "Scrubs.", "", 13, (64, 80)),
    ]


def _drawn(asked: Sequence[Request]) -> list[SRGB8]:
    plan = Plan.of(look("preview"))
    with edit._pipeline(plan) as loaded:
        return list(edit.draw(loaded, plan, asked, lambda stage, share: None))


def _same(one: SRGB8, other: SRGB8) -> bool:
    return int(np.abs(one.astype(int) - other.astype(int)).max()) <= TOLERANCE


def test_a_picture_is_the_same_alone_and_among_other_people(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    real = edit_pipelines.draw_klein

    def counted(loaded: Loaded, part: Sequence[Request], steps: Steps) -> list[Image.Image]:
        batches.append(len(part))
        return real(loaded, part, steps)

    monkeypatch.setattr(edit_pipelines, "draw_klein", counted)
    asked = _requests()
    together = _drawn(asked)
    alone = [_drawn([one])[0] for one in asked]
    assert batches == [3, 1, 1, 1]
    assert all(_same(one, other) for one, other in zip(together, alone, strict=True))
    assert not any(_same(together[0], one) for one in together[1:])


def test_running_out_of_memory_changes_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, tried = _requests(), []
    whole = _drawn(asked)
    real = edit_pipelines.draw_klein

    def small_card(loaded: Loaded, part: Sequence[Request], steps: Steps) -> list[Image.Image]:
        tried.append(len(part))
        made = real(loaded, part, steps)
        if len(part) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return made

    monkeypatch.setattr(edit_pipelines, "draw_klein", small_card)
    again = _drawn(asked)
    assert tried == [3, 1, 1, 1]
    assert all(_same(one, other) for one, other in zip(whole, again, strict=True))


def test_people_with_fewer_photos_are_a_batch_of_their_own() -> None:
    asked = _requests()
    short = Request(asked[0].references[:1], "A dark suit.", "", 11, (64, 80))
    made = _drawn([*asked[:2], short])
    assert _same(made[2], _drawn([short])[0])
    assert not _same(made[2], made[0])
