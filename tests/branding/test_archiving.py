"""Archiving a style, and undoing it."""

from typing import Any

import pytest

from branding import services
from branding.look import STARTERS
from branding.models import Style
from teams.models import AuditEvent
from tests.cast import Cast


@pytest.fixture
def clinic(cast: Cast) -> Any:
    with cast.northwind.scope():
        yield services.create_style(
            cast.northwind.company, "Clinic", STARTERS["healthcare"], cast.user("hana")
        )


def _post(cast: Cast, style: Style, what: str) -> str:
    page = cast.client("hana").post(f"/c/northwind/styles/{style.pk}/{what}/", follow=True)
    return str(page.content.decode())


def test_an_archived_style_leaves_the_gallery_and_undo_brings_it_back(cast: Cast, clinic: Style) -> None:
    page = _post(cast, clinic, "archive")
    assert "“Clinic” is archived" in page
    assert "Undo" in page
    clinic.refresh_from_db()
    assert clinic.archived_at is not None
    assert "“Clinic” is back." in _post(cast, clinic, "restore")
    clinic.refresh_from_db()
    assert clinic.archived_at is None
    actions = AuditEvent.objects.filter(object_id=str(clinic.pk)).values_list("action", flat=True)
    assert {"style.archived", "style.restored"} <= set(actions)


def test_the_default_style_stays(cast: Cast, clinic: Style) -> None:
    default = Style.objects.get(is_default=True)
    assert "Choose another style for them first." in _post(cast, default, "archive")
    default.refresh_from_db()
    assert default.archived_at is None


def test_an_archived_style_takes_no_changes(cast: Cast, clinic: Style) -> None:
    services.archive(clinic, cast.user("hana"))
    with pytest.raises(services.StyleRefused):
        services.save_draft(clinic, "New", STARTERS["legal"], services.seen_of(clinic), cast.user("hana"))
    with pytest.raises(services.StyleRefused):
        services.publish(clinic, services.seen_of(clinic), cast.user("hana"), default=False)


def test_a_name_that_was_taken_meanwhile_is_told(cast: Cast, clinic: Style) -> None:
    services.archive(clinic, cast.user("hana"))
    services.create_style(cast.northwind.company, "clinic", STARTERS["legal"], cast.user("hana"))
    assert "There is already a style called “Clinic”." in _post(cast, clinic, "restore")
    clinic.refresh_from_db()
    assert clinic.archived_at is not None
