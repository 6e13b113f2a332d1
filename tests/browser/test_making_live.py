"""The Making page while pictures arrive, and the Choose page that it leads to, in a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.models import Candidate, Shoot
from tests import factories
from tests.browser.axe import assert_accessible
from tests.cast import Cast

SMALL_PHONE = {"width": 360, "height": 740}


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=SMALL_PHONE, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def _arrive(shoot: Shoot, rank: int, progress: float) -> Candidate:
    """What a worker writes when a picture is finished: all of them from one photo."""
    candidate = factories.make_candidate(shoot, rank, variation={"take": {"photo": "one"}})
    Shoot.objects.filter(pk=shoot.pk).update(progress=progress)
    return candidate


@pytest.mark.django_db(transaction=True)
def test_pictures_come_in_one_by_one_and_lead_to_the_choice(
    phone: Page, live_server: Any, cast: Cast
) -> None:
    house = cast.northwind
    with house.scope():
        ines = house.employees["ines"]
        factories.give_consent(ines)
        factories.make_photo(ines)
        shoot = factories.make_shoot(ines, "running", stage="develop", progress=0.2)
    phone.goto(live_server.url + house.me("ines", "making/"))
    pictures, waiting = phone.locator("#watch .pic img"), phone.locator("#watch .pic-wait")
    expect(waiting).to_have_count(4)
    assert_accessible(phone, "In the studio")
    with house.scope():
        _arrive(shoot, 1, 0.4)
    expect(pictures).to_have_count(1)
    expect(pictures.first).to_have_js_property("complete", True)
    assert pictures.first.evaluate("image => image.naturalWidth") > 0
    expect(waiting).to_have_count(3)
    expect(phone).to_have_title("40 % · In the studio · Northwind")
    with house.scope():
        _arrive(shoot, 2, 0.6)
        Shoot.objects.filter(pk=shoot.pk).update(stage="finish")
    expect(pictures).to_have_count(2)
    # Said once to those who do not see it.
    expect(phone.locator("#announce")).to_have_text("Setting light, framing and backdrop")
    assert_accessible(phone, "In the studio")
    with house.scope():
        for rank in (3, 4):
            _arrive(shoot, rank, 1.0)
        Shoot.objects.filter(pk=shoot.pk).update(status="done")
    phone.wait_for_url("**/choose/")
    expect(phone.locator(".gallery .pic")).to_have_count(4)
    expect(
        phone.get_by_text("All of these come from one photo: they differ in crop and light only.")
    ).to_be_visible()
    assert_accessible(phone, "Choose your picture")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"
