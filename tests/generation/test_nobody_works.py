"""Where no worker serves what a person waits for, the page names the cause instead of a 0 % for ever."""

import pytest
from django.test import Client
from django.utils import timezone

from generation.models import Candidate, Nudge, Worker
from tests import factories
from tests.cast import Cast, House
from tests.portal.exporting import ask, crew

NUDGE = {"brightness": "1", "size": "0", "side": "0"}


def _worker(queues: str) -> None:
    now = timezone.now()
    Worker.objects.create(name=f"here:{queues}", pid=1, queues=queues, started_at=now, beat_at=now)


@pytest.mark.parametrize("htmx", ["", "true"])
def test_a_change_that_nobody_can_make_says_so(house: House, picture: Candidate, htmx: str) -> None:
    Client().post(house.me("ines", f"choose/{picture.pk}/adjust/"), NUDGE)
    headers = {"HX-Request": htmx} if htmx else {}

    def page() -> str:
        return Client().get(house.me("ines", f"choose/{picture.pk}/"), headers=headers).content.decode()

    _worker("studio")
    assert "No machine that changes pictures is running right now." in page()
    _worker("intake mail")
    assert "No machine" not in page()
    Worker.objects.all().delete()
    with house.scope():
        Nudge.objects.update(status="running")
    assert "No machine" not in page()


def test_photos_that_nobody_looks_at_say_so(house: House) -> None:
    with house.scope():
        factories.give_consent(house.employees["ines"])
        photo = factories.make_photo(house.employees["ines"])
        photo.status = "received"
        photo.save()
    assert "No machine that looks at photos is running" in _photos(house)
    _worker("intake")
    assert "No machine" not in _photos(house)


def _photos(house: House) -> str:
    return Client().get(house.me("ines", "photos/")).content.decode()


def test_an_archive_that_nobody_packs_says_so(cast: Cast, house: House) -> None:
    with house.scope():
        export = ask(house, crew(house, "ines"))
    path = f"/c/{house.slug}/exports/{export.pk}/"
    assert "No machine that packs archives is running" in cast.client("hana").get(path).content.decode()
    _worker("exports")
    assert "No machine" not in cast.client("hana").get(path).content.decode()
