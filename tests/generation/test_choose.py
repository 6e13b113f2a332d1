"""Choosing: best first, likeness in words, two side by side, one choice, or none and why."""

import pytest
from django.test import Client

from generation.models import Candidate, Headshot, Shoot
from teams.models import AuditEvent
from tests import factories
from tests.cast import Cast


@pytest.fixture
def shoot(cast: Cast) -> Shoot:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.give_consent(ines)
        factories.make_photo(ines)
        return factories.make_shoot(ines, pictures=3)


def _picture(cast: Cast, shoot: Shoot, rank: int) -> Candidate:
    with cast.northwind.scope():
        return shoot.candidates.get(rank=rank)


def _get(cast: Cast, page: str) -> str:
    return Client().get(cast.northwind.me("ines", page), follow=True).content.decode()


def _choose(cast: Cast, candidate: Candidate) -> str:
    path = cast.northwind.me("ines", f"choose/{candidate.pk}/")
    return Client().post(path, follow=True).content.decode()


def test_the_best_comes_first_with_its_likeness_in_words(cast: Cast, shoot: Shoot) -> None:
    with cast.northwind.scope():
        Candidate.objects.filter(rank=3).update(likeness=0.88, source="generated")
    page = _get(cast, "choose/")
    places = [page.index(f"candidate/{_picture(cast, shoot, rank).pk}/small/") for rank in (1, 2, 3)]
    assert places == sorted(places)
    assert "A very close match" in page
    assert "A close match" in page
    assert "Likeness 88 of 100" in page
    assert "Generated" in page


@pytest.mark.parametrize(("photos", "said"), [("aaa", True), ("aab", False)])
def test_pictures_of_one_photo_say_so(cast: Cast, shoot: Shoot, photos: str, said: bool) -> None:
    with cast.northwind.scope():
        for candidate, photo in zip(shoot.candidates.all(), photos, strict=True):
            candidate.variation = {"take": {"key": f"0.1.{candidate.rank}", "photo": photo, "plain": True,
                                            "signature": ""}}  # fmt: skip
            candidate.save()
    assert ("All of these come from one photo" in _get(cast, "choose/")) is said


@pytest.mark.parametrize(
    ("varied", "english", "german"),
    [
        ({}, "Exactly as your company&#x27;s style has it", "Genau wie im Stil Ihres Unternehmens"),
        ({"key_fill": 0.2, "crop": -0.004}, "Stronger light, head a little smaller",
         "Stärkeres Licht, Kopf etwas kleiner"),
        ({"key_fill": -0.1, "shift": 0.01}, "Softer light, a little to the right",
         "Weicheres Licht, etwas nach rechts"),
    ],
)  # fmt: skip
def test_pictures_of_one_photo_say_how_they_differ(
    cast: Cast, shoot: Shoot, varied: dict[str, float], english: str, german: str
) -> None:
    take = {"key": "0.1.1", "photo": "a", "plain": not varied, "signature": ""}
    with cast.northwind.scope():
        Candidate.objects.update(variation={"take": take})
        Candidate.objects.filter(rank=2).update(variation={"take": take, **varied})
        Candidate.objects.filter(rank=3).update(variation={"take": take}, source="generated")
    assert english in _get(cast, "choose/")
    path = cast.northwind.me("ines", "choose/")
    assert german in Client().get(path, headers={"Accept-Language": "de"}).content.decode()
    # What a machine drew is another picture each time, not the style's plain one.
    assert _get(cast, "choose/").count("Exactly as") == (4 if not varied else 2)


def test_choosing_sends_it_to_review_once(cast: Cast, shoot: Shoot) -> None:
    first = _picture(cast, shoot, 1)
    for _ in range(2):
        assert "In review" in _choose(cast, first)
    with cast.northwind.scope():
        assert Headshot.objects.get().candidate == first
        assert AuditEvent.objects.filter(action="headshot_chosen").count() == 1


def test_another_choice_replaces_the_first(cast: Cast, shoot: Shoot) -> None:
    _choose(cast, _picture(cast, shoot, 1))
    _choose(cast, _picture(cast, shoot, 2))
    with cast.northwind.scope():
        live = Headshot.objects.exclude(status="superseded").get()
        assert (live.candidate.rank, live.status) == (2, "chosen")


def test_an_approved_picture_stays_in_use_until_the_new_one_is_approved(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.give_consent(ines)
        approved = factories.make_headshot(ines, "approved")
        other = approved.candidate.shoot.candidates.get(rank=2)
    _choose(cast, approved.candidate)
    with cast.northwind.scope():
        assert Headshot.objects.count() == 1  # the same one again changes nothing
    page = _choose(cast, other)
    assert "In review" in page
    assert "Download the picture in use until then" in page


def test_a_picture_of_an_unfinished_shoot_cannot_be_chosen(cast: Cast, shoot: Shoot) -> None:
    with cast.northwind.scope():
        Shoot.objects.update(status="running")
    assert "In the studio" in _choose(cast, _picture(cast, shoot, 1))
    with cast.northwind.scope():
        assert not Headshot.objects.exists()


def test_two_side_by_side(cast: Cast, shoot: Shoot) -> None:
    one, two, three = (_picture(cast, shoot, rank) for rank in (1, 2, 3))
    page = _get(cast, f"choose/?compare={one.pk}&compare={three.pk}")
    assert "Which one?" in page
    assert str(one.pk) in page
    assert str(three.pk) in page
    assert str(two.pk) not in page
    assert "Tick two pictures to compare." in _get(cast, f"choose/?compare={one.pk}")


def test_a_favourite_is_marked_and_unmarked(cast: Cast, shoot: Shoot) -> None:
    first = _picture(cast, shoot, 1)
    path = cast.northwind.me("ines", f"choose/{first.pk}/favourite/")
    part = Client().post(path, {"on": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in part
    assert _picture(cast, shoot, 1).favourite
    Client().post(path, {"on": "0"})
    assert not _picture(cast, shoot, 1).favourite


def test_none_of_these_says_why_and_leads_to_a_new_shoot(cast: Cast, shoot: Shoot) -> None:
    path = cast.northwind.me("ines", "choose/none/")
    page = Client().post(path, {"reason": "hair"}, follow=True).content.decode()
    assert "Let us make new ones." in page
    assert 'name="why" value="hair"' in page
    with cast.northwind.scope():
        assert AuditEvent.objects.get(action="pictures_declined").data == {"why": "hair"}
    Client().post(cast.northwind.me("ines", "making/start/"), {"why": "hair"})
    with cast.northwind.scope():
        assert Shoot.objects.get(status="queued").retake_reason == "hair"


def test_none_of_these_without_a_reason_asks_for_one(cast: Cast, shoot: Shoot) -> None:
    page = Client().post(cast.northwind.me("ines", "choose/none/"), follow=True).content.decode()
    assert "Say what should be different" in page
    assert "Choose your picture" in page


def test_when_all_shoots_are_used_there_is_no_new_one(cast: Cast, shoot: Shoot) -> None:
    cast.northwind.company.max_shoots = 1
    cast.northwind.company.save()
    page = _get(cast, "choose/")
    assert "All your shoots are used." in page
    assert "Make new ones" not in page


def test_earlier_pictures_stay_in_reach(cast: Cast, shoot: Shoot) -> None:
    with cast.northwind.scope():
        newer = factories.make_shoot(cast.northwind.employees["ines"])
        newest = newer.candidates.get(rank=1)
    page = _get(cast, "choose/")
    assert "Earlier, from" in page
    assert page.index(str(newest.pk)) < page.index(str(_picture(cast, shoot, 1).pk))
