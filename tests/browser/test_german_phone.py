"""German words are longer: on a phone nothing is cut off, and one sees where one is."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import Cast


@pytest.fixture
def olga(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[Page]:
    session = cast.client("olga").cookies["sessionid"].value
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="de-DE")
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


@pytest.mark.django_db(transaction=True)
def test_the_kinds_of_backdrop_are_legible(olga: Page, live_server: Any, cast: Cast) -> None:
    olga.goto(f"{live_server.url}/c/northwind/styles/{cast.northwind.style.pk}/")
    kinds = olga.locator(".kind")
    expect(kinds).to_have_count(5)
    expect(kinds.nth(1)).to_have_text("Lichtkegel")
    for kind in kinds.all():
        assert kind.evaluate("tile => tile.scrollWidth <= tile.clientWidth"), kind.inner_text()


@pytest.mark.django_db(transaction=True)
def test_the_tab_one_is_on_can_be_read(olga: Page, live_server: Any) -> None:
    olga.goto(f"{live_server.url}/c/northwind/settings/audit/")
    here, tabs = olga.locator(".tabs [aria-current]"), olga.locator(".tabs")
    expect(here).to_have_text("Protokoll")
    box, room = here.bounding_box(), tabs.bounding_box()
    assert box and room
    assert box["x"] >= room["x"] - 1
    assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
