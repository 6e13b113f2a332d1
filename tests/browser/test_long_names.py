"""A long name and address push nothing off the page, at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Site

NAME = "Maximiliane Freifrau von Hohenstein-Wallenberg zu Sayn"
LONG = "maximiliane.freifrau.von.hohenstein-wallenberg@communications.northwind-trading.example"


@pytest.mark.slow
def test_the_last_column_and_the_last_stage_stay_in_sight(site: Site) -> None:
    house = site.cast.northwind
    with house.scope():
        ines = house.employees["ines"]
        ines.name, ines.email = NAME, LONG
        ines.save()
    desk = site.signed_in("hana", DESK)
    desk.goto(f"/c/{house.slug}/people/")
    row = desk.get_by_role("row", name=NAME)
    expect(row.locator("time").last).to_be_in_viewport(ratio=1)
    phone = site.signed_in("hana", PHONE)
    phone.goto(f"/c/{house.slug}/")
    expect(phone.locator(".funnel").get_by_text("Approved")).to_be_in_viewport(ratio=1)
    phone.goto(f"/c/{house.slug}/people/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
