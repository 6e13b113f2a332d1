"""Publishing freezes a numbered version; one style is the default."""

from typing import Any

import pytest

from branding import selectors, services
from branding.look import STARTERS
from branding.models import Style, StyleVersion
from teams.models import AuditEvent
from tests.cast import Cast


@pytest.fixture
def style(cast: Cast) -> Any:
    with cast.northwind.scope():
        yield Style.objects.get(pk=cast.northwind.style.pk)


@pytest.fixture
def second(cast: Cast, style: Style) -> Style:
    return services.create_style(cast.northwind.company, "Clinic", STARTERS["healthcare"], cast.user("hana"))


def _change(cast: Cast, style: Style, key: str = "legal") -> Style:
    return services.save_draft(style, style.name, STARTERS[key], services.seen_of(style), cast.user("hana"))


def _publish(cast: Cast, style: Style, **more: str) -> Any:
    data = {"confirm": style.name, "seen": services.seen_of(style), **more}
    return cast.client("hana").post(f"/c/northwind/styles/{style.pk}/publish/", data)


def test_the_next_version_is_numbered_and_frozen(cast: Cast, style: Style) -> None:
    changed = _change(cast, style)
    assert _publish(cast, changed).status_code == 302
    _change(cast, changed, "creative")
    newest = StyleVersion.objects.filter(style=style).first()
    assert newest is not None
    assert (newest.number, newest.look) == (2, STARTERS["legal"])
    assert newest.published_by == cast.user("hana")
    event = AuditEvent.objects.get(action="style.published", object_id=str(style.pk))
    assert (event.data["number"], event.actor_name) == (2, "Hana")


def test_the_name_must_be_typed(cast: Cast, style: Style) -> None:
    changed = _change(cast, style)
    answer = _publish(cast, changed, confirm="House")
    assert answer.status_code == 422
    assert "Type “House style” to publish it." in answer.content.decode()
    assert style.versions.count() == 1


def test_a_double_click_publishes_once(cast: Cast, style: Style) -> None:
    changed = _change(cast, style)
    _publish(cast, changed)
    again = _publish(cast, changed)
    assert again["Location"] == f"/c/northwind/styles/{style.pk}/versions/"
    page = cast.client("hana").get(again["Location"])
    assert "Version 2" in page.content.decode()
    assert style.versions.count() == 2


def test_a_draft_that_moved_on_is_looked_at_again_first(cast: Cast, style: Style) -> None:
    seen = _change(cast, style)
    _change(cast, seen, "creative")
    answer = _publish(cast, seen)
    assert answer["Location"] == f"/c/northwind/styles/{style.pk}/publish/"
    assert style.versions.count() == 1


def test_the_first_published_style_becomes_the_default(cast: Cast, style: Style) -> None:
    Style.objects.update(is_default=False)
    _publish(cast, _change(cast, style))
    style.refresh_from_db()
    assert style.is_default


def test_publishing_can_make_it_the_default(cast: Cast, style: Style, second: Style) -> None:
    _publish(cast, second, make_default="on")
    current = selectors.current_version(cast.northwind.company.pk)
    assert current is not None
    assert (current.style_id, current.number) == (second.pk, 1)
    assert AuditEvent.objects.filter(action="style.made_default", object_id=str(second.pk)).exists()


def test_publishing_alone_leaves_the_default(cast: Cast, style: Style, second: Style) -> None:
    _publish(cast, second)
    assert Style.objects.get(is_default=True) == style


def test_an_unpublished_style_cannot_be_the_default(cast: Cast, style: Style, second: Style) -> None:
    page = cast.client("hana").post(f"/c/northwind/styles/{second.pk}/default/", follow=True)
    assert "Publish “Clinic” first" in page.content.decode()
    assert Style.objects.get(is_default=True) == style


def test_the_page_names_what_changed(cast: Cast, style: Style) -> None:
    changed = style.draft_look.model_copy(update={"retouch": 0.5})
    services.save_draft(style, style.name, changed, services.seen_of(style), cast.user("hana"))
    page = cast.client("hana").get(f"/c/northwind/styles/{style.pk}/publish/").content.decode()
    assert "Blemishes from 20 % to 50 %" in page
    assert "Publish version 2" in page
