"""Drafts: made, saved, and never lost between two windows."""

from typing import Any

import pytest

from branding import services
from branding.forms import look_data
from branding.look import STARTERS, Look
from branding.models import Style
from teams.models import AuditEvent
from tests.cast import Cast

DARKER = STARTERS["legal"]


@pytest.fixture
def style(cast: Cast) -> Any:
    with cast.northwind.scope():
        yield Style.objects.get(pk=cast.northwind.style.pk)


def _form(style: Style, look: Look, **more: str) -> dict[str, str]:
    return {"name": style.name, "seen": services.seen_of(style), **look_data(look), **more}


def _save(cast: Cast, style: Style, data: dict[str, str], *, by_itself: bool = True) -> Any:
    headers = {"accept": "application/json"} if by_itself else {}
    return cast.client("hana").post(f"/c/northwind/styles/{style.pk}/save/", data, headers=headers)


def test_a_new_style_starts_from_what_was_chosen(cast: Cast) -> None:
    answer = cast.client("hana").post(
        "/c/northwind/styles/new/", {"name": "  Night   shift ", "start": "legal"}
    )
    with cast.northwind.scope():
        made = Style.objects.get(name="Night shift")
        assert made.draft_look == STARTERS["legal"]
        assert AuditEvent.objects.filter(action="style.created", object_id=str(made.pk)).count() == 1
    assert answer["Location"] == f"/c/northwind/styles/{made.pk}/"


def test_a_copy_takes_the_other_styles_draft(cast: Cast, style: Style) -> None:
    services.save_draft(style, style.name, DARKER, services.seen_of(style), cast.user("hana"))
    cast.client("hana").post("/c/northwind/styles/new/", {"name": "Copy", "start": str(style.pk)})
    assert Style.objects.get(name="Copy").draft_look == DARKER


def test_two_styles_cannot_share_a_name(cast: Cast) -> None:
    answer = cast.client("hana").post("/c/northwind/styles/new/", {"name": "HOUSE STYLE", "start": "blank"})
    assert answer.status_code == 422
    assert "There is already a style called" in answer.content.decode()


def test_saving_keeps_name_and_look_and_tells_what_changed(cast: Cast, style: Style) -> None:
    look = style.draft_look.model_copy(update={"retouch": 0.5})
    told = _save(cast, style, _form(style, look, name="Our style")).json()
    style.refresh_from_db()
    assert (style.name, style.draft_look) == ("Our style", look)
    assert told["seen"] == services.seen_of(style)
    assert told["changes"] == ["Blemishes from 20 % to 50 %"]
    assert AuditEvent.objects.filter(action="style.renamed", object_id=str(style.pk)).exists()


def test_a_stale_save_changes_nothing_and_says_what_differs(cast: Cast, style: Style) -> None:
    mine = _form(style, style.draft_look.model_copy(update={"retouch": 0.9}))
    _save(cast, style, _form(style, style.draft_look.model_copy(update={"retouch": 0.1})))
    answer = _save(cast, style, mine)
    style.refresh_from_db()
    assert answer.status_code == 409
    assert style.draft_look.retouch == 0.1
    assert answer.json()["differences"] == ["Blemishes from 10 % to 90 %"]
    # "Keep mine" sends the same form with the state it now knows of.
    assert _save(cast, style, mine | {"seen": answer.json()["seen"]}).status_code == 200
    style.refresh_from_db()
    assert style.draft_look.retouch == 0.9


def test_a_stale_save_without_script_shows_the_form_as_it_was_typed(cast: Cast, style: Style) -> None:
    mine = _form(style, style.draft_look.model_copy(update={"mood": "mine alone"}))
    _save(cast, style, _form(style, style.draft_look.model_copy(update={"retouch": 0.1})))
    page = _save(cast, style, mine, by_itself=False)
    assert page.status_code == 409
    assert "mine alone" in page.content.decode()
    assert "was changed in another window" in page.content.decode()


def test_the_same_save_twice_is_one(cast: Cast, style: Style) -> None:
    data = _form(style, DARKER)
    first, second = _save(cast, style, data), _save(cast, style, data)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["seen"] == second.json()["seen"]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(cast: Cast, style: Style) -> None:
    data = _form(style, style.draft_look, backdrop_vignette="300", retouch="70")
    assert _save(cast, style, data).json() == {"errors": {"backdrop_vignette": ["At most 100 %."]}}
    page = _save(cast, style, data, by_itself=False)
    assert page.status_code == 422
    assert "At most 100 %." in page.content.decode()
    style.refresh_from_db()
    assert style.draft_look.retouch == 0.2


def test_a_version_can_be_put_back_into_the_draft(cast: Cast, style: Style) -> None:
    services.save_draft(style, style.name, DARKER, services.seen_of(style), cast.user("hana"))
    cast.client("hana").post(f"/c/northwind/styles/{style.pk}/revert/", {"number": "1"})
    style.refresh_from_db()
    assert style.draft_look == STARTERS["corporate"]
