"""What can be done with a style. Each checks everything, then writes, then leaves an audit row."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branding import materials
from branding.look import Look
from branding.models import DepartmentStyle, Style, StyleVersion
from teams import audit
from teams.actor import Actor
from teams.models import Company, Department, User


class StyleRefused(Exception):
    """It cannot be done; `message` says why in words, `field` which input it belongs to."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.field = code, message, field


class StaleDraft(StyleRefused):
    """Somebody saved the draft since it was read; `style` is what stands there now."""

    def __init__(self, style: Style) -> None:
        super().__init__("stale", _("This style was changed in another window meanwhile."))
        self.style = style


def seen_of(style: Style) -> str:
    """Names the state of a draft that a page was made from."""
    return style.updated_at.isoformat()


def create_style(company: Company, name: str, look: Look, by: User) -> Style:
    """A new draft. Raises StyleRefused when the name is taken."""
    name = _free_name(company.pk, name)
    try:
        with transaction.atomic():
            _hold_files(company.pk, look)
            style = Style.objects.create(
                company=company, name=name, draft=look.model_dump(mode="json"), created_by=by
            )
            audit.record("style.created", style, Actor.member(by), name=name)
    except IntegrityError as error:
        raise _taken(name) from error
    return style


def save_draft(style: Style, name: str, look: Look, seen: str, by: User) -> Style:
    """Write name and look over the draft that `seen` names.

    Raises StaleDraft when the draft has moved on, StyleRefused when the name is taken, the style is archived
    or a file that the look names has been deleted. Saving what stands there already changes nothing.
    """
    with transaction.atomic():
        current = _locked(style)
        data = look.model_dump(mode="json")
        if current.name == name and current.draft == data:
            return current
        if seen_of(current) != seen:
            raise StaleDraft(current)
        _hold_files(current.company_id, look)
        was = current.name
        current.name = _free_name(current.company_id, name, besides=current)
        current.draft = data
        current.save(update_fields=["name", "draft", "updated_at"])
        if was != current.name:
            audit.record("style.renamed", current, Actor.member(by), name=current.name, was=was)
    return current


def publish(style: Style, seen: str, by: User, *, default: bool) -> StyleVersion:
    """Freeze the draft that `seen` names under the next number.

    The company's first published style becomes its default. Raises StaleDraft, or StyleRefused when
    nothing has changed since the last version.
    """
    with transaction.atomic():
        current = _locked(style)
        if seen_of(current) != seen:
            raise StaleDraft(current)
        last = current.versions.first()
        look = current.draft_look
        if last is not None and last.look == look:
            message = _("Nothing has changed since version %d, so there is nothing to publish.") % last.number
            raise StyleRefused("unchanged", message)
        _hold_files(current.company_id, look)
        version = StyleVersion.objects.create(
            company_id=current.company_id,
            style=current,
            number=last.number + 1 if last else 1,
            data=look.model_dump(mode="json"),
            published_by=by,
        )
        audit.record("style.published", current, Actor.member(by), name=current.name, number=version.number)
        first = not Style.objects.filter(company_id=current.company_id, is_default=True).exists()
        if default or first:
            _set_default(current, by)
    return version


def make_default(style: Style, by: User) -> None:
    """New shoots use this style. Raises StyleRefused before its first publication."""
    with transaction.atomic():
        current = _locked(style)
        if not current.versions.exists():
            raise _unpublished(current)
        _set_default(current, by)


def archive(style: Style, by: User) -> None:
    """Take a style out of the gallery; its versions stay for the shoots that used them.

    Raises StyleRefused for the default style and for a department's: new shoots would have no look.
    """
    with transaction.atomic():
        current = _locked(style)
        if current.is_default:
            message = _("New shoots use “%s”. Choose another style for them first.") % current.name
            raise StyleRefused("default", message)
        _not_worn(current)
        Style.objects.filter(pk=current.pk).update(archived_at=timezone.now())
        audit.record("style.archived", current, Actor.member(by), name=current.name)


def restore(style: Style, by: User) -> None:
    """Undo of `archive`. Raises StyleRefused when another style has taken the name."""
    with transaction.atomic():
        current = Style.objects.select_for_update().get(pk=style.pk)
        if current.archived_at is None:
            return
        _free_name(current.company_id, current.name, besides=current)
        Style.objects.filter(pk=current.pk).update(archived_at=None)
        audit.record("style.restored", current, Actor.member(by), name=current.name)


def _not_worn(style: Style) -> None:
    names = [row.department.name for row in style.departments.select_related("department")]
    if names:
        message = ngettext(
            "“%(style)s” is the style of %(who)s. Choose another style for it first.",
            "“%(style)s” is the style of %(who)s. Choose another style for them first.",
            len(names),
        )
        raise StyleRefused("worn", message % {"style": style.name, "who": ", ".join(sorted(names))})


def dress_departments(company: Company, wanted: Mapping[uuid.UUID, Style | None], by: User) -> int:
    """Give departments, by id, a style of their own, or None for the company's default; how many changed.

    Pictures that are there stay as they are. Raises StyleRefused for a style that is archived or was never
    published: nothing is written then.
    """
    with transaction.atomic():
        rows = Department.objects.filter(company=company, pk__in=wanted).select_for_update()
        have = {row.department_id: row for row in DepartmentStyle.objects.filter(department__in=rows)}
        changed = 0
        for department in rows:
            style, worn = wanted[department.pk], have.get(department.pk)
            if (style.pk if style else None) != (worn.style_id if worn else None):
                _dress(department, style, by)
                changed += 1
    return changed


def _dress(department: Department, style: Style | None, by: User) -> None:
    mine = DepartmentStyle.objects.filter(department=department)
    if style is None:
        mine.delete()
    else:
        current = _locked(style)
        if not current.versions.exists():
            raise _unpublished(current)
        DepartmentStyle.objects.update_or_create(
            department=department, defaults={"company_id": department.company_id, "style": current}
        )
    told = style.name if style else ""
    audit.record("department.style", department, Actor.member(by), name=department.name, to=told)


def _unpublished(style: Style) -> StyleRefused:
    message = _("Publish “%s” first: shoots need a numbered version.") % style.name
    return StyleRefused("unpublished", message)


def _hold_files(company_id: Any, look: Look) -> None:
    if not materials.hold(company_id, look):
        message = _("A file of this style has been deleted. Choose its backdrop or colour table again.")
        raise StyleRefused("file_gone", message)


def _locked(style: Style) -> Style:
    current = Style.objects.select_for_update().get(pk=style.pk)
    if current.archived_at is not None:
        message = _("“%s” is archived. Restore it first.") % current.name
        raise StyleRefused("archived", message)
    return current


def _set_default(style: Style, by: User) -> None:
    if style.is_default:
        return
    # `update` leaves updated_at alone: the drafts themselves have not changed.
    before = Style.objects.filter(company_id=style.company_id, is_default=True)
    before.select_for_update().update(is_default=False)
    Style.objects.filter(pk=style.pk).update(is_default=True)
    audit.record("style.made_default", style, Actor.member(by), name=style.name)


def _free_name(company_id: Any, name: str, besides: Style | None = None) -> str:
    name = " ".join(name.split())
    others = Style.objects.filter(company_id=company_id, archived_at=None, name__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise _taken(name)
    return name


def _taken(name: str) -> StyleRefused:
    return StyleRefused("name_taken", _("There is already a style called “%s”.") % name, "name")
