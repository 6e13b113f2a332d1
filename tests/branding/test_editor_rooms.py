"""Rooms and colour tables in the editor, in a real browser."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from branding.models import Backdrop, Style
from tests.branding.test_editor_browser import _corner, _open, _wait_for_pictures
from tests.branding.test_editor_browser import hana as hana
from tests.cast import Cast
from tests.imaging import rooms
from tests.imaging.test_lut import cube, grid


def _upload(page: Page, form: str, name: str, data: bytes) -> None:
    page.locator(f"input[form={form}]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )


@pytest.mark.django_db(transaction=True)
def test_an_uploaded_room_stands_behind_everybody(hana: Page, live_server: Any, cast: Cast) -> None:
    _open(hana, live_server, cast)
    hana.get_by_label("Room", exact=True).check(force=True)
    expect(hana.locator("[data-control=backdrop_image] .errorlist")).to_have_text(
        "Choose a picture, or upload one."
    )
    expect(hana.get_by_label("Colour", exact=True)).to_be_hidden()
    _upload(hana, "picture-upload", "small.jpg", rooms.room_jpeg(800, 600))
    expect(hana.locator("#pictures [data-files-told]")).to_contain_text("Too small: 800 x 600.")
    _upload(hana, "picture-upload", "Our lobby.jpg", rooms.room_jpeg())
    expect(hana.get_by_role("radio", name="Our lobby")).to_be_checked()
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    _wait_for_pictures(hana)
    red, _green, blue = _corner(hana)
    assert abs(red - 176) < 45 and red > blue, "the room's wall"
    hana.locator("[data-focal]").press("ArrowRight")
    expect(hana.locator("[name=backdrop_focus_x]")).to_have_value("52")
    box = hana.locator("[data-focal]").bounding_box()
    assert box
    hana.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    expect(hana.locator("[name=backdrop_focus_x]")).to_have_value(re.compile("^2[456]$"))
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    with cast.northwind.scope():
        look = Style.objects.get(pk=cast.northwind.style.pk).draft_look.backdrop
        assert (look.kind, look.image) == ("office", Backdrop.objects.get().key)
        assert look.focus_x == pytest.approx(0.25, abs=0.011)
    hana.reload()
    expect(hana.get_by_role("radio", name="Our lobby")).to_be_checked()
    found = Axe().run(hana)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.django_db(transaction=True)
def test_a_table_is_chosen_undone_and_deleted(hana: Page, live_server: Any, cast: Cast) -> None:
    _open(hana, live_server, cast)
    _upload(hana, "table-upload", "broken.cube", b"LUT_3D_SIZE 2\n0 0 0\noops")
    expect(hana.locator("#tables [data-files-told]")).to_contain_text("Line 3 cannot be read")
    _upload(hana, "table-upload", "swap.cube", cube(grid(3)[:, ::-1]))
    table = hana.get_by_label("swap 3³ points")
    expect(table).to_be_checked()
    expect(hana.locator("[data-changes]")).to_contain_text("Colour table from none to swap")
    hana.get_by_role("button", name="Undo").click()
    expect(hana.get_by_label("No table")).to_be_checked()
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    hana.on("dialog", lambda dialog: dialog.accept())
    hana.get_by_role("button", name="Delete swap").click()
    expect(hana.locator("#tables [data-files-told]")).to_contain_text("“swap” is deleted.")
    expect(table).to_have_count(0)
