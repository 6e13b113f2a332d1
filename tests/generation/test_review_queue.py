"""The queue: one person at a time, who has waited longest first, with all that a decision needs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.models import Headshot
from tests.cast import Cast
from tests.generation.reviewing import FRAMED, PASSED, approved, in_review


def _page(cast: Cast, path: str = "") -> str:
    return cast.client("rafael").get(f"/c/northwind/review/{path}").content.decode()


def test_who_has_waited_longest_comes_first(cast: Cast) -> None:
    with cast.northwind.scope():
        in_review(cast.northwind, "ines")
        older = in_review(cast.northwind, "jonas")
        Headshot.objects.filter(pk=older.pk).update(chosen_at=timezone.now() - timedelta(days=2))
    page = _page(cast)
    assert "<h1>Jonas Northwind</h1>" in page
    assert "1 of 2" in page


def test_the_next_key_leads_to_the_next_person_and_round_again(cast: Cast) -> None:
    with cast.northwind.scope():
        first, second = in_review(cast.northwind, "ines"), in_review(cast.northwind, "jonas")
    page = _page(cast, f"{first.pk}/")
    assert f'href="/c/northwind/review/{second.pk}/" data-key="j"' in page
    assert f'href="/c/northwind/review/{first.pk}/" data-key="j"' in _page(cast, f"{second.pk}/")


def test_the_persons_own_photos_and_colleagues_stand_beside(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "kofi")
        headshot = in_review(cast.northwind, "ines")
        photo = headshot.candidate.shoot.photos.get()
    page = _page(cast, f"{headshot.pk}/")
    assert f"/media/photo/{photo.pk}/thumbnail/" in page
    assert "Kofi Northwind" in page


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        (PASSED, "Passed all checks and fits the team"),
        ({"eyes": {"value": 0.2, "bound": 0.3, "passed": False}}, "Eyes are soft"),
        ({"matte": {"value": 0.41, "bound": 0.42, "passed": True}}, "Edges of the hair deserve a look"),
    ],
)
def test_gates_are_said_in_words(cast: Cast, gates: dict[str, object], words: str) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines", gates=gates)
    assert words in _page(cast, f"{headshot.pk}/")


def test_a_picture_off_the_brands_framing_is_named(cast: Cast) -> None:
    with cast.northwind.scope():
        low = FRAMED | {"eye_line": FRAMED["eye_line"] + 0.021}
        headshot = in_review(cast.northwind, "ines", framing=low)
    assert "Eye line 2.1 % low" in _page(cast, f"{headshot.pk}/")


def test_an_empty_queue_teaches(cast: Cast) -> None:
    assert "Nobody waits for you yet" in _page(cast)
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
    assert "Everything is reviewed" in _page(cast)


def test_people_on_the_archives_shelf_do_not_wait(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
        headshot.employee.archived_at = timezone.now()
        headshot.employee.save()
    assert "Nobody waits for you yet" in _page(cast)


def test_every_gate_that_imaging_judges_by_has_words() -> None:
    import inspect
    import re

    from generation import verdicts
    from generation.imaging import gates

    names = re.findall(r'"(\w+)": (?:Gate|likeness\.gate)\(', inspect.getsource(gates.judge))
    assert len(names) >= 6
    assert not set(names) - set(verdicts._GATES)


def test_every_cause_that_imaging_names_can_be_translated() -> None:
    from generation import verdicts
    from generation.imaging.consistency import MEASURES

    prose = {words for one in MEASURES.values() for words in (one.high, one.low)}
    assert prose <= set(verdicts._PROSE)


def test_the_navigation_says_how_many_wait(cast: Cast) -> None:
    with cast.northwind.scope():
        in_review(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    page = cast.client("rafael").get("/c/northwind/review/wall/").content.decode()
    assert '<span class="nav-count">2</span>' in page
    assert "nav-count" not in cast.client("mara").get("/c/northwind/review/wall/").content.decode()
