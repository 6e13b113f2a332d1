"""What a row of the access matrix says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from teams.permissions import Action
from tests.cast import House

Kwargs = Callable[[House], dict[str, Any]]


def nothing(house: House) -> dict[str, Any]:
    """URLs that name no object of a company."""
    return {}


@dataclass(frozen=True)
class Row:
    """One URL and who gets what.

    `need` is the Action, or "member", "personal_link", "company_public", "signed_in", "public". `kwargs`
    makes the objects that the URL names, in the given company. `ok` is what those with the right get.
    """

    need: Action | str
    kwargs: Kwargs = nothing
    ok: int = 200
    method: str = "get"
    data: dict[str, Any] = field(default_factory=dict)
    # Whether what `kwargs` makes belongs to somebody, so that others must not find it.
    owned: bool = True
