"""Backdrop pictures and colour tables: uploaded, checked, shown, used, kept while used."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from branding import services
from branding.look import Look
from branding.models import Backdrop, ColorTable, Style
from portal.lib import storage
from teams.models import AuditEvent
from tests.cast import Cast
from tests.imaging import rooms
from tests.imaging.test_lut import cube, grid

ROOT = "/c/northwind/styles"


def send(
    cast: Cast, data: bytes, name: str = "Our_lobby.jpg", kind: str = "backdrops", who: str = "hana"
) -> Any:
    company = "southbay" if who == "hugo" else "northwind"
    file = SimpleUploadedFile(name, data)
    return cast.client(who).post(
        f"/c/{company}/styles/{kind}/", {"file": file}, headers={"HX-Request": "true"}
    )


def room(cast: Cast, who: str = "hana") -> Backdrop:
    """The drawn room, uploaded."""
    assert send(cast, rooms.room_jpeg(), who=who).status_code == 200
    house = cast.southbay if who == "hugo" else cast.northwind
    with house.scope():
        return Backdrop.objects.get()


def office(row: Backdrop, **values: Any) -> Look:
    return Look.model_validate({"backdrop": {"kind": "office", "image": row.key, "vignette": 0, **values}})


def _save(cast: Cast, look: Look) -> Style:
    with cast.northwind.scope():
        style = Style.objects.get(pk=cast.northwind.style.pk)
        return services.save_draft(style, style.name, look, services.seen_of(style), cast.user("hana"))


def test_a_room_is_kept_without_metadata_and_offered(cast: Cast) -> None:
    answer = send(cast, rooms.room_jpeg())
    assert "Our lobby" in answer.content.decode() and "checked" in answer.content.decode()
    with cast.northwind.scope():
        row = Backdrop.objects.get()
        assert AuditEvent.objects.filter(action="backdrop.uploaded", object_id=str(row.pk)).exists()
    assert (row.width_px, row.height_px) == (2560, 2048)
    kept = storage.read(storage.brand(), row.file)
    assert b"Test Camera" not in kept
    page = cast.client("hana").get(f"{ROOT}/{cast.northwind.style.pk}/").content.decode()
    assert row.key in page and "Our lobby" in page
    small = cast.client("hana").get(f"{ROOT}/backdrops/{row.pk}/")
    assert max(Image.open(io.BytesIO(b"".join(small.streaming_content))).size) == 640


def test_the_same_room_twice_is_one(cast: Cast) -> None:
    room(cast)
    assert send(cast, rooms.room_jpeg(), "copy.jpg").status_code == 200
    with cast.northwind.scope():
        assert Backdrop.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        (b"", "backdrops", "The submitted file is empty|Choose a file first|file is empty"),
        (b"GIF89a....", "backdrops", "This is a GIF file"),
        (b"\xff\xd8\xff\xe0 no picture", "backdrops", "damaged"),
        (b"LUT_3D_SIZE 2\n0 0 0\n0 0", "tables", "Line 3 cannot be read"),
        (b"\x89PNG\r\n\x1a\n\0\0", "tables", "not a .cube file"),
    ],
)
def test_what_cannot_be_used_is_said_and_not_kept(cast: Cast, data: bytes, kind: str, told: str) -> None:
    answer = send(cast, data, "file", kind).content.decode()
    assert any(words in answer for words in told.split("|"))
    with cast.northwind.scope():
        assert not Backdrop.objects.exists() and not ColorTable.objects.exists()


def test_a_small_picture_is_refused_with_what_is_needed(cast: Cast) -> None:
    told = send(cast, rooms.room_jpeg(1200, 900)).content.decode()
    assert "Too small: 1200 x 900. A backdrop needs at least 1638 x 2048 pixels." in told


def test_without_script_the_page_comes_back_with_the_sentence(cast: Cast) -> None:
    here = f"{ROOT}/{cast.northwind.style.pk}/"
    file = SimpleUploadedFile("warm.cube", cube(grid(2), 'TITLE "Autumn"'))
    answer = cast.client("hana").post(f"{ROOT}/tables/", {"file": file, "next": here}, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    assert "“Autumn” is uploaded." in answer.content.decode()
    away = cast.client("hana").post(f"{ROOT}/tables/", {"next": "https://elsewhere.test/"})
    assert away["Location"] == f"{ROOT}/"


def _picture(client: Client, query: str) -> np.ndarray:
    answer = client.get(f"{ROOT}/preview/first/?{query}")
    assert answer.status_code == 200, answer.content
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(float)


def test_the_preview_stands_in_the_room_and_blurs_it(cast: Cast) -> None:
    row, client = room(cast), cast.client("hana")
    query = f"backdrop_kind=office&backdrop_image={row.key}&backdrop_vignette=0"
    sharp, soft = (_picture(client, f"{query}&backdrop_blur={blur}") for blur in (0, 100))
    sharp_books, soft_books = (np.abs(np.diff(one[60:230, 400:470], axis=1)).mean() for one in (sharp, soft))
    assert soft_books < 0.5 * sharp_books
    blue = _picture(client, f"{query}&backdrop_warmth=-100")
    assert blue[:30, :30, 2].mean() > sharp[:30, :30, 2].mean() + 5


def test_a_table_grades_the_preview(cast: Cast) -> None:
    swapped = grid(3)[:, ::-1]
    send(cast, cube(swapped), "swap.cube", "tables")
    with cast.northwind.scope():
        key = ColorTable.objects.get().key
    client = cast.client("hana")
    plain = "backdrop_kind=solid&backdrop_color=%232040c0&backdrop_vignette=0&grade_contrast=0"
    before, after = _picture(client, plain), _picture(client, f"{plain}&grade_lut={key}")
    assert before[10, 10, 2] > before[10, 10, 0] + 80
    assert after[10, 10, 0] > after[10, 10, 2] + 80


def test_a_room_needs_a_picture(cast: Cast) -> None:
    answer = cast.client("hana").get(f"{ROOT}/preview/first/?backdrop_kind=office")
    assert answer.status_code == 422
    row = cast.northwind.style
    data = {"backdrop_kind": "office", "name": row.name, "seen": services.seen_of(row)}
    told = cast.client("hana").post(f"{ROOT}/{row.pk}/save/", data, headers={"Accept": "application/json"})
    assert told.json()["errors"]["backdrop_image"] == ["Choose a picture, or upload one."]


def test_another_companys_room_is_not_there(cast: Cast) -> None:
    row = room(cast, "hugo")
    query = f"backdrop_kind=office&backdrop_image={row.key}"
    assert cast.client("hana").get(f"{ROOT}/preview/first/?{query}").status_code == 422
    with cast.northwind.scope():
        assert not Backdrop.objects.exists()
        with pytest.raises(services.StyleRefused, match="file_gone"):
            services.create_style(cast.northwind.company, "Theirs", office(row), cast.user("hana"))


def test_a_used_file_stays_and_says_where_it_is_used(cast: Cast) -> None:
    row = room(cast)
    style = _save(cast, office(row))
    delete = f"{ROOT}/backdrops/{row.pk}/delete/"
    told = cast.client("hana").post(delete, headers={"HX-Request": "true"}).content.decode()
    assert "“Our lobby” stays: it is used by “House style”." in told
    with cast.northwind.scope():
        services.publish(style, services.seen_of(style), cast.user("hana"), default=True)
    _save(cast, Look())
    # The draft has moved on, the published version has not.
    assert "stays" in cast.client("hana").post(delete, headers={"HX-Request": "true"}).content.decode()
    assert storage.brand().exists(row.file)


def test_an_unused_file_goes_with_its_bytes(cast: Cast) -> None:
    row = room(cast)
    _save(cast, office(row))
    _save(cast, Look())
    answer = cast.client("hana").post(f"{ROOT}/backdrops/{row.pk}/delete/", headers={"HX-Request": "true"})
    assert "“Our lobby” is deleted." in answer.content.decode()
    assert not storage.brand().exists(row.file) and not storage.brand().exists(row.thumbnail)
    with cast.northwind.scope():
        assert AuditEvent.objects.filter(action="backdrop.deleted").exists()


def test_a_draft_whose_file_is_gone_says_so(cast: Cast) -> None:
    row = room(cast)
    style = _save(cast, office(row))
    with cast.northwind.scope():
        Backdrop.objects.all().delete()
        with pytest.raises(services.StyleRefused, match="file_gone"):
            services.publish(style, services.seen_of(style), cast.user("hana"), default=False)


def test_changes_call_files_by_name(cast: Cast) -> None:
    row = room(cast)
    _save(cast, office(row))
    page = cast.client("hana").get(f"{ROOT}/{cast.northwind.style.pk}/compare/").content.decode()
    assert "Picture of the room from none to Our lobby" in page
