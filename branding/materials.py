"""A company's uploaded pictures and colour tables: kept by content, deleted only while no look uses them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from branding.look import Look
from branding.models import Backdrop, ColorTable, Material, Picture, Reference, Style, StyleVersion
from portal.lib import storage
from teams import audit
from teams.actor import Actor
from teams.models import Company, User

# More would not fit on a page to choose from.
MOST: Final = 60
_NAME_LENGTH: Final = 80
# Every kind, and where a look names one, as a filter on its JSON.
KINDS: Final[dict[type[Material], str]] = {
    Backdrop: "backdrop__image",
    ColorTable: "grade__lut",
    Reference: "engine_options__references__contains",
}
_FOLDERS: Final[dict[type[Picture], str]] = {Backdrop: "backdrops", Reference: "references"}

Kind = TypeVar("Kind", bound=Material)
AnyPicture = TypeVar("AnyPicture", bound=Picture)


class MaterialRefused(Exception):
    """It cannot be done; `message` says why in words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class File:
    """Checked bytes to keep, their content id and what the person called them."""

    content: bytes
    key: str
    name: str


def add_picture(
    model: type[AnyPicture],
    company: Company,
    file: File,
    size_px: tuple[int, int],
    thumbnail: bytes,
    by: User,
) -> AnyPicture:
    """Keep a picture; the same picture sent twice is one. `size_px` is (width, height).

    Raises MaterialRefused when there are too many.
    """
    folder = f"{company.pk}/{_FOLDERS[model]}/{file.key}"

    def make() -> AnyPicture:
        return model._default_manager.create(
            **_columns(company, file, by, f"{folder}.png"),
            thumbnail=storage.put(storage.brand(), f"{folder}-small.jpg", thumbnail),
            width_px=size_px[0],
            height_px=size_px[1],
        )

    return _once(model, company, file, by, make)


def add_table(company: Company, file: File, points: int, is_3d: bool, by: User) -> ColorTable:
    """Keep a colour table; the same one sent twice is one. Raises MaterialRefused as above."""
    path = f"{company.pk}/tables/{file.key}.cube"

    def make() -> ColorTable:
        return ColorTable.objects.create(**_columns(company, file, by, path), points=points, is_3d=is_3d)

    return _once(ColorTable, company, file, by, make)


def _columns(company: Company, file: File, by: User, path: str) -> dict[str, Any]:
    """The file first: a row never points at nothing."""
    stem = file.name.rpartition(".")[0] or file.name
    return {
        "company": company,
        "key": file.key,
        "name": " ".join(stem.replace("_", " ").split())[:_NAME_LENGTH] or _("Unnamed"),
        "file": storage.put(storage.brand(), path, file.content),
        "size_bytes": len(file.content),
        "created_by": by,
    }


def _once(model: type[Kind], company: Company, file: File, by: User, make: Callable[[], Kind]) -> Kind:
    rows = model._default_manager.filter(company=company)
    found = rows.filter(key=file.key).first()
    if found is not None:
        return found
    if rows.count() >= MOST:
        message = _("There are %d already. Delete one that no style uses.") % MOST
        raise MaterialRefused("too_many", message)
    try:
        with transaction.atomic():
            row = make()
            audit.record(f"{row._meta.model_name}.uploaded", row, Actor.member(by), name=row.name)
    except IntegrityError:
        # A double click: the other request was first.
        return rows.get(key=file.key)
    return row


def hold(company_id: uuid.UUID, look: Look) -> bool:
    """Lock the files that a look is about to name against deletion; whether all of them are there. Call
    inside a transaction."""
    keys = set(look.files().values())
    found: set[str] = set()
    for model in KINDS:
        rows = model._default_manager.filter(company_id=company_id, key__in=keys)
        found |= set(rows.select_for_update().values_list("key", flat=True))
    return keys == found


def users(row: Material) -> list[str]:
    """Names of the styles whose draft or any version uses this file."""
    wanted: dict[str, Any] = {f"%s__{KINDS[type(row)]}": row.key}
    if isinstance(row, Backdrop):
        wanted["%s__backdrop__kind"] = "office"
    if isinstance(row, Reference):
        # One of several.
        wanted = {name: [row.key] for name in wanted}
    drafts = Style.objects.filter(
        company_id=row.company_id, **{name % "draft": value for name, value in wanted.items()}
    )
    frozen = StyleVersion.objects.filter(
        company_id=row.company_id, **{name % "data": value for name, value in wanted.items()}
    )
    names = set(drafts.values_list("name", flat=True)) | set(frozen.values_list("style__name", flat=True))
    return sorted(names)


def delete(row: Material, by: User) -> None:
    """Delete a file that no look uses. Raises MaterialRefused, naming the styles that do."""
    with transaction.atomic():
        current = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
        if current is None:
            return
        used = users(current)
        if used:
            message = _("“%(name)s” stays: it is used by %(styles)s.") % {
                "name": current.name,
                "styles": ", ".join(f"“{name}”" for name in used),
            }
            raise MaterialRefused("in_use", message)
        audit.record(f"{row._meta.model_name}.deleted", current, Actor.member(by), name=current.name)
        current.delete()
    # Rows first: what is left behind after a crash is a file that nobody names.
    storage.brand().delete(row.file)
    if isinstance(row, Picture):
        storage.brand().delete(row.thumbnail)


def content(key: str) -> bytes:
    """The bytes of a content id in the current company's scope. Raises FileNotFoundError."""
    for model in KINDS:
        path = model._default_manager.filter(key=key).values_list("file", flat=True).first()
        if path:
            return storage.read(storage.brand(), path)
    raise FileNotFoundError(key)
