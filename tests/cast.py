"""The named cast: two companies, every role, an outsider.

Northwind has Olga (owner), Hana (HR), Rafael (reviewer), Mara (marketing) and the employees Ines, Jonas
and Kofi. Southbay has Hugo (HR) and the employee Sven. Otto belongs to nobody.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from branding.look import STARTERS
from branding.models import Style, StyleVersion
from teams import tenancy
from teams.models import Company, Department, Employee, Invite, Membership, Role, User
from teams.services.links import token_of

PASSWORD = "correct horse battery"


@dataclass
class House:
    """One company with its people."""

    company: Company
    members: dict[str, User]
    employees: dict[str, Employee]
    invites: dict[str, Invite]
    style: Style
    version: StyleVersion

    @property
    def slug(self) -> str:
        return self.company.slug

    def scope(self) -> Any:
        """Enter this company's scope."""
        return tenancy.company_scope(self.company.pk)

    def token(self, who: str) -> str:
        """The token of an employee's personal link."""
        return token_of(self.invites[who])

    def me(self, who: str, page: str = "") -> str:
        """The path of an employee's page."""
        return f"/c/{self.slug}/me/{self.token(who)}/{page}"


@dataclass
class Cast:
    """Everybody."""

    northwind: House
    southbay: House
    otto: User

    def client(self, name: str) -> Client:
        """A signed-in test client of a member (olga, hana, rafael, mara, hugo, otto)."""
        client = Client()
        client.force_login(self.user(name))
        return client

    def user(self, name: str) -> User:
        everybody = {**self.northwind.members, **self.southbay.members, "otto": self.otto}
        return everybody[name]


def _house(name: str, members: dict[str, str], employees: list[str]) -> House:
    slug = name.lower()
    company = Company.objects.create(slug=slug, name=name)
    users = {
        who: User.objects.create_user(f"{who}@{slug}.test", PASSWORD, name=who.title()) for who in members
    }
    with tenancy.company_scope(company.pk):
        for who, role in members.items():
            Membership.objects.create(company=company, user=users[who], role=role)
        team = Department.objects.create(company=company, name="Studio")
        staff, invites = {}, {}
        for who in employees:
            staff[who] = Employee.objects.create(
                company=company, name=f"{who.title()} {name}", email=f"{who}@{slug}.test", department=team
            )
            invites[who] = Invite.objects.create(
                company=company, employee=staff[who], expires_at=timezone.now() + dt.timedelta(days=30)
            )
            invites[who].refresh_from_db()
        look = STARTERS["corporate"].model_dump(mode="json")
        style = Style.objects.create(company=company, name="House style", draft=look, is_default=True)
        version = StyleVersion.objects.create(company=company, style=style, number=1, data=look)
    return House(company, users, staff, invites, style, version)


def make_cast() -> Cast:
    """Create everybody in the database."""
    northwind = _house(
        "Northwind",
        {"olga": Role.OWNER, "hana": Role.HR, "rafael": Role.REVIEWER, "mara": Role.MARKETING},
        ["ines", "jonas", "kofi"],
    )
    southbay = _house("Southbay", {"hugo": Role.HR}, ["sven"])
    return Cast(northwind, southbay, User.objects.create_user("otto@nowhere.test", PASSWORD, name="Otto"))
