"""Rows of the access matrix: the URLs of branding."""

from typing import Any

from branding.models import Backdrop, ColorTable, Reference
from portal.lib import storage
from teams.permissions import Action
from tests.access.row import Row
from tests.cast import House


def _style(house: House) -> dict[str, Any]:
    return {"style": house.style.pk}


def _page(ok: int = 200, method: str = "get") -> Row:
    return Row(Action.MANAGE_STYLES, _style, ok=ok, method=method)


def _backdrop(house: House) -> dict[str, Any]:
    thumbnail = storage.put(storage.brand(), f"{house.company.pk}/small.jpg", b"jpeg")
    row = Backdrop.objects.create(
        company=house.company, name="Lobby", key="a" * 64, file="lobby.png", size_bytes=1,
        thumbnail=thumbnail, width_px=1638, height_px=2048,
    )  # fmt: skip
    return {"backdrop": row.pk}


def _reference(house: House) -> dict[str, Any]:
    thumbnail = storage.put(storage.brand(), f"{house.company.pk}/small-reference.jpg", b"jpeg")
    row = Reference.objects.create(
        company=house.company, name="Campaign", key="c" * 64, file="campaign.png", size_bytes=1,
        thumbnail=thumbnail, width_px=512, height_px=640,
    )  # fmt: skip
    return {"reference": row.pk}


def _table(house: House) -> dict[str, Any]:
    row = ColorTable.objects.create(
        company=house.company, name="Warm", key="b" * 64, file="warm.cube", size_bytes=1, points=2, is_3d=True
    )
    return {"table": row.pk}


ROWS: dict[str, Row] = {
    "styles:list": Row(Action.MANAGE_STYLES),
    "styles:new": Row(Action.MANAGE_STYLES),
    "styles:departments": Row(Action.MANAGE_STYLES),
    "styles:edit": _page(),
    # Nothing was sent, so the form comes back with what is missing.
    "styles:save": _page(422, "post"),
    "styles:publish": _page(),
    "styles:versions": _page(),
    "styles:compare": _page(),
    "styles:revert": _page(302, "post"),
    "styles:default": _page(302, "post"),
    "styles:archive": _page(302, "post"),
    "styles:restore": _page(302, "post"),
    # Nothing was sent: back to the styles with the sentence.
    "materials:upload_backdrop": Row(Action.MANAGE_STYLES, ok=302, method="post"),
    "materials:thumbnail": Row(Action.MANAGE_STYLES, _backdrop),
    "materials:delete_backdrop": Row(Action.MANAGE_STYLES, _backdrop, ok=302, method="post"),
    "materials:upload_reference": Row(Action.MANAGE_STYLES, ok=302, method="post"),
    "materials:reference_thumbnail": Row(Action.MANAGE_STYLES, _reference),
    "materials:delete_reference": Row(Action.MANAGE_STYLES, _reference, ok=302, method="post"),
    "materials:upload_table": Row(Action.MANAGE_STYLES, ok=302, method="post"),
    "materials:delete_table": Row(Action.MANAGE_STYLES, _table, ok=302, method="post"),
}
