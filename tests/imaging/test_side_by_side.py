"""Several things at a time: the same pictures as one after the other, and no work for nothing."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from branding.look import STARTERS, Look
from generation.imaging import gates, photocheck, run, settling, strips, threads
from generation.imaging.errors import SubjectError
from generation.imaging.finishing import backdrop, composite, final, grade
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery, MasterLayers
from tests.imaging import people

SIZE = (320, 400)
PHOTO, OTHER = "portraits/byron-donalds.jpg", "identities/congress_pairs/byron-donalds__2024.jpg"


@pytest.fixture(autouse=True)
def _share() -> Iterator[None]:
    before = threads.share()
    yield
    threads.limit(before)


def test_a_process_takes_what_its_parent_announced_until_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_share", None)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads.share() == 3
    threads.limit(1)
    assert threads.share() == 1
    monkeypatch.setattr(threads, "_share", None)
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    assert threads.share() == threads.cores()


def _gallery() -> Gallery:
    return photocheck.build_gallery([people.checked(path) for path in (PHOTO, OTHER)])


def test_one_and_two_threads_make_the_same_bytes() -> None:
    made = []
    for count in (1, 2):
        threads.limit(count)
        made.append(list(run.takes(_gallery(), Look(), seed=3, count=3, size=SIZE)))
    one, two = made
    assert [found.take for found in one] == [found.take for found in two] and len(one) == 3
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.image, second.image)
        np.testing.assert_array_equal(first.master.foreground, second.master.foreground)


def test_the_next_photo_is_developed_beside_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no further one than is wanted."""
    where: list[tuple[str, bool]] = []
    develop = run.develop

    def noted(photo: CheckedPhoto) -> MasterLayers:
        where.append((photo.name, threading.current_thread() is threading.main_thread()))
        return develop(photo)

    monkeypatch.setattr(run, "develop", noted)
    threads.limit(2)
    best, second = (photo.name for photo in _gallery().photos)
    assert len(list(run.takes(_gallery(), Look(), seed=0, count=2, size=SIZE))) == 2
    assert sorted(where) == sorted([(best, True), (second, False)])
    where.clear()
    list(run.takes(_gallery(), Look(), seed=0, count=1, size=SIZE))
    assert where == [(best, True)]


def test_a_photos_pictures_are_made_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pictures as one after the other, and none for nothing."""
    where: list[bool] = []
    finish = run.finish

    def noted(*told: Any) -> SRGB8:
        if told[2] == SIZE:
            where.append(threading.current_thread() is threading.main_thread())
        return finish(*told)

    monkeypatch.setattr(run, "finish", noted)
    # Whether one is laid out a second time is another question.
    monkeypatch.setattr(settling, "_OFF", 100.0)
    gallery, made = photocheck.build_gallery([people.checked(PHOTO)]), []
    for count, wanted in ((1, [True] * 3), (2, [False, True, True])):
        threads.limit(count)
        where.clear()
        made.append([one.image for one in run.takes(gallery, Look(), seed=3, count=3, size=SIZE)])
        assert sorted(where) == wanted
    np.testing.assert_array_equal(made[0], made[1])


def test_nothing_goes_on_once_nobody_wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    threads.limit(2)
    running = threading.active_count()
    pictures = run.takes(_gallery(), Look(), seed=0, count=2, size=SIZE)
    next(pictures)
    pictures.close()
    assert threading.active_count() == running


def test_photos_are_checked_side_by_side_in_their_order() -> None:
    threads.limit(2)
    together = threads.side_by_side(lambda value: value * value, range(20))
    assert together == [value * value for value in range(20)]
    with pytest.raises(ZeroDivisionError):
        threads.side_by_side(lambda value: 1 // value, [1, 0, 1])


def test_a_photo_that_cannot_be_cut_out_is_not_finished_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "MOST_UNSURE", -1.0)
    monkeypatch.setattr(gates, "measure", lambda *_: pytest.fail("a picture was made of it"))
    with pytest.raises(SubjectError) as error:
        list(run.takes(_gallery(), Look(), seed=0, count=2, size=SIZE))
    assert error.value.code == "gate_matte"


@pytest.mark.parametrize("name", list(STARTERS))
def test_the_last_steps_in_one_go_are_the_steps_one_by_one(name: str) -> None:
    look, size = STARTERS[name], (410, 513)
    rng = np.random.default_rng(0)
    foreground = rng.random((size[1], size[0], 3), np.float32) * np.float32(1.2)
    alpha = np.clip(rng.random((size[1], size[0]), np.float32) * 3 - 1, 0, 1)
    alpha[:100] = 0
    plate = backdrop.plate(look.backdrop, size)
    slow = grade.to_8_bit(grade.grade(composite.composite(foreground, alpha, plate), look.grade))
    np.testing.assert_array_equal(final.final(foreground, alpha, look.backdrop, look.grade), slow)


@pytest.mark.parametrize("shape", [(1, 5, 3), (7, 40_000, 3), (301, 233)])
def test_strips_leave_no_row_out(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).random(shape, np.float32)
    np.testing.assert_array_equal(strips.by_strips(lambda part: part * 2, picture), picture * 2)
