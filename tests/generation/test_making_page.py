"""The making page: where the shoot stands, in words and numbers; and every way on."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from branding.models import StyleVersion
from generation import selectors, turns
from generation.models import Shoot
from tests import factories
from tests.cast import Cast

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def ready(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.give_consent(ines)
        factories.make_photo(ines)


def _shoot(cast: Cast, status: str, **fields: Any) -> Shoot:
    with cast.northwind.scope():
        return factories.make_shoot(cast.northwind.employees["ines"], status, **fields)


def _page(cast: Cast, **headers: str) -> str:
    return Client().get(cast.northwind.me("ines", "making/"), headers=headers).content.decode()


def test_stage_share_and_time_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    # However long this machine takes for the page.
    monkeypatch.setattr(timezone, "now", lambda: now)
    started = now - timedelta(seconds=20)
    _shoot(cast, "running", stage="develop", progress=0.4, started_at=started)
    page = _page(cast)
    assert "Cutting you out of the background" in page
    assert "40 %" in page
    assert "about 30 seconds left" in page
    assert "ines@northwind.test" in page


def test_pictures_show_as_they_arrive(cast: Cast) -> None:
    shoot = _shoot(cast, "running", stage="finish", progress=0.6)
    with cast.northwind.scope():
        first = factories.make_candidate(shoot, 1)
    part = _page(cast, **HTMX)
    assert f"candidate/{first.pk}/small/" in part
    assert "Picture 2 of 4" in part
    assert "<html" not in part


def test_the_expected_time_comes_from_earlier_shoots(cast: Cast) -> None:
    now = timezone.now()
    with cast.northwind.scope():
        for seconds in (60, 120):
            factories.make_shoot(
                cast.northwind.employees["jonas"],
                "done",
                started_at=now - timedelta(seconds=seconds),
                finished_at=now,
            )
    shoot = _shoot(cast, "queued")
    with cast.northwind.scope():
        assert selectors.watch(shoot).seconds_left is None
    assert "No machine that makes these pictures is running right now." in _page(cast)
    factories.make_worker("studio")
    turns.forget_forecast("studio")
    with cast.northwind.scope():
        assert selectors.watch(shoot).seconds_left == 90
    page = _page(cast)
    assert "about 2 minutes left" in page
    assert "No machine" not in page


def test_waiting_says_what_for(cast: Cast) -> None:
    _shoot(cast, "queued")
    assert "Waiting for a free place in the studio" in _page(cast)


def test_our_fault_is_tried_again_by_itself(cast: Cast) -> None:
    _shoot(cast, "queued", attempt=1, error_kind="engine", not_before=timezone.now() + timedelta(minutes=2))
    page = _page(cast)
    assert "not with your photos. We try again by ourselves at" in page
    assert "seconds left" not in page


def test_ready_leads_to_the_pictures(cast: Cast) -> None:
    _shoot(cast, "done")
    response = Client().get(cast.northwind.me("ines", "making/"), headers=HTMX)
    assert response["HX-Redirect"] == cast.northwind.me("ines", "choose/")


def test_photos_that_did_not_work_say_why_and_what_to_do(cast: Cast) -> None:
    _shoot(cast, "failed", error_kind="subject", error_code="crop_too_tight", error_data={"side": "left"})
    page = _page(cast)
    assert "These photos did not work" in page
    assert "Send one from farther off." in page
    assert "Add another photo" in page
    reply = Client().get(cast.northwind.me("ines", "making/"), headers=HTMX)
    assert reply["HX-Redirect"].endswith("/making/")


def test_the_photos_that_did_not_work_are_shown_and_not_tried_twice(cast: Cast) -> None:
    """The same photos in the same style fail again, and would cost the person another shoot."""
    house = cast.northwind
    _shoot(cast, "failed", error_kind="subject", error_code="gate_matte", error_data={"cause": "before"})
    with house.scope():
        photo = factories.make_photo(house.employees["ines"], original_name="plate.jpg")
        Shoot.objects.get().photos.add(photo, through_defaults={"company_id": house.company.pk})
    page = _page(cast)
    assert "Something is in front of your chest." in page
    assert f"photo/{photo.pk}/thumbnail/" in page
    assert "Try again with the same photos" not in page
    with house.scope():
        newer = StyleVersion.objects.get(pk=house.version.pk)
        newer.pk, newer.number = uuid.uuid4(), newer.number + 1
        newer.save(force_insert=True)
    assert "Try again with the same photos" in _page(cast)


def test_our_final_failure_has_a_button(cast: Cast) -> None:
    _shoot(cast, "failed", error_kind="engine", error_code="engine_broke")
    page = _page(cast)
    assert "That was us" in page
    assert "engine_broke" not in page
    again = Client().post(cast.northwind.me("ines", "making/start/"), follow=True)
    assert "In the studio" in again.content.decode()


def test_an_unknown_failure_still_has_words(cast: Cast) -> None:
    _shoot(cast, "failed", error_kind="subject", error_code="gate_of_tomorrow")
    assert "Different light or another angle may help." in _page(cast)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_stopping_keeps_the_photos(cast: Cast, status: str) -> None:
    shoot = _shoot(cast, status)
    page = Client().post(cast.northwind.me("ines", "making/cancel/"), follow=True).content.decode()
    assert "Stopped. Your photos are still here." in page
    with cast.northwind.scope():
        shoot.refresh_from_db()
        assert shoot.status == "cancelled"
        assert shoot.photos.exclude(status="deleted").count() == 1


def test_stopping_what_is_ready_shows_it(cast: Cast) -> None:
    _shoot(cast, "done")
    page = Client().post(cast.northwind.me("ines", "making/cancel/"), follow=True).content.decode()
    assert "Choose your picture" in page
