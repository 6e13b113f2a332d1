"""The editor in a real browser: controls move the pictures, saving keeps them, two windows do not collide."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from branding.models import Style
from generation.services import previews
from tests.branding import sitters
from tests.cast import Cast

# Two pictures, rendered by a test server on a busy machine.
PATIENCE_MS = 20_000


@pytest.fixture
def hana(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[Page]:
    for demo in previews.DEMOS:
        previews.ensure_demo(demo)
    session = cast.client("hana").cookies["sessionid"].value
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def _open(page: Page, live_server: Any, cast: Cast, path: str = "") -> None:
    page.goto(f"{live_server.url}/c/northwind/styles/{cast.northwind.style.pk}/{path}")
    expect(page.locator("[data-shown]")).to_have_count(2)
    for picture in page.locator("[data-shown]").all():
        expect(picture).to_have_js_property("naturalWidth", 480)


def _corner(page: Page) -> list[int]:
    """The backdrop's colour in the first picture, as the browser shows it."""
    color: list[int] = page.evaluate(
        """() => {
          const image = document.querySelector('[data-shown]');
          const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 600 });
          const paper = canvas.getContext('2d');
          paper.drawImage(image, 0, 0);
          return [...paper.getImageData(240, 12, 1, 1).data].slice(0, 3);
        }"""
    )
    return color


def _wait_for_pictures(page: Page) -> None:
    expect(page.locator("[data-shown]").first).to_have_attribute("src", re.compile("^blob:"))
    expect(page.locator("[data-progress]")).to_have_text(re.compile("^2 "))


@pytest.mark.django_db(transaction=True)
def test_a_moved_control_changes_the_pictures_and_is_saved(hana: Page, live_server: Any, cast: Cast) -> None:
    _open(hana, live_server, cast)
    before = _corner(hana)
    hana.get_by_label("Plain colour").check(force=True)
    hana.get_by_label("Colour", exact=True).fill("#b03030")
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    _wait_for_pictures(hana)
    red, green, blue = _corner(hana)
    assert max(before) - min(before) < 40
    assert red > green + 60
    assert red > blue + 60
    with cast.northwind.scope():
        saved = Style.objects.get(pk=cast.northwind.style.pk).draft_look.backdrop
    assert (saved.kind, saved.color) == ("solid", "#b03030")
    expect(hana.locator("[data-changes]")).to_contain_text("Colour from #c9ced6 to #b03030")


@pytest.mark.django_db(transaction=True)
def test_the_lamp_moves_by_pointer_by_key_by_button_and_by_typing(
    hana: Page, live_server: Any, cast: Cast
) -> None:
    _open(hana, live_server, cast)
    azimuth = hana.locator("[name=light_key_azimuth_deg]")
    lamp = hana.locator("[data-lamp=key]")
    lamp.focus()
    hana.keyboard.press("ArrowLeft")
    expect(azimuth).to_have_value("34")
    hana.get_by_role("button", name="Key light 5° to the right").click()
    expect(azimuth).to_have_value("39")
    azimuth.fill("-20")
    expect(lamp).to_have_attribute("aria-valuenow", "-20")
    lamp.scroll_into_view_if_needed()
    head = hana.locator(".rig svg").first.bounding_box()
    grip = hana.locator("[data-lamp=key] circle").last.bounding_box()
    assert head and grip
    hana.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    hana.mouse.down()
    # Straight to the right of the head is beyond what a rig allows: the lamp stops at 80°.
    hana.mouse.move(head["x"] + head["width"] * 0.95, head["y"] + head["height"] * 0.5, steps=4)
    hana.mouse.up()
    expect(azimuth).to_have_value("80")
    hana.get_by_role("button", name="Undo").click()
    expect(azimuth).not_to_have_value("80")


@pytest.mark.django_db(transaction=True)
def test_where_fewer_than_three_sit_it_says_who_comes(hana: Page, live_server: Any, cast: Cast) -> None:
    told = hana.get_by_text(
        "Up to three of your own people appear here, as soon as their first pictures are made."
    )
    house = cast.northwind
    with house.scope():
        for who, demo in (("ines", "demo-collins"), ("jonas", "demo-hopper")):
            sitters.finished(house, who, demo=demo)
            # Called like the two portraits, so that no portrait fills up.
            house.employees[who].name = previews.DEMOS[demo].name
            house.employees[who].save()
    _open(hana, live_server, cast)
    expect(told).to_be_visible()
    with house.scope():
        sitters.finished(house, "kofi")
    hana.reload()
    expect(hana.locator("[data-shown]")).to_have_count(3)
    expect(told).to_be_hidden()


@pytest.mark.django_db(transaction=True)
def test_two_windows_do_not_overwrite_each_other(hana: Page, live_server: Any, cast: Cast) -> None:
    _open(hana, live_server, cast)
    other = hana.context.new_page()
    _open(other, live_server, cast)
    other.get_by_label("Mood").fill("calm")
    expect(other.locator("[data-saved]")).to_contain_text("Saved at")
    hana.get_by_label("Mood").fill("bold")
    expect(hana.locator("[data-conflict-list]")).to_have_text("Mood from calm to bold")
    hana.get_by_role("button", name="Keep mine").click()
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    with cast.northwind.scope():
        assert Style.objects.get(pk=cast.northwind.style.pk).draft_look.mood == "bold"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_value_is_told_beside_its_control(hana: Page, live_server: Any, cast: Cast) -> None:
    _open(hana, live_server, cast)
    hana.locator("[name=backdrop_vignette]").fill("400")
    expect(hana.locator("[data-control=backdrop_vignette] .errorlist")).to_have_text("At most 100 %.")
    hana.locator("[name=backdrop_vignette]").fill("40")
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    expect(hana.locator("[data-control=backdrop_vignette] .errorlist")).to_have_count(0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path", ["", "publish/", "versions/", "compare/", "../", "../new/", "../departments/"]
)
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(hana: Page, live_server: Any, cast: Cast, path: str, width: int) -> None:
    hana.set_viewport_size({"width": width, "height": 900})
    hana.goto(f"{live_server.url}/c/northwind/styles/{cast.northwind.style.pk}/{path}")
    hana.wait_for_load_state("networkidle")
    found = Axe().run(hana)
    assert found.violations_count == 0, found.generate_report()
    assert hana.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"
