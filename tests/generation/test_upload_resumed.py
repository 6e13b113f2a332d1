"""An upload that breaks off goes on where it was, and becomes one photo with exactly the bytes sent."""

import uuid
from datetime import timedelta

import django_rq
import pytest
from django.test import Client
from django.utils import timezone

from generation.models import SourcePhoto, Upload
from generation.services import uploads
from portal.lib import storage
from teams import tenancy
from tests import factories
from tests.cast import Cast
from tests.generation.studio import offset_of, send_piece

KEY = uuid.UUID("11111111-2222-4333-8444-555555555555")


@pytest.fixture
def data(cast: Cast) -> bytes:
    """A JPEG of a few hundred kilobytes; Ines may upload."""
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])
    return factories.picture() + bytes(range(256)) * 1200


def test_goes_on_after_a_break_and_keeps_every_byte(
    cast: Cast, data: bytes, django_capture_on_commit_callbacks: object
) -> None:
    house, size, cut = cast.northwind, len(data), 100_000
    assert offset_of(house, KEY) == 0
    assert send_piece(house, KEY, data[:cut], 0, size).json() == {"offset": cut}
    # The tab was closed; another day the browser asks where it stands.
    assert offset_of(house, KEY) == cut
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        done = send_piece(house, KEY, data[cut:], cut, size)
    with house.scope():
        photo = SourcePhoto.objects.get()
        assert done.json()["photo"] == str(photo.pk)
        assert storage.read(storage.originals(), photo.original) == data
        assert (photo.status, photo.size_bytes, photo.original_name) == ("received", size, "me.jpg")
        assert not Upload.objects.exists()
    queued = [job.args for job in django_rq.get_queue("intake").jobs]
    assert queued == [(str(house.company.pk), str(photo.pk))]


def test_no_piece_stays_behind(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[:1000], 0, len(data))
    send_piece(house, KEY, data[1000:], 1000, len(data))
    with house.scope():
        photo = SourcePhoto.objects.get()
    folder = photo.original.rpartition("/")[0].rpartition("/")[0]
    assert storage.originals().listdir(f"{folder}/uploads/{KEY}")[1] == []


def test_a_piece_from_the_wrong_place_is_told_where_to_go_on(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[:1000], 0, len(data))
    again = send_piece(house, KEY, data[:1000], 0, len(data))
    assert (again.status_code, again.json()) == (409, {"offset": 1000})
    ahead = send_piece(house, KEY, data[5000:6000], 5000, len(data))
    assert (ahead.status_code, ahead.json()) == (409, {"offset": 1000})


def test_the_answer_to_the_last_piece_may_get_lost(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    first = send_piece(house, KEY, data, 0, len(data)).json()
    again = send_piece(house, KEY, data, 0, len(data)).json()
    assert again["photo"] == first["photo"]
    with house.scope():
        assert SourcePhoto.objects.count() == 1


def test_a_server_killed_before_the_photo_was_made_finishes_at_the_next_call(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[:1000], 0, len(data))
    with house.scope():
        upload = Upload.objects.get()
        storage.put(storage.originals(), f"{_folder(upload)}/{1000:012d}", data[1000:])
        Upload.objects.update(received_bytes=len(data))
    assert offset_of(house, KEY) == len(data)
    assert "photo" in send_piece(house, KEY, b"", len(data), len(data)).json()


def _folder(upload: Upload) -> str:
    return f"{upload.company_id}/{upload.employee_id}/uploads/{upload.key}"


def test_two_tabs_with_other_cuts_make_one_whole_photo(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[:1000], 0, len(data))
    with house.scope():
        # The other tab's larger first piece was written over the smaller one before it was refused.
        storage.put(storage.originals(), f"{_folder(Upload.objects.get())}/{0:012d}", data[:3000])
    send_piece(house, KEY, data[1000:], 1000, len(data))
    with house.scope():
        assert storage.read(storage.originals(), SourcePhoto.objects.get().original) == data


def test_the_page_names_what_is_unfinished(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[: len(data) // 2], 0, len(data), name="beach day.jpg")
    page = Client().get(house.me("ines", "photos/")).content.decode()
    assert "Not finished yet" in page
    assert "beach day.jpg" in page
    Client().post(house.me("ines", f"photos/upload/{KEY}/drop/"))
    assert "beach day.jpg" not in Client().get(house.me("ines", "photos/")).content.decode()
    assert offset_of(house, KEY) == 0


def test_abandoned_uploads_are_dropped_with_their_pieces(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    send_piece(house, KEY, data[:1000], 0, len(data))
    send_piece(house, uuid.uuid4(), data[:900], 0, len(data))
    with house.scope():
        Upload.objects.filter(key=KEY).update(updated_at=timezone.now() - timedelta(days=15))
        folder = _folder(Upload.objects.get(key=KEY))
    with tenancy.system_scope():
        assert uploads.drop_abandoned() == 1
    assert storage.originals().listdir(folder)[1] == []
    with house.scope():
        assert Upload.objects.count() == 1


def test_beginnings_do_not_pile_up(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    house.company.max_photos = 3
    house.company.save()
    keys = [uuid.uuid4() for _ in range(5)]
    for key in keys:
        send_piece(house, key, data[:1000], 0, len(data))
    assert [offset_of(house, key) for key in keys] == [0, 0, 1000, 1000, 1000]
    folder = f"{house.company.pk}/{house.employees['ines'].pk}/uploads"
    left = [
        name
        for name in storage.originals().listdir(folder)[0]
        if storage.originals().listdir(f"{folder}/{name}")[1]
    ]
    assert sorted(left) == sorted(str(key) for key in keys[2:])


def test_a_colleague_cannot_touch_an_upload(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    with house.scope():
        factories.give_consent(house.employees["kofi"])
    send_piece(house, KEY, data[:1000], 0, len(data))
    assert offset_of(house, KEY, "kofi") == 0
    Client().post(house.me("kofi", f"photos/upload/{KEY}/drop/"))
    assert offset_of(house, KEY) == 1000


def test_a_removed_photo_can_be_sent_again(cast: Cast, data: bytes) -> None:
    house = cast.northwind
    first = send_piece(house, KEY, data, 0, len(data)).json()["photo"]
    Client().post(house.me("ines", f"photos/{first}/remove/"))
    second = send_piece(house, KEY, data, 0, len(data)).json()["photo"]
    assert second != first
