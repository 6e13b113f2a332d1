"""One setting moves all files to S3: the whole way of a photo against a real HTTP endpoint."""

import io
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer

from generation import jobs, transitions
from generation.imaging.samples import portrait_files
from generation.models import SourcePhoto
from generation.services import shoots, uploads
from portal.lib import storage
from teams.actor import Actor
from teams.services import consents
from tests.cast import Cast


@pytest.fixture
def bucket(settings: Any) -> Iterator[str]:
    """Moto's S3 server, and STORAGES as `STORAGE_URL` makes them. Yields its endpoint."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    # Moto keeps one state per process: buckets of other tests must not be seen here.
    reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    _client(endpoint).create_bucket(Bucket="pictures")
    url = f"s3://key:secret@{host}:{port}/pictures/onelight?insecure=1"
    settings.STORAGES = {**settings.STORAGES, **storage.backends(url, Path("/nowhere"))}
    yield endpoint
    server.stop()


def _client(endpoint: str) -> "boto3.client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def _keys(endpoint: str) -> list[str]:
    listing = _client(endpoint).list_objects_v2(Bucket="pictures")
    return sorted(item["Key"] for item in listing.get("Contents", []))


def test_photo_shoot_and_removal_on_s3(cast: Cast, bucket: str) -> None:
    house = cast.northwind
    data = portrait_files()["grace-hopper.png"]
    with house.scope():
        ines = house.employees["ines"]
        by = Actor.employee(ines)
        consents.give(ines, house.invites["ines"], generated=False, signature=ines.name, language="en")
        photo = uploads.receive_file(ines, by, "me.png", io.BytesIO(data), len(data)).photo
        jobs.check_photo(str(house.company.pk), str(photo.pk))
        photo.refresh_from_db()
        assert photo.verdict in ("accept", "warn")
        stored = _client(bucket).get_object(Bucket="pictures", Key=f"onelight/originals/{photo.original}")
        assert stored["Body"].read() == data
        shoot = shoots.start(ines, by)
        transitions.shoot_claimed(shoot)
        jobs.run_shoot(shoot)
        shoot.refresh_from_db()
        assert shoot.status == "done"
        picture = storage.read(storage.renditions(), shoot.candidates.first().small)
        assert picture[:2] == b"\xff\xd8"
        folders = {key.split("/")[1] for key in _keys(bucket)}
        assert folders == {"originals", "masters", "renditions"}
        uploads.remove(SourcePhoto.objects.get(pk=photo.pk), by)
        assert not [key for key in _keys(bucket) if "/originals/" in key]


def test_objects_are_private(cast: Cast, bucket: str) -> None:
    storage.put(storage.originals(), "a/b.jpg", b"secret")
    acl = _client(bucket).get_object_acl(Bucket="pictures", Key="onelight/originals/a/b.jpg")
    assert [grant["Grantee"]["Type"] for grant in acl["Grants"]] == ["CanonicalUser"]


def test_a_key_written_again_is_the_same_object(bucket: str) -> None:
    for data in (b"one", b"two"):
        assert storage.put(storage.renditions(), "x/y.png", data) == "x/y.png"
    assert storage.read(storage.renditions(), "x/y.png") == b"two"


@pytest.mark.parametrize("url", ["http://host/bucket", "s3://key:secret@host", "s3://"])
def test_a_wrong_storage_url_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        storage.backends(url, Path("/nowhere"))
