"""Keyset paging: the page after a row, found by its sort values instead of by counting rows.

A page of the hundred-thousandth row costs as much as the first one, and rows that come or go meanwhile
shift nothing (Winand, "Paging Through Results", use-the-index-luke.com/no-offset).
"""

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order, and the cursors of the neighbours ("" where there is none)."""

    rows: list[Row]
    next: str
    previous: str


def page(
    rows: "QuerySet[Row]", keys: Sequence[str], cursor: str = "", size: int = 50, *, descending: bool = False
) -> Page[Row]:
    """One page of `rows` in the order of `keys` (fields or annotations that are never null; the last one
    unique). A cursor that nobody can have got from us gives the first page."""
    backwards, values = _parse(cursor, len(keys))
    # Turning back means reading in the other direction and laying the rows out again.
    down = descending != backwards
    if values:
        rows = rows.filter(_beyond(keys, values, "lt" if down else "gt"))
    found = list(rows.order_by(*[f"-{key}" if down else key for key in keys])[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (bool(found), more) if backwards else (more, bool(values))
    return Page(
        found,
        _cursor("n", found[-1], keys) if has_next and found else "",
        _cursor("p", found[0], keys) if has_previous and found else "",
    )


def _beyond(keys: Sequence[str], values: Sequence[Any], side: str) -> Q:
    """(k1, k2, …) beyond (v1, v2, …), with a plain bound on k1 that an index can use."""
    condition = Q()
    for depth in range(len(keys)):
        equal = dict(zip(keys[:depth], values[:depth], strict=True))
        condition |= Q(**equal, **{f"{keys[depth]}__{side}": values[depth]})
    return Q(**{f"{keys[0]}__{side}e": values[0]}) & condition


def _cursor(way: str, row: Model, keys: Sequence[str]) -> str:
    values = [_packed(getattr(row, key)) for key in keys]
    return base64.urlsafe_b64encode(json.dumps([way, *values]).encode()).decode().rstrip("=")


def _packed(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return ["t", value.isoformat()]
    if isinstance(value, uuid.UUID):
        return ["u", value.hex]
    return value


def _parse(cursor: str, count: int) -> tuple[bool, list[Any]]:
    if not cursor:
        return False, []
    try:
        way, *packed = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_unpacked(value) for value in packed]
    except (ValueError, TypeError, binascii.Error):
        return False, []
    if way not in {"n", "p"} or len(values) != count:
        return False, []
    return way == "p", values


def _unpacked(value: Any) -> Any:
    if isinstance(value, str) and "\0" not in value:
        return value
    kind, text = value
    if kind == "t":
        return dt.datetime.fromisoformat(text)
    if kind == "u":
        return uuid.UUID(hex=text)
    raise ValueError(kind)
