"""The dry run of a roster file: what would be new, changed, left alone, and which rows cannot be read.

Nothing is written here. People are matched by employee number first, then by e-mail address, so that a
file imported twice changes nothing the second time. An empty cell leaves what is on the roster.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teams.models import Company, Employee
from teams.services.columns import LABELS, LONGEST, Columns

Kind = Literal["new", "changed", "same", "bad"]
RESTORED = "archived"
CHANGE_LABELS = {**LABELS, RESTORED: gettext_lazy("Archived")}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that the import would write over another."""

    field: str
    old: str
    new: str

    @property
    def label(self) -> str:
        return str(CHANGE_LABELS[self.field])


@dataclass(slots=True)
class PlanRow:
    """One row of the file. `cells` is the row as it came, `values` what was read from it."""

    line: int
    cells: list[str]
    values: dict[str, str]
    problems: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    employee_id: uuid.UUID | None = None

    @property
    def kind(self) -> Kind:
        if self.problems:
            return "bad"
        if self.employee_id is None:
            return "new"
        return "changed" if self.changes else "same"


@dataclass(frozen=True, slots=True)
class Known:
    """A person who is on the roster already."""

    id: uuid.UUID
    values: dict[str, str]
    archived: bool


@dataclass
class Plan:
    """All rows, and the people on the roster whom the file does not name."""

    rows: list[PlanRow]
    missing: list[Known]

    def _of(self, kind: Kind) -> list[PlanRow]:
        return [row for row in self.rows if row.kind == kind]

    @cached_property
    def new(self) -> list[PlanRow]:
        return self._of("new")

    @cached_property
    def changed(self) -> list[PlanRow]:
        return self._of("changed")

    @cached_property
    def same(self) -> list[PlanRow]:
        return self._of("same")

    @cached_property
    def bad(self) -> list[PlanRow]:
        return self._of("bad")


def make_plan(
    company: Company, rows: Sequence[Sequence[str]], lines: Sequence[int], columns: Columns
) -> Plan:
    """Compare the rows with the roster as it stands now."""
    roster = _Roster(company)
    planned = [
        PlanRow(line, list(cells), _values(cells, columns)) for line, cells in zip(lines, rows, strict=True)
    ]
    _check(planned)
    _mark_duplicates(planned)
    for row in planned:
        roster.match(row)
    named = {row.employee_id for row in planned if row.employee_id}
    missing = [known for known in roster.people if not known.archived and known.id not in named]
    return Plan(planned, sorted(missing, key=lambda known: known.values["name"]))


def _values(cells: Sequence[str], columns: Columns) -> dict[str, str]:
    values = {field: cells[at] for field, at in columns.items() if at < len(cells)}
    if "name" not in values:
        halves = (values.pop("first_name", ""), values.pop("last_name", ""))
        values["name"] = " ".join(half for half in halves if half)
    values.pop("first_name", None)
    values.pop("last_name", None)
    # "Ines Berg <ines@…>" and "mailto:" come out of address books.
    email = values.get("email", "").removeprefix("mailto:")
    if email.endswith(">") and "<" in email:
        email = email[email.rindex("<") + 1 : -1]
    values["email"] = email.strip()
    return values


def _check(rows: list[PlanRow]) -> None:
    for row in rows:
        values = row.values
        if not values["name"]:
            row.problems.append(_("The name is missing."))
        if not values["email"]:
            row.problems.append(_("The e-mail address is missing."))
        elif not _is_email(values["email"]):
            row.problems.append(_("“%(email)s” is not an e-mail address.") % {"email": values["email"][:80]})
        for name, longest in LONGEST.items():
            if len(values.get(name, "")) > longest:
                row.problems.append(
                    _("%(column)s is longer than %(longest)d characters.")
                    % {"column": LABELS[name], "longest": longest}
                )


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _mark_duplicates(rows: list[PlanRow]) -> None:
    """The first of several rows about one person counts; the later ones say which it was."""
    for name, sentence in (
        ("email", _("The same e-mail address stands in line %(line)d.")),
        ("external_id", _("The same employee number stands in line %(line)d.")),
    ):
        first: dict[str, int] = {}
        for row in rows:
            key = row.values.get(name, "").casefold()
            if not key:
                continue
            if key in first:
                row.problems.append(sentence % {"line": first[key]})
            else:
                first[key] = row.line


class _Roster:
    """The company's people by employee number and by e-mail address."""

    def __init__(self, company: Company) -> None:
        fields = (
            "id",
            "name",
            "email",
            "title",
            "location",
            "external_id",
            "archived_at",
            "department__name",
        )
        self.people = [_known(row) for row in Employee.objects.filter(company=company).values(*fields)]
        self.by_email = {known.values["email"].casefold(): known for known in self.people}
        self.by_number = {
            known.values["external_id"]: known for known in self.people if known.values["external_id"]
        }

    def match(self, row: PlanRow) -> None:
        """Say who the row is about and what it changes. A bad row still names its person, so that they
        are not taken for somebody who left."""
        by_number = self.by_number.get(row.values.get("external_id", ""))
        by_email = self.by_email.get(row.values["email"].casefold())
        known = by_number or by_email
        if known is None:
            return
        row.employee_id = known.id
        if by_number and by_email and by_number.id != by_email.id:
            row.problems.append(
                _("The employee number belongs to %(one)s, the e-mail address to %(other)s.")
                % {"one": by_number.values["name"], "other": by_email.values["name"]}
            )
        row.changes = _changes(known, row.values)


def _known(row: Mapping[str, object]) -> Known:
    values = {name: str(row[name] or "") for name in ("name", "email", "title", "location", "external_id")}
    values["department"] = str(row["department__name"] or "")
    return Known(uuid.UUID(str(row["id"])), values, row["archived_at"] is not None)


def _changes(known: Known, values: Mapping[str, str]) -> list[Change]:
    changes = []
    for name, new in values.items():
        old = known.values[name]
        # A department is one whatever the case of its letters; an address too.
        same = old.casefold() == new.casefold() if name in {"department", "email"} else old == new
        if new and not same:
            changes.append(Change(name, old, new))
    if known.archived:
        changes.append(Change(RESTORED, _("yes"), _("no")))
    return changes
