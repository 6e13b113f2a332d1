"""Rows of the access matrix: the URLs of branding."""

from typing import Any

from teams.permissions import Action
from tests.access.row import Row
from tests.cast import House


def _style(house: House) -> dict[str, Any]:
    return {"style": house.style.pk}


def _page(ok: int = 200, method: str = "get") -> Row:
    return Row(Action.MANAGE_STYLES, _style, ok=ok, method=method)


ROWS: dict[str, Row] = {
    "styles:list": Row(Action.MANAGE_STYLES),
    "styles:new": Row(Action.MANAGE_STYLES),
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
}
