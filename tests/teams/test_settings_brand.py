"""The brand: name, colour, logo, words, limits."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from teams.models import AuditEvent, Company
from teams.services import accent
from tests.cast import Cast

FORM = {
    "name": "Northwind", "accent": "#3355CC", "welcome": "", "due_on": "2026-12-24", "mail_sender": "",
    "language": "en", "max_photos": "12", "max_shoots": "4", "retention_days": "365",
    "allow_nudges": "on",
}  # fmt: skip


def _save(cast: Cast, **change: Any) -> Any:
    return cast.client("olga").post("/c/northwind/settings/", {**FORM, **change})


def _picture(form: str, size: tuple[int, int] = (1200, 600), mode: str = "RGB") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, form)
    return SimpleUploadedFile("logo", out.getvalue())


def test_changes_are_saved_and_named_in_the_log(cast: Cast) -> None:
    assert _save(cast, name="Northwind  GmbH", welcome="Hi").status_code == 302
    company = Company.objects.get(slug="northwind")
    assert (company.name, company.welcome, str(company.due_on)) == ("Northwind GmbH", "Hi", "2026-12-24")
    with cast.northwind.scope():
        assert set(AuditEvent.objects.get(action="company.changed").data["fields"]) == {
            "name",
            "welcome",
            "due_on",
        }


def test_whether_people_may_adjust_their_pictures_is_a_limit_like_the_others(cast: Cast) -> None:
    # A box that is not ticked is not sent.
    cast.client("olga").post("/c/northwind/settings/", {k: v for k, v in FORM.items() if k != "allow_nudges"})
    assert not Company.objects.get(slug="northwind").allow_nudges
    _save(cast)
    assert Company.objects.get(slug="northwind").allow_nudges


@pytest.mark.parametrize(
    "change",
    [
        {"accent": "red"}, {"accent": "#fff"}, {"name": ""}, {"max_photos": "3"}, {"max_shoots": "21"},
        {"retention_days": "0"}, {"language": "xx"}, {"due_on": "soon"},
    ],
)  # fmt: skip
def test_values_that_make_no_sense_change_nothing(cast: Cast, change: dict[str, str]) -> None:
    assert _save(cast, **change).status_code == 422
    assert Company.objects.get(slug="northwind").due_on is None


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_logo_is_shrunk_and_shown_to_people_without_an_account(cast: Cast, form: str) -> None:
    assert _save(cast, logo_file=_picture(form)).status_code == 302
    answer = Client().get("/c/northwind/settings/logo.png")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("PNG", (480, 240))
    welcome = Client().get(cast.northwind.me("ines")).content.decode()
    assert "/c/northwind/settings/logo.png?v=" in welcome


def test_a_removed_logo_is_gone(cast: Cast) -> None:
    _save(cast, logo_file=_picture("PNG"))
    _save(cast, remove_logo="on")
    assert Client().get("/c/northwind/settings/logo.png").status_code == 404


def test_files_that_are_no_logo_are_refused(cast: Cast) -> None:
    svg = SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    cut = SimpleUploadedFile("logo.png", _picture("PNG").read()[:400])
    for file in (svg, cut, _picture("GIF"), _picture("PNG", (8000, 6000))):
        page = _save(cast, logo_file=file)
        assert page.status_code == 422
    assert Company.objects.get(slug="northwind").logo == ""


def test_contrast_is_measured_as_wcag_does() -> None:
    assert accent.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert accent.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert accent.readable_on("#ffee00") == "#000000"
    assert accent.readable_on("#3355cc") == "#ffffff"
