"""After the choice: in review, returned with the reviewer's words, approved with downloads."""

import io

import pytest
from django.test import Client
from PIL import Image

from generation.models import Headshot
from tests import factories
from tests.cast import Cast


def _page(cast: Cast, page: str = "studio/") -> str:
    """Follow the personal link to wherever the person is."""
    return Client().get(cast.northwind.me("ines", page), follow=True).content.decode()


@pytest.fixture(autouse=True)
def consent(cast: Cast) -> None:
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])


def _headshot(cast: Cast, status: str, **fields: str) -> Headshot:
    with cast.northwind.scope():
        return factories.make_headshot(cast.northwind.employees["ines"], status, **fields)


def test_in_review(cast: Cast) -> None:
    _headshot(cast, "chosen")
    page = _page(cast)
    assert "<h1>In review</h1>" in page
    assert "Download" not in page


def test_returned_with_the_reviewers_words_and_a_way_on(cast: Cast) -> None:
    _headshot(cast, "returned", return_reason="expression", return_note="A smile would suit you & us.")
    page = _page(cast)
    assert "Please choose again" in page
    assert "A smile would suit you &amp; us." in page
    assert "Choose another picture" in page
    assert "Add photos and make new ones" in page


def test_returned_with_no_shoot_left_offers_only_the_other_pictures(cast: Cast) -> None:
    cast.northwind.company.max_shoots = 1
    cast.northwind.company.save()
    _headshot(cast, "returned", return_reason="other")
    page = _page(cast)
    assert "Choose another picture" in page
    assert "Add photos and make new ones" not in page


@pytest.mark.parametrize(("preset", "kind"), [("slack", "JPEG"), ("web", "JPEG"), ("master", "PNG")])
def test_approved_can_be_downloaded(cast: Cast, preset: str, kind: str) -> None:
    _headshot(cast, "approved")
    page = _page(cast)
    assert "Your headshot is ready" in page
    assert f"done/download/{preset}/" in page
    response = Client().get(cast.northwind.me("ines", f"done/download/{preset}/"))
    ending = "png" if kind == "PNG" else "jpg"
    assert response["Content-Disposition"] == f'attachment; filename="ines-northwind-{preset}.{ending}"'
    assert Image.open(io.BytesIO(response.getvalue())).format == kind


def test_only_an_approved_picture_can_be_downloaded(cast: Cast) -> None:
    _headshot(cast, "chosen")
    assert Client().get(cast.northwind.me("ines", "done/download/master/")).status_code == 404
    assert Client().get(cast.northwind.me("ines", "done/download/nonsense/")).status_code == 404


def test_a_newer_shoot_leads_back_to_choosing(cast: Cast) -> None:
    _headshot(cast, "returned", return_reason="other")
    with cast.northwind.scope():
        factories.make_shoot(cast.northwind.employees["ines"], "done")
    assert "Choose your picture" in _page(cast)


def test_a_failed_retake_does_not_cut_off_the_picture_in_use(cast: Cast) -> None:
    _headshot(cast, "approved")
    with cast.northwind.scope():
        factories.make_shoot(cast.northwind.employees["ines"], "failed", error_kind="engine")
    page = _page(cast)
    assert "That was us" in page
    assert cast.northwind.me("ines", "done/") in page
