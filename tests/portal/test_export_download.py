"""Downloading: behind the permission, resumable, for some days."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

import portal.exports.reaper
from portal.lib import storage
from portal.models import Export
from teams.models import AuditEvent
from tests.cast import Cast
from tests.portal.exporting import ask, crew, packed


@pytest.fixture
def ready(cast: Cast) -> tuple[Export, bytes, str]:
    """A packed export, its bytes, and where it is downloaded."""
    with cast.northwind.scope():
        export = packed(ask(cast.northwind, crew(cast.northwind, "ines")))
        data = storage.read(storage.exports(), export.file)
    return export, data, f"/c/northwind/exports/{export.pk}/download/"


def _body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_the_whole_archive(cast: Cast, ready: tuple[Export, bytes, str]) -> None:
    export, data, path = ready
    response = cast.client("mara").get(path)
    assert response.status_code == 200
    assert _body(response) == data
    assert response["Content-Length"] == str(len(data))
    assert response["Accept-Ranges"] == "bytes"
    day = timezone.localtime(export.created_at).date().isoformat()
    assert response["Content-Disposition"] == f'attachment; filename="northwind-headshots-{day}.zip"'
    with cast.northwind.scope():
        assert AuditEvent.objects.get(action="export.downloaded").actor_name == "Mara"


@pytest.mark.parametrize(
    ("wanted", "part", "told"),
    [
        ("bytes=100-199", slice(100, 200), "100-199"),
        ("bytes=500-", slice(500, None), None),
        ("bytes=-50", slice(-50, None), None),
    ],
)
def test_a_download_that_broke_off_goes_on(
    cast: Cast, ready: tuple[Export, bytes, str], wanted: str, part: slice, told: str | None
) -> None:
    _export, data, path = ready
    response = cast.client("mara").get(path, HTTP_RANGE=wanted)
    assert response.status_code == 206
    assert _body(response) == data[part]
    start, stop, _step = part.indices(len(data))
    assert response["Content-Range"] == f"bytes {told or f'{start}-{stop - 1}'}/{len(data)}"
    with cast.northwind.scope():
        # The rest is no second download.
        assert not AuditEvent.objects.filter(action="export.downloaded").exists()


def test_a_range_outside_is_refused(cast: Cast, ready: tuple[Export, bytes, str]) -> None:
    _export, data, path = ready
    response = cast.client("mara").get(path, HTTP_RANGE=f"bytes={len(data)}-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=x-"])
def test_what_we_do_not_understand_gets_the_whole(
    cast: Cast, ready: tuple[Export, bytes, str], wanted: str
) -> None:
    assert cast.client("mara").get(ready[2], HTTP_RANGE=wanted).status_code == 200


def test_the_beginning_of_another_archive_is_not_continued(
    cast: Cast, ready: tuple[Export, bytes, str]
) -> None:
    response = cast.client("mara").get(ready[2], HTTP_RANGE="bytes=10-", HTTP_IF_RANGE='"other"')
    assert response.status_code == 200


def test_reviewers_and_strangers_do_not_get_it(cast: Cast, ready: tuple[Export, bytes, str]) -> None:
    assert cast.client("rafael").get(ready[2]).status_code == 403
    assert cast.client("hugo").get(ready[2]).status_code == 404
    assert Client().get(ready[2]).status_code == 302


def test_after_its_days_the_archive_is_deleted_and_the_history_stays(
    cast: Cast, ready: tuple[Export, bytes, str]
) -> None:
    export, _data, path = ready
    with cast.northwind.scope():
        Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    client = cast.client("mara")
    # Late by the clock already, before the reaper came by.
    assert client.get(path).status_code == 302
    portal.exports.reaper.reap()
    assert not storage.exports().exists(export.file)
    page = client.get(path, follow=True).content.decode()
    assert "The archive is gone" in page
    assert "Mara" in client.get("/c/northwind/exports/").content.decode()
