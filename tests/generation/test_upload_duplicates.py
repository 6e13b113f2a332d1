"""The same file twice is one photo, with a kind note."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from generation.models import SourcePhoto
from portal.lib import storage
from tests import factories
from tests.cast import Cast
from tests.generation.studio import send_piece, send_whole


@pytest.fixture(autouse=True)
def consent(cast: Cast) -> None:
    with cast.northwind.scope():
        for who in ("ines", "kofi"):
            factories.give_consent(cast.northwind.employees[who])


def test_the_same_bytes_under_another_name(cast: Cast) -> None:
    house, data = cast.northwind, factories.picture()
    first = send_whole(house, data, name="a.jpg").json()
    second = send_whole(house, data, name="copy of a.jpg").json()
    assert first["note"] == ""
    assert second["note"] == "You already sent this photo, so it is kept once."
    assert second["photo"] == first["photo"]
    with house.scope():
        photo = SourcePhoto.objects.get()
        folder = photo.original.split("/")[:2]
    # No second original lies about.
    assert len(storage.originals().listdir("/".join(folder))[0]) <= 2


def test_the_same_bytes_without_script(cast: Cast) -> None:
    url = cast.northwind.me("ines", "photos/")
    for _ in range(2):
        file = SimpleUploadedFile("a.jpg", factories.picture(), "image/jpeg")
        page = Client().post(url, {"photos": [file]}, follow=True)
    assert "a.jpg: you already sent this photo" in page.content.decode()
    with cast.northwind.scope():
        assert SourcePhoto.objects.count() == 1


def test_two_people_may_send_the_same_picture(cast: Cast) -> None:
    data = factories.picture()
    one = send_whole(cast.northwind, data, "ines").json()
    other = send_whole(cast.northwind, data, "kofi").json()
    assert one["photo"] != other["photo"]
    assert other["note"] == ""


def test_a_repeated_last_piece_does_not_count_against_the_limit(cast: Cast) -> None:
    house = cast.northwind
    house.company.max_photos = 1
    house.company.save()
    data = factories.picture()
    key = uuid.uuid4()
    assert send_piece(house, key, data, 0, len(data)).status_code == 200
    # The answer got lost, so the browser sends it once more.
    again = send_piece(house, key, data, 0, len(data))
    assert (again.status_code, again.json()["note"]) == (200, "")
