"""A file that is not taken says why, at once and beside its name; the others go on."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import SkipFile
from django.http import HttpRequest
from django.test import Client

from generation.forms import SizeLimit
from generation.models import SourcePhoto, Upload
from tests import factories
from tests.cast import Cast
from tests.generation.studio import send_piece, send_whole


@pytest.fixture(autouse=True)
def consent(cast: Cast) -> None:
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])


def _photos(cast: Cast) -> list[str]:
    with cast.northwind.scope():
        return list(SourcePhoto.objects.values_list("original_name", flat=True))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"%PDF-1.4 a report", "PDF file"),
        (b"GIF89a" + bytes(50), "GIF file"),
        (b"<html><body>hello</body></html>", "not a photo"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "video file"),
        (b"PK\x03\x04" + bytes(100), "not a photo"),
    ],
)
def test_a_wrong_file_is_refused_with_its_first_piece(cast: Cast, head: bytes, words: str) -> None:
    # The name lies; 40 MB would follow.
    response = send_piece(cast.northwind, uuid.uuid4(), head, 0, 40_000_000, name="me.jpg")
    assert response.status_code == 422
    assert words in response.json()["refused"]
    assert _photos(cast) == []
    with cast.northwind.scope():
        assert not Upload.objects.exists()


def test_an_empty_file(cast: Cast) -> None:
    response = send_piece(cast.northwind, uuid.uuid4(), b"", 0, 0)
    assert response.status_code == 422
    assert "empty" in response.json()["refused"]


def test_a_huge_file_is_refused_before_it_is_sent(cast: Cast, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 50_000_000
    response = send_piece(cast.northwind, uuid.uuid4(), factories.picture(), 0, 51_000_000)
    assert response.status_code == 422
    assert response.json()["refused"].startswith("This file has 51 MB; up to 50 MB")


def test_more_bytes_than_were_announced_are_not_taken(cast: Cast) -> None:
    data = factories.picture() + bytes(5000)
    response = send_piece(cast.northwind, uuid.uuid4(), data, 0, 1000)
    assert response.status_code == 409
    assert _photos(cast) == []


def test_one_piece_cannot_carry_more_than_a_piece(cast: Cast) -> None:
    data = factories.picture() + bytes(5 * 1024 * 1024)
    assert send_piece(cast.northwind, uuid.uuid4(), data, 0, len(data)).status_code == 413


@pytest.mark.parametrize("headers", [{}, {"Upload-Size": "many", "Upload-Offset": "0", "Upload-Name": "x"}])
def test_nonsense_is_a_plain_refusal(cast: Cast, headers: dict[str, str]) -> None:
    url = cast.northwind.me("ines", f"photos/upload/{uuid.uuid4()}/")
    response = Client().post(url, b"x", content_type="application/octet-stream", headers=headers)
    assert response.status_code == 400


def test_no_more_photos_than_the_company_takes(cast: Cast) -> None:
    house = cast.northwind
    house.company.max_photos = 2
    house.company.save()
    for color in ("#aa0000", "#00aa00"):
        assert send_whole(house, factories.picture(color=color)).status_code == 200
    third = send_whole(house, factories.picture(color="#0000aa"))
    assert third.status_code == 422
    assert "already have 2 photos" in third.json()["refused"]


def test_the_form_without_script_takes_the_good_and_names_the_bad(cast: Cast, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100_000
    files = [
        SimpleUploadedFile("good.jpg", factories.picture(), "image/jpeg"),
        SimpleUploadedFile("huge.jpg", factories.picture() + bytes(200_000), "image/jpeg"),
        SimpleUploadedFile("letter.pdf", b"%PDF-1.7 dear", "image/jpeg"),
        SimpleUploadedFile("also-good.png", factories.picture("PNG", "#336699"), "image/png"),
    ]
    page = Client().post(cast.northwind.me("ines", "photos/"), {"photos": files}, follow=True)
    text = page.content.decode()
    assert _photos(cast) == ["good.jpg", "also-good.png"]
    assert "letter.pdf: This is a PDF file" in text
    assert "huge.jpg: This file has" in text


def test_bytes_beyond_the_limit_are_not_even_written(settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    limit = SizeLimit(HttpRequest())
    limit.new_file("photos", "huge.jpg", "image/jpeg", None)
    assert limit.receive_data_chunk(b"x" * 900, 0) == b"x" * 900
    with pytest.raises(SkipFile):
        limit.receive_data_chunk(b"x" * 900, 900)
    assert limit.refused == [("huge.jpg", 1800)]


def test_the_form_without_script_needs_its_token(cast: Cast) -> None:
    files = [SimpleUploadedFile("good.jpg", factories.picture(), "image/jpeg")]
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(cast.northwind.me("ines", "photos/"), {"photos": files}).status_code == 403
    assert _photos(cast) == []


def test_hostile_files_are_refused_at_the_door_or_by_the_check(cast: Cast, shared_photos: Path) -> None:
    for path in sorted((shared_photos / "awkward" / "hostile").iterdir()):
        response = send_whole(cast.northwind, path.read_bytes()[:4_000_000], name=path.name)
        assert response.status_code in {200, 422}, path.name
