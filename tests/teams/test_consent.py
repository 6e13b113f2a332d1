"""Welcome and consent: opening accepts nothing, each choice stands for itself, signing happens once."""

import re
from typing import Any

import pytest
from django.test import Client

from teams.models import AuditEvent, Company, Consent, Invite, StatusEvent
from teams.selectors import live_consent
from tests.cast import Cast, House

YES = {"headshot": "on", "biometrics": "on", "signature": " Ines  Northwind "}


def _status(house: House) -> str:
    with house.scope():
        return Invite.objects.get(pk=house.invites["ines"].pk).status


def test_opening_the_link_is_noted_once_and_accepts_nothing(cast: Cast) -> None:
    house, client = cast.northwind, Client()
    for page in ("", "", "consent/"):
        assert client.get(house.me("ines", page)).status_code == 200
    assert _status(house) == "opened"
    with house.scope():
        assert not Consent.objects.exists()
        assert StatusEvent.objects.filter(to_status="opened").count() == 1


def test_link_checkers_and_prefetching_open_nothing(cast: Cast) -> None:
    house = cast.northwind
    Client().head(house.me("ines"))
    Client().get(house.me("ines"), headers={"Sec-Purpose": "prefetch"})
    assert _status(house) == "pending"


def test_no_choice_is_ticked_beforehand(cast: Cast) -> None:
    page = Client().get(cast.northwind.me("ines", "consent/")).content.decode()
    assert page.count('type="checkbox"') == 2
    assert not re.search(r"<input[^>]*\bchecked", page)


@pytest.mark.parametrize("missing", ["headshot", "biometrics", "signature"])
def test_without_each_needed_part_nothing_is_signed(cast: Cast, missing: str) -> None:
    house = cast.northwind
    form = {key: value for key, value in YES.items() if key != missing}
    response = Client().post(house.me("ines", "consent/"), form)
    assert response.status_code == 422
    with house.scope():
        assert live_consent(house.employees["ines"]) is None
    assert _status(house) == "pending"


@pytest.mark.parametrize("signature", [" ", ".", "--"])
def test_a_signature_needs_letters(cast: Cast, signature: str) -> None:
    assert (
        Client().post(cast.northwind.me("ines", "consent/"), {**YES, "signature": signature}).status_code
        == 422
    )


def test_signing_is_kept_with_text_version_and_language_and_leads_on(cast: Cast) -> None:
    house = cast.northwind
    response = Client(headers={"Accept-Language": "de"}).post(house.me("ines", "consent/"), YES)
    assert response.status_code == 302
    assert response["Location"] == house.me("ines", "studio/")
    with house.scope():
        consent = live_consent(house.employees["ines"])
        assert consent is not None
        assert (consent.signature, consent.text_version, consent.language) == ("Ines Northwind", "1", "de")
        assert (consent.headshot, consent.biometrics, consent.generated) == (True, True, False)
        assert AuditEvent.objects.filter(action="consent.given").count() == 1
    assert _status(house) == "accepted"


def test_a_second_tab_signs_nothing_new(cast: Cast) -> None:
    house, client = cast.northwind, Client()
    client.post(house.me("ines", "consent/"), YES)
    again: Any = client.post(house.me("ines", "consent/"), {**YES, "signature": "Somebody Else"})
    assert again.status_code == 302
    with house.scope():
        assert Consent.objects.get().signature == "Ines Northwind"


def test_a_returning_person_goes_on_where_they_were(cast: Cast) -> None:
    house, client = cast.northwind, Client()
    client.post(house.me("ines", "consent/"), YES)
    assert client.get(house.me("ines"))["Location"] == house.me("ines", "studio/")


@pytest.mark.parametrize("allowed", [True, False])
def test_generated_pictures_only_if_the_company_allows_and_the_person_ticks(
    cast: Cast, allowed: bool
) -> None:
    house = cast.northwind
    Company.objects.filter(pk=house.company.pk).update(allow_generated=allowed)
    page = Client().get(house.me("ines", "consent/")).content.decode()
    assert ('name="generated"' in page) is allowed
    Client().post(house.me("ines", "consent/"), {**YES, "generated": "on"})
    Client().post(house.me("kofi", "consent/"), YES)
    with house.scope():
        assert live_consent(house.employees["ines"]).generated is allowed  # type: ignore[union-attr]
        assert live_consent(house.employees["kofi"]).generated is False  # type: ignore[union-attr]


def test_the_retention_term_is_named(cast: Cast) -> None:
    Company.objects.filter(slug="northwind").update(retention_days=90)
    assert "90 days at most" in Client().get(cast.northwind.me("ines", "consent/")).content.decode()
