"""Allowing engines, and the way out of a long wait, as people meet them in a browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from branding.look import STARTERS
from branding.models import StyleVersion
from generation.imaging.engines import table
from teams.models import Company
from tests import factories
from tests.browser.axe import assert_accessible
from tests.browser.conftest import PHONE, Site


@pytest.mark.slow
def test_engines_are_allowed_and_a_person_takes_their_own_photo(site: Site) -> None:
    drawing: Any = next(offer.name for offer in table.ENGINES.values() if offer.source == "generated")
    house = site.cast.northwind
    look = STARTERS["corporate"].model_copy(update={"engine": drawing}).model_dump(mode="json")
    with house.scope():
        StyleVersion.objects.filter(pk=house.version.pk).update(data=look)

    desk = site.signed_in("hana")
    desk.get_by_role("link", name="Engines").click()
    engines = desk.get_by_role("group", name="Which engines may draw?")
    expect(engines).to_be_hidden()
    desk.get_by_text("Generated pictures too").click()
    expect(engines).to_be_visible()
    assert_accessible(desk, "Engines")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
    assert Company.objects.get(pk=house.company.pk).allow_generated

    with house.scope():
        ines = house.employees["ines"]
        factories.give_consent(ines, generated=True)
        factories.make_photo(ines)
    phone = site.open(PHONE, dark=True, touch=True)
    phone.goto(house.me("ines", "photos/"))
    phone.get_by_role("button", name="Make my headshots").click()
    expect(phone.get_by_text("No machine that makes these pictures is running right now.")).to_be_visible()
    assert_accessible(phone, "In the studio")
    phone.get_by_role("button", name="Use my own photo instead").click()
    # The file of this test's photo shows nobody; that it is the studio which says so is what counts.
    expect(phone.get_by_role("heading", name="These photos did not work")).to_be_visible()
