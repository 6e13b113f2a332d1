"""URL × role × company: who gets which status. A URL without a row fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from teams.models import Invite, Role, User
from teams.permissions import Action, allows
from teams.services.links import token_of
from tests.access import branding, generation, portal, teams
from tests.access.row import Row
from tests.cast import Cast, House

ROWS: dict[str, Row] = {**portal.ROWS, **teams.ROWS, **branding.ROWS, **generation.ROWS}
MEMBERS = {"olga": Role.OWNER, "hana": Role.HR, "rafael": Role.REVIEWER, "mara": Role.MARKETING}
# allauth guards and tests its own pages.
FOREIGN = ("account_", "mfa_", "socialaccount_")


def _names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


def test_every_url_has_a_row() -> None:
    names = {name for name in _names(get_resolver().url_patterns) if not name.startswith(FOREIGN)}
    assert names == set(ROWS)


def _path(name: str, house: House, kwargs: dict[str, Any], token: str | None = None) -> str:
    row = ROWS[name]
    base: dict[str, Any] = {}
    if row.need not in {"public", "signed_in", "operator"}:
        base["company"] = house.slug
    if row.need == "personal_link":
        base["token"] = token or house.token("ines")
    return reverse(name, kwargs=base | kwargs)


def _status(client: Client, row: Row, path: str) -> int:
    return int(getattr(client, row.method)(path, row.data).status_code)


def _kwargs(row: Row, house: House) -> dict[str, Any]:
    with house.scope():
        return row.kwargs(house)


def _rows(*needs: str) -> list[str]:
    return [name for name, row in ROWS.items() if row.need in needs]


def _owned(names: list[str]) -> list[str]:
    return [name for name in names if ROWS[name].kwargs.__name__ != "nothing" and ROWS[name].owned]


MEMBER_ROWS = [name for name, row in ROWS.items() if row.need == "member" or isinstance(row.need, Action)]


@pytest.mark.parametrize("who", MEMBERS)
@pytest.mark.parametrize("name", MEMBER_ROWS)
def test_members_get_what_their_role_allows(cast: Cast, name: str, who: str) -> None:
    row = ROWS[name]
    allowed = row.need == "member" or allows(MEMBERS[who], Action(row.need))
    path = _path(name, cast.northwind, _kwargs(row, cast.northwind))
    assert _status(cast.client(who), row, path) == (row.ok if allowed else 403)


@pytest.mark.parametrize("who", ["hugo", "otto"])
@pytest.mark.parametrize("name", MEMBER_ROWS)
def test_people_of_other_companies_find_nothing(cast: Cast, name: str, who: str) -> None:
    row = ROWS[name]
    path = _path(name, cast.northwind, _kwargs(row, cast.northwind))
    assert _status(cast.client(who), row, path) == 404


@pytest.mark.parametrize("name", _owned(MEMBER_ROWS))
def test_objects_of_another_company_are_not_found_under_ones_own_address(cast: Cast, name: str) -> None:
    row = ROWS[name]
    path = _path(name, cast.northwind, _kwargs(row, cast.southbay))
    assert _status(cast.client("olga"), row, path) == 404


@pytest.mark.parametrize("name", [*MEMBER_ROWS, *_rows("signed_in", "operator")])
def test_strangers_are_asked_to_sign_in(cast: Cast, name: str) -> None:
    row = ROWS[name]
    path = _path(name, cast.northwind, _kwargs(row, cast.northwind))
    response = getattr(Client(), row.method)(path, row.data)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", _rows("operator"))
def test_the_operators_pages_are_for_the_operator_whatever_the_company(cast: Cast, name: str) -> None:
    row = ROWS[name]
    path = _path(name, cast.northwind, _kwargs(row, cast.northwind))
    for who in (*MEMBERS, "hugo", "otto"):
        assert _status(cast.client(who), row, path) == 403
    User.objects.filter(pk=cast.user("otto").pk).update(is_staff=True)
    assert _status(cast.client("otto"), row, path) == row.ok


@pytest.mark.parametrize("name", _rows("public", "company_public", "personal_link"))
def test_those_with_the_address_get_in(cast: Cast, name: str) -> None:
    row = ROWS[name]
    path = _path(name, cast.northwind, _kwargs(row, cast.northwind))
    assert _status(Client(), row, path) == row.ok


@pytest.mark.parametrize("name", _rows("personal_link"))
def test_links_open_only_their_own_door(cast: Cast, name: str) -> None:
    row, house = ROWS[name], cast.northwind
    kwargs = _kwargs(row, house)
    foreign = cast.southbay.token("sven")
    assert _status(Client(), row, _path(name, house, kwargs, foreign)) == 404
    forged = house.token("ines")[:-3] + "abc"
    assert _status(Client(), row, _path(name, house, kwargs, forged)) == 404
    with house.scope():
        Invite.objects.filter(pk=house.invites["jonas"].pk).update(status="revoked")
    assert _status(Client(), row, _path(name, house, kwargs, token_of(house.invites["jonas"]))) == 410


@pytest.mark.parametrize("name", _owned(_rows("personal_link")))
def test_a_colleagues_object_is_not_found_by_personal_link(cast: Cast, name: str) -> None:
    row, house = ROWS[name], cast.northwind
    path = _path(name, house, _kwargs(row, house), house.token("kofi"))
    assert _status(Client(), row, path) == 404
