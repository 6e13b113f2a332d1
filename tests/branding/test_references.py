"""Reference pictures of a style: uploaded, checked, chosen where an engine follows them, kept while used."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Page, expect

from branding import engines, materials, services
from branding.forms import look_data
from branding.models import Reference, Style
from generation.imaging import drawing
from generation.imaging import materials as files
from generation.services.engines import for_styles
from portal.lib import storage
from teams.models import AuditEvent
from tests.branding.test_editor_browser import _open
from tests.branding.test_editor_browser import hana as hana
from tests.cast import Cast
from tests.imaging import rooms

ROOT = "/c/northwind/styles"


@pytest.fixture
def drawing_engines() -> Iterator[None]:
    """An installation with engines that follow reference pictures."""
    engines.offer_by(lambda company: ("studio", "wardrobe", "sdxl"))
    yield
    engines.offer_by(for_styles)


def picture(shade: int = 120, size: tuple[int, int] = (1200, 1500)) -> bytes:
    """A photograph-like JPEG with metadata."""
    grain = np.random.default_rng(shade).integers(0, 30, (size[1], size[0], 3))
    image = Image.fromarray((grain + np.array([shade, 90, 60])).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def send(cast: Cast, data: bytes, name: str = "Autumn_campaign.jpg", who: str = "hana") -> Any:
    company = "southbay" if who == "hugo" else "northwind"
    file = SimpleUploadedFile(name, data)
    return cast.client(who).post(
        f"/c/{company}/styles/references/", {"file": file}, headers={"HX-Request": "true"}
    )


def uploaded(cast: Cast, count: int = 1) -> list[Reference]:
    for shade in range(count):
        assert send(cast, picture(100 + 10 * shade, (300, 320)), f"Look {shade}.jpg").status_code == 200
    with cast.northwind.scope():
        return list(Reference.objects.order_by("name"))


def save(cast: Cast, *keys: str) -> tuple[int, str, tuple[str, ...]]:
    """Save the draft with these chosen: status, page, and what the draft then names."""
    with cast.northwind.scope():
        style = Style.objects.get(pk=cast.northwind.style.pk)
        data = {**look_data(style.draft_look), "name": style.name, "seen": services.seen_of(style)}
    answer = cast.client("hana").post(
        f"{ROOT}/{style.pk}/save/", {**data, "engine": "sdxl", "references": ["", *keys]}
    )
    with cast.northwind.scope():
        style.refresh_from_db()
        return answer.status_code, answer.content.decode(), style.draft_look.engine_options.references


def test_it_is_kept_small_without_metadata_and_offered(cast: Cast, drawing_engines: None) -> None:
    answer = send(cast, picture()).content.decode()
    assert "“Autumn campaign” is uploaded." in answer and "checked" in answer
    with cast.northwind.scope():
        (row,) = Reference.objects.all()
        assert AuditEvent.objects.filter(action="reference.uploaded", object_id=str(row.pk)).exists()
    assert (row.width_px, row.height_px) == (1024, 1280)
    kept = storage.read(storage.brand(), row.file)
    assert b"Secret" not in kept and Image.open(io.BytesIO(kept)).format == "PNG"
    small = cast.client("hana").get(f"{ROOT}/references/{row.pk}/")
    assert max(Image.open(io.BytesIO(b"".join(small.streaming_content))).size) == 640
    page = cast.client("hana").get(f"{ROOT}/{cast.northwind.style.pk}/").content.decode()
    assert row.key in page and "Nobody&#x27;s face is taken from them." in page


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GIF89a....", "This is a GIF file"),
        (b"\xff\xd8\xff\xe0 no picture", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo|cannot be|This is"),
        (rooms.room_jpeg(200, 180), "Too small: 200 x 180. A reference picture needs at least 256"),
    ],
)
def test_what_cannot_be_used_is_said_and_not_kept(cast: Cast, data: bytes, told: str) -> None:
    answer = send(cast, data).content.decode()
    assert any(words in answer for words in told.split("|")), answer
    with cast.northwind.scope():
        assert not Reference.objects.exists()


def test_up_to_four_are_chosen_and_reach_the_engine(cast: Cast, drawing_engines: None) -> None:
    keys = [row.key for row in uploaded(cast, 5)]
    assert save(cast, *keys[:2]) == (302, "", tuple(keys[:2]))
    with cast.northwind.scope():
        style = Style.objects.get(pk=cast.northwind.style.pk)
        files.load_with(materials.content)
        seen = drawing.references(style.draft_look)
        assert [one.shape for one in seen] == [(320, 300, 3)] * 2
    status, page, names = save(cast, *keys)
    assert (status, names) == (422, tuple(keys[:2])) and "Choose 4 at most." in page
    assert save(cast) == (302, "", ())


def test_what_is_unknown_or_another_companys_is_refused(cast: Cast, drawing_engines: None) -> None:
    assert send(cast, picture(), who="hugo").status_code == 200
    with cast.southbay.scope():
        theirs = Reference.objects.get().key
    for key in (theirs, "f" * 64, "../../etc"):
        status, page, names = save(cast, key)
        assert (status, names) == (422, ()) and "This file has been deleted" in page


def test_one_that_is_used_stays_and_names_its_style(cast: Cast, drawing_engines: None) -> None:
    used, free = uploaded(cast, 2)
    save(cast, used.key)
    client = cast.client("hana")
    for row in (used, free):
        client.post(f"{ROOT}/references/{row.pk}/delete/", headers={"HX-Request": "true"})
    with cast.northwind.scope():
        assert [row.pk for row in Reference.objects.all()] == [used.pk]
    answer = client.post(f"{ROOT}/references/{used.pk}/delete/", headers={"HX-Request": "true"})
    assert "“Look 0” stays: it is used by “House style”." in answer.content.decode()


def test_without_an_engine_that_follows_them_there_is_nothing_to_choose(cast: Cast) -> None:
    (row,) = uploaded(cast)
    page = cast.client("hana").get(f"{ROOT}/{cast.northwind.style.pk}/").content.decode()
    assert "Reference pictures" not in page and "reference-upload" not in page
    assert save(cast, row.key)[2] == ()


def test_a_page_that_knows_nothing_of_them_keeps_them(cast: Cast, drawing_engines: None) -> None:
    (row,) = uploaded(cast)
    save(cast, row.key)
    with cast.northwind.scope():
        style = Style.objects.get(pk=cast.northwind.style.pk)
        data = {**look_data(style.draft_look), "name": "Renamed", "seen": services.seen_of(style)}
    assert cast.client("hana").post(f"{ROOT}/{style.pk}/save/", data).status_code == 302
    with cast.northwind.scope():
        style.refresh_from_db()
        assert (style.name, style.draft_look.engine_options.references) == ("Renamed", (row.key,))


def _upload(page: Page, name: str, data: bytes) -> None:
    page.locator("input[type=file][form=reference-upload]").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": data}
    )
    told = f"“{name.rpartition('.')[0]}” is uploaded."
    expect(page.locator("#references [data-files-told]")).to_have_text(told)


@pytest.mark.django_db(transaction=True)
def test_pictures_are_uploaded_chosen_and_undone(
    hana: Page, live_server: Any, cast: Cast, drawing_engines: None
) -> None:
    _open(hana, live_server, cast)
    _upload(hana, "Campaign.jpg", picture(200, (400, 400)))
    expect(hana.get_by_role("checkbox", name="Campaign")).to_be_checked()
    _upload(hana, "Team 2024.jpg", picture(60, (400, 500)))
    # The first one stays chosen.
    expect(hana.get_by_role("checkbox", name="Campaign")).to_be_checked()
    expect(hana.get_by_role("checkbox", name="Team 2024")).to_be_checked()
    expect(hana.locator("[data-changes]")).to_contain_text("Reference pictures from none to")
    hana.get_by_role("checkbox", name="Campaign").uncheck(force=True)
    expect(hana.locator("[data-changes]")).to_contain_text("Reference pictures from none to Team 2024")
    hana.wait_for_timeout(600)
    hana.get_by_role("button", name="Undo").click()
    expect(hana.get_by_role("checkbox", name="Campaign")).to_be_checked()
    expect(hana.locator("[data-saved]")).to_contain_text("Saved at")
    hana.reload()
    expect(hana.get_by_role("checkbox", name="Campaign")).to_be_checked()
    found = Axe().run(hana)
    assert found.violations_count == 0, found.generate_report()
