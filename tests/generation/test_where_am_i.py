"""The personal link leads to the step where the person is; without consent nothing opens."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from generation.models import SourcePhoto
from teams.models import Consent
from tests import factories
from tests.cast import Cast
from tests.generation.studio import send_whole


def _here(cast: Cast) -> str:
    response = Client().get(cast.northwind.me("ines", "studio/"))
    assert response.status_code == 302
    return str(response["Location"]).removeprefix(cast.northwind.me("ines"))


def test_each_step(cast: Cast) -> None:
    assert _here(cast) == ""
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.give_consent(ines)
    assert _here(cast) == "photos/"
    with cast.northwind.scope():
        factories.make_photo(ines)
        shoot = factories.make_shoot(ines, "queued")
    assert _here(cast) == "making/"
    for status, step in (("running", "making/"), ("failed", "making/"), ("cancelled", "photos/")):
        with cast.northwind.scope():
            type(shoot).objects.update(status=status)
        assert _here(cast) == step
    with cast.northwind.scope():
        type(shoot).objects.update(status="done")
    assert _here(cast) == "choose/"
    with cast.northwind.scope():
        factories.make_headshot(ines)
    assert _here(cast) == "done/"


def test_photos_added_after_a_failure_are_the_way_on(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.give_consent(ines)
        factories.make_photo(ines)
        factories.make_shoot(ines, "failed", finished_at=timezone.now())
    assert _here(cast) == "making/"
    with cast.northwind.scope():
        factories.make_photo(ines)
        SourcePhoto.objects.update(created_at=timezone.now())
    assert _here(cast) == "photos/"


PAGES = ["photos/", "photos/list/", "making/", "choose/", "done/"]


@pytest.mark.parametrize("page", PAGES)
def test_pages_lead_to_the_welcome_before_consent(cast: Cast, page: str) -> None:
    response = Client().get(cast.northwind.me("ines", page))
    assert (response.status_code, response["Location"]) == (302, cast.northwind.me("ines"))


ACTS = ["photos/", "making/start/", "making/cancel/", "choose/none/", f"photos/{uuid.UUID(int=1)}/remove/"]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_can_be_done_before_consent(cast: Cast, act: str) -> None:
    response = Client().post(cast.northwind.me("ines", act))
    assert response.status_code == 403
    assert "Agree to how your photos are used first." in response.content.decode()


def test_nothing_is_uploadable_before_consent_or_after_its_withdrawal(cast: Cast) -> None:
    house = cast.northwind
    assert send_whole(house, factories.picture()).status_code == 403
    with house.scope():
        factories.give_consent(house.employees["ines"])
    assert send_whole(house, factories.picture()).status_code == 200
    with house.scope():
        Consent.objects.update(withdrawn_at=timezone.now())
    refused = send_whole(house, factories.picture(color="#123456"))
    assert refused.status_code == 403
    assert "Agree to how your photos are used first." in refused.json()["refused"]
    with house.scope():
        assert SourcePhoto.objects.count() == 1
