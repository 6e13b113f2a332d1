"""Which photos are developed before they are asked for."""

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from generation.imaging import threads
from generation.imaging.ahead import Ahead


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = threads.share()
    threads.limit(2)
    yield
    threads.limit(before)


class Photos:
    """Photos that are their own masters, and which of them were developed."""

    def __init__(self, count: int) -> None:
        self.all = cast("list[Any]", [object() for _ in range(count)])
        self.developed: set[int] = set()

    def develop(self, photo: Any) -> Any:
        self.developed.add(self.all.index(photo))
        return photo

    def ahead(self) -> Ahead:
        return Ahead(self.develop, self.all)


def test_two_that_follow_are_begun_and_no_more() -> None:
    photos = Photos(5)
    with photos.ahead() as ahead:
        assert ahead.developed(photos.all[0], following=4) is photos.all[0]
        for _, begun in ahead._begun:
            begun.result()
        assert photos.developed == {0, 1, 2}
        assert ahead.developed(photos.all[1], following=1) is photos.all[1]
        assert photos.developed == {0, 1, 2}


def test_none_is_begun_where_none_is_wanted() -> None:
    photos = Photos(3)
    with photos.ahead() as ahead:
        ahead.developed(photos.all[0], following=0)
    assert photos.developed == {0}


def test_a_doubtful_photo_is_developed_with_the_next_one_alone() -> None:
    photos = Photos(4)
    with photos.ahead() as ahead:
        ahead.developed(photos.all[1], following=0, doubtful=True)
        assert ahead.developed(photos.all[2], following=0, doubtful=True) is photos.all[2]
    assert photos.developed == {1, 2}


def test_what_had_its_pictures_already_is_passed_over() -> None:
    photos = Photos(4)
    with photos.ahead() as ahead:
        ahead.developed(photos.all[0], following=2)
        assert ahead.developed(photos.all[2], following=0) is photos.all[2]


def test_other_work_is_taken_only_where_the_thread_is_free() -> None:
    photos, held = Photos(2), threading.Event()
    develop = photos.develop

    def slow(photo: Any) -> Any:
        if photo is photos.all[1]:
            held.wait(10)
        return develop(photo)

    with Ahead(slow, photos.all) as ahead:
        ahead.developed(photos.all[0], following=1)
        assert ahead.beside(lambda: 1) is None
        held.set()
        ahead.developed(photos.all[1], following=0)
        free = ahead.beside(lambda: 2)
        assert free is not None and free.result() == 2


def test_one_thread_begins_nothing() -> None:
    threads.limit(1)
    photos = Photos(3)
    with photos.ahead() as ahead:
        ahead.developed(photos.all[0], following=2)
        assert ahead.beside(lambda: 1) is None
    assert photos.developed == {0}
