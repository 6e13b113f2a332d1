"""Picture bytes: only behind their permission check, typed by us, cached privately."""

import pytest
from django.test import Client

from generation.models import Candidate, Headshot, SourcePhoto
from portal.lib import storage
from tests import factories
from tests.cast import Cast


@pytest.fixture
def photo(cast: Cast) -> SourcePhoto:
    with cast.northwind.scope():
        return factories.make_photo(cast.northwind.employees["ines"])


@pytest.fixture
def candidate(cast: Cast, photo: SourcePhoto) -> Candidate:
    with cast.northwind.scope():
        return factories.make_shoot(cast.northwind.employees["ines"]).candidates.get(rank=1)


def _own(cast: Cast, path: str, who: str = "ines", **headers: str) -> object:
    return Client().get(cast.northwind.me(who, f"pictures/{path}"), headers=headers)


def test_headers(cast: Cast, photo: SourcePhoto) -> None:
    response = _own(cast, f"photo/{photo.pk}/thumbnail/")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert response.getvalue() == storage.read(storage.originals(), photo.thumbnail)
    again = _own(cast, f"photo/{photo.pk}/thumbnail/", **{"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_the_original_is_never_served(cast: Cast, photo: SourcePhoto) -> None:
    for kind in ("original", "..", "embedding"):
        assert _own(cast, f"photo/{photo.pk}/{kind}/").status_code == 404


def test_an_etag_opens_no_door(cast: Cast, photo: SourcePhoto) -> None:
    etag = _own(cast, f"photo/{photo.pk}/thumbnail/")["ETag"]
    assert _own(cast, f"photo/{photo.pk}/thumbnail/", "kofi", **{"If-None-Match": etag}).status_code == 404


def test_a_colleagues_link_shows_nothing_of_mine(
    cast: Cast, candidate: Candidate, photo: SourcePhoto
) -> None:
    for path in (f"photo/{photo.pk}/upright/", f"candidate/{candidate.pk}/small/"):
        assert _own(cast, path).status_code == 200
        assert _own(cast, path, "kofi").status_code == 404


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("small", "image/jpeg"), ("large", "image/jpeg"), ("full", "image/png")],
)
def test_candidates_in_each_size(cast: Cast, candidate: Candidate, kind: str, content_type: str) -> None:
    for _ in range(2):  # the second time "large" is there already
        response = _own(cast, f"candidate/{candidate.pk}/{kind}/")
        assert (response.status_code, response["Content-Type"]) == (200, content_type)
        assert len(response.getvalue()) > 100
    assert _own(cast, f"candidate/{candidate.pk}/master/").status_code == 404


def test_reviewers_see_photos_and_candidates_marketing_does_not(
    cast: Cast, candidate: Candidate, photo: SourcePhoto
) -> None:
    paths = [
        f"/c/northwind/media/photo/{photo.pk}/upright/",
        f"/c/northwind/media/candidate/{candidate.pk}/small/",
    ]
    for path in paths:
        assert cast.client("rafael").get(path).status_code == 200
        assert cast.client("hana").get(path).status_code == 200
        assert cast.client("mara").get(path).status_code == 403
        assert cast.client("hugo").get(path).status_code == 404
        assert Client().get(path).status_code == 302


def test_members_see_a_headshot_once_it_is_approved(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = factories.make_headshot(cast.northwind.employees["ines"])
    path = f"/c/northwind/media/headshot/{headshot.pk}/small/"
    assert cast.client("mara").get(path).status_code == 404
    with cast.northwind.scope():
        Headshot.objects.update(status="approved")
    assert cast.client("mara").get(path).status_code == 200


def test_a_missing_file_is_not_found_rather_than_broken(cast: Cast, candidate: Candidate) -> None:
    for key in (candidate.small, candidate.image):
        storage.renditions().delete(key)
    for kind in ("small", "large", "full"):
        assert _own(cast, f"candidate/{candidate.pk}/{kind}/").status_code == 404
