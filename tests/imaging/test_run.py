"""The stages together: candidates that are the person, repeatable, never one that fails a gate."""

from dataclasses import replace

import numpy as np
import pytest

from branding.look import Look
from generation.imaging import photocheck, run
from generation.imaging.errors import Cancelled, SubjectError
from generation.imaging.ranking import order
from generation.imaging.types import Gallery
from tests.imaging import people

SIZE = (320, 400)
PHOTO = "portraits/byron-donalds.jpg"


def _gallery(*paths: str) -> Gallery:
    return photocheck.build_gallery([people.checked(path) for path in paths])


def test_one_photo_gives_variations_that_say_so_and_repeat() -> None:
    first = list(run.headshots(_gallery(PHOTO), Look(), seed=5, count=3, size=SIZE))
    again = list(run.headshots(_gallery(PHOTO), Look(), seed=5, count=3, size=SIZE))
    assert [one.rank for one in first] == list(range(1, len(first) + 1))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert len({str(one.variation) for one in first}) == len(first)
    for one in first:
        assert all(gate.passed for gate in one.gates.values())
        assert abs(one.eye_line - Look().framing.eye_line) <= 0.005
        assert abs(one.head_height - Look().framing.head_height) <= 0.015
        assert abs(one.roll_deg) <= 0.7


def test_pictures_arrive_one_by_one_and_an_interrupted_run_goes_on() -> None:
    gallery = _gallery(PHOTO, "identities/congress_pairs/byron-donalds__2024.jpg")
    arguments = {"seed": 5, "count": 4, "size": SIZE}
    whole = list(run.takes(gallery, Look(), **arguments))
    assert [one.rank for one in whole] == list(range(1, len(whole) + 1))
    first = next(run.takes(gallery, Look(), **arguments))
    np.testing.assert_array_equal(first.image, whole[0].image)
    for stored in (1, len(whole) - 1, len(whole)):
        kept = [one.take for one in whole[:stored]]
        rest = list(run.takes(gallery, Look(), **arguments, kept=kept))
        assert [one.take.key for one in rest] == [one.take.key for one in whole[stored:]]
        for one, other in zip(rest, whole[stored:], strict=True):
            np.testing.assert_array_equal(one.image, other.image)


def test_what_is_stored_already_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = _gallery(PHOTO)
    whole = [one.take for one in run.takes(gallery, Look(), seed=0, count=2, size=SIZE)]
    monkeypatch.setattr(run, "develop", lambda photo: pytest.fail("developed again"))
    assert list(run.takes(gallery, Look(), seed=0, count=2, size=SIZE, kept=whole)) == []


def test_one_photo_has_only_so_much_to_show() -> None:
    """A hundred are asked for; near-identical ones are left out, and it ends."""
    found = list(run.takes(_gallery(PHOTO), Look(), seed=0, count=100, size=(160, 200)))
    assert 4 <= len(found) < 100
    for at, one in enumerate(found):
        assert not order.repeats(one.take.signature, [other.take.signature for other in found[:at]])


def test_progress_never_goes_back() -> None:
    told: list[float] = []
    gallery = _gallery(PHOTO, "identities/congress_pairs/byron-donalds__2024.jpg")
    list(
        run.takes(
            gallery, Look(), seed=0, count=4, size=SIZE, progress=lambda stage, share: told.append(share)
        )
    )
    assert told == sorted(told) and told[0] >= 0 and told[-1] <= 1


def test_another_persons_photo_in_the_gallery_is_never_shown() -> None:
    mine, other = people.checked(PHOTO), people.checked("portraits/tim-scott.jpg")
    swapped = Gallery((replace(other, embedding=mine.embedding),), ())
    with pytest.raises(SubjectError) as error:
        list(run.headshots(swapped, Look(), seed=0, count=1, size=SIZE))
    assert error.value.code == "gate_likeness"


def test_nobody_usable_says_so() -> None:
    with pytest.raises(SubjectError) as error:
        list(run.headshots(Gallery((), ()), Look(), seed=0, count=1))
    assert error.value.code == "no_usable_photo"


def test_the_caller_can_stop_between_steps() -> None:
    def stop(stage: str, share: float) -> None:
        raise Cancelled("asked")

    with pytest.raises(Cancelled):
        list(run.headshots(_gallery(PHOTO), Look(), seed=0, count=1, size=SIZE, progress=stop))
