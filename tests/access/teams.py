"""Rows of the access matrix: the URLs of teams."""

from typing import Any

from teams.models import Membership, RosterImport
from teams.permissions import COMPANY_PUBLIC, PERSONAL_LINK, Action
from tests.access.row import Row
from tests.cast import House

PEOPLE, COMPANY = Action.MANAGE_PEOPLE, Action.MANAGE_COMPANY


def employee(house: House) -> dict[str, Any]:
    return {"employee": next(iter(house.employees.values())).pk}


def imported(house: House) -> dict[str, Any]:
    table = {
        "header": ["Name", "E-mail"],
        "rows": [["Nina Neu", "nina@new.test"]],
        "lines": [2],
        "columns": {"name": 0, "email": 1},
    }
    return {"imported": RosterImport.objects.create(company=house.company, file_name="r.csv", table=table).pk}


def member(house: House) -> dict[str, Any]:
    who = next(iter(house.members.values()))
    return {"member": Membership.objects.get(company=house.company, user=who).pk}


ROWS: dict[str, Row] = {
    "people:list": Row(Action.VIEW_PEOPLE),
    "people:bulk": Row(PEOPLE, ok=302, method="post"),
    "people:remind": Row(PEOPLE, ok=302),
    "people:person": Row(Action.VIEW_PEOPLE, employee),
    "people:add": Row(PEOPLE),
    "people:restore_many": Row(PEOPLE, ok=302, method="post"),
    "people:import": Row(PEOPLE),
    "people:import_template": Row(PEOPLE),
    "people:import_review": Row(PEOPLE, imported),
    "people:import_confirm": Row(PEOPLE, imported, ok=302, method="post"),
    "people:import_errors": Row(PEOPLE, imported),
    "people:import_discard": Row(PEOPLE, imported, ok=302, method="post"),
    "people:compose": Row(PEOPLE),
    "people:preview": Row(PEOPLE, method="post"),
    "people:edit": Row(PEOPLE, employee),
    "people:archive": Row(PEOPLE, employee, ok=302, method="post"),
    "people:restore": Row(PEOPLE, employee, ok=302, method="post"),
    "people:resend": Row(PEOPLE, employee, ok=302, method="post"),
    "people:link": Row(PEOPLE, employee, ok=302, method="post"),
    "people:revoke": Row(PEOPLE, employee, ok=302, method="post"),
    "settings:brand": Row(COMPANY),
    # Northwind has no logo: there is nothing to see, and no sign-in is asked for it.
    "settings:logo": Row(COMPANY_PUBLIC, ok=404),
    "settings:members": Row(COMPANY),
    "settings:member_role": Row(COMPANY, member, ok=302, method="post"),
    "settings:member_remove": Row(COMPANY, member, ok=302, method="post"),
    "settings:member_remind": Row(COMPANY, member, ok=302, method="post"),
    "settings:engines": Row(Action.CHOOSE_ENGINES),
    "settings:audit": Row(Action.VIEW_AUDIT),
    "settings:audit_csv": Row(Action.VIEW_AUDIT),
    "me:welcome": Row(PERSONAL_LINK),
    "me:consent": Row(PERSONAL_LINK),
}
