"""An export when all files live in S3: packed, resumed, expired, against a real HTTP endpoint."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.utils import timezone
from moto.server import ThreadedMotoServer

import portal.exports.reaper
from portal.lib import storage
from portal.models import Export
from tests.cast import Cast
from tests.portal.exporting import archive, ask, crew, packed


@pytest.fixture
def bucket(settings: Any) -> Iterator[None]:
    """Moto's S3 server, and STORAGES as `STORAGE_URL` makes them."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    access = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **access)
    client.create_bucket(Bucket="pictures")
    url = f"s3://key:secret@{host}:{port}/pictures?insecure=1"
    settings.STORAGES = {**settings.STORAGES, **storage.backends(url, Path("/nowhere"))}
    yield
    server.stop()


@pytest.mark.usefixtures("bucket")
def test_an_archive_lives_in_s3(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house, "ines")))
        assert (export.status, export.file_count) == ("ready", 2)
        assert archive(export).testzip() is None
        data = storage.read(storage.exports(), export.file)
    path = f"/c/northwind/exports/{export.pk}/download/"
    rest = cast.client("mara").get(path, HTTP_RANGE="bytes=1000-")
    assert b"".join(rest.streaming_content) == data[1000:]  # type: ignore[attr-defined]
    with house.scope():
        Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    portal.exports.reaper.reap()
    assert not storage.exports().exists(export.file)
