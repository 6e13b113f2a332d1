"""Personal links that do not work: friendly, final, and silent about whose they were."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from teams.models import Invite
from tests.cast import Cast


def _silent(page: str) -> bool:
    return "Ines" not in page and "ines@" not in page and "Traceback" not in page


@pytest.mark.parametrize("token", ["nonsense", "0" * 32, "0" * 32 + "-forged", "%00", "ü"])
def test_a_link_nobody_made_is_404_in_friendly_words(cast: Cast, token: str) -> None:
    response = Client().get(f"/c/northwind/me/{token}/")
    assert response.status_code == 404
    assert "does not lead anywhere" in response.content.decode()


def test_a_link_of_another_company_is_404(cast: Cast) -> None:
    assert Client().get(f"/c/northwind/me/{cast.southbay.token('sven')}/").status_code == 404


@pytest.mark.parametrize("how", ["revoked", "expired", "late"])
def test_a_link_that_has_ended_is_410_and_tells_nothing(cast: Cast, how: str) -> None:
    house = cast.northwind
    with house.scope():
        row = Invite.objects.filter(pk=house.invites["ines"].pk)
        if how == "late":
            # The last day has passed and the clock has not come by yet.
            row.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
        else:
            row.update(status=how)
    for page in ("", "consent/"):
        response = Client().get(house.me("ines", page))
        assert response.status_code == 410
        assert _silent(response.content.decode())


def test_somebody_who_consented_keeps_their_page_after_the_last_day(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        Invite.objects.filter(pk=house.invites["ines"].pk).update(
            status="accepted", expires_at=timezone.now() - dt.timedelta(days=1)
        )
    assert Client().get(house.me("ines")).status_code == 200
