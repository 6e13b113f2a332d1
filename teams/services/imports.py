"""Importing a roster: keep the parsed table, show the dry run, write everything or nothing."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from teams.actor import Actor
from teams.audit import record, record_many
from teams.models import Company, Department, Employee, RosterImport, User
from teams.services import columns as headings
from teams.services import roster
from teams.services.columns import Columns
from teams.services.rosterplan import RESTORED, Plan, PlanRow, make_plan
from teams.services.tables import Table

_WRITTEN = ["name", "email", "title", "location", "external_id", "department", "archived_at", "updated_at"]


class Refused(Exception):
    """Nothing was imported. `code`: "columns", "bad_rows", "nothing", "roster_changed"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def keep(company: Company, table: Table, file_name: str, user: User) -> RosterImport:
    """Keep an uploaded table until it is confirmed; the columns are guessed."""
    return RosterImport.objects.create(
        company=company,
        created_by=user,
        file_name=file_name[-200:],
        table={
            "header": table.header,
            "rows": table.rows,
            "lines": table.lines,
            "columns": headings.guess(table.header),
        },
    )


def set_columns(imported: RosterImport, columns: Columns) -> None:
    """Correct which column holds what; after the import nothing changes any more."""
    if imported.applied_at is None:
        imported.table["columns"] = columns
        imported.save(update_fields=["table"])


def plan_of(imported: RosterImport) -> Plan | None:
    """The dry run against the roster as it is now; None while name or e-mail column is not known."""
    table = imported.table
    if not headings.complete(table["columns"]):
        return None
    return make_plan(imported.company, table["rows"], table["lines"], table["columns"])


def error_rows(imported: RosterImport, plan: Plan, problem_heading: str) -> Iterator[Sequence[object]]:
    """The bad rows as they came, with what is wrong in a last column; the file can be corrected and
    uploaded again."""
    yield [*imported.table["header"], problem_heading]
    for row in plan.bad:
        yield [*row.cells, " ".join(row.problems)]


def apply(
    imported: RosterImport, by: Actor, *, leave_out_bad: bool = False, archive_missing: bool = False
) -> dict[str, int]:
    """Write the import in one transaction and return its counts.

    A second call returns the counts of the first. Raises Refused, and then nothing was written.
    """
    try:
        with transaction.atomic():
            return _apply(imported, by, leave_out_bad, archive_missing)
    except IntegrityError as error:
        # Somebody added the same person by hand between the plan and the write.
        raise Refused("roster_changed") from error


def _apply(imported: RosterImport, by: Actor, leave_out_bad: bool, archive_missing: bool) -> dict[str, int]:
    # One import of a company at a time: the plan must still hold when it is written.
    company = Company.objects.select_for_update(no_key=True).get(pk=imported.company_id)
    imported.refresh_from_db()
    if imported.applied_at is not None:
        return dict(imported.result)
    plan = plan_of(imported)
    if plan is None:
        raise Refused("columns")
    if plan.bad and not leave_out_bad:
        raise Refused("bad_rows")
    if not (plan.new or plan.changed or (archive_missing and plan.missing)):
        raise Refused("nothing")
    _write(company, plan, by)
    archived = roster.archive(company, [known.id for known in plan.missing], by) if archive_missing else []
    imported.applied_at = timezone.now()
    imported.result = _counts(plan, len(archived))
    imported.save(update_fields=["applied_at", "result"])
    record("roster.imported", imported, by, file=imported.file_name, **imported.result)
    return dict(imported.result)


def _counts(plan: Plan, archived: int) -> dict[str, int]:
    return {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "unchanged": len(plan.same),
        "bad": len(plan.bad),
        "archived": archived,
    }


def _write(company: Company, plan: Plan, by: Actor) -> None:
    departments = _departments(company, [*plan.new, *plan.changed])
    added = [_fill(Employee(company=company), row, departments) for row in plan.new]
    Employee.objects.bulk_create(added, batch_size=1000)
    people = Employee.objects.in_bulk([row.employee_id for row in plan.changed if row.employee_id])
    edited = [
        (_fill(people[row.employee_id], row, departments), row) for row in plan.changed if row.employee_id
    ]
    # Insert … on conflict (id) update: one statement per thousand people.
    Employee.objects.bulk_create(
        [employee for employee, _row in edited],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_WRITTEN,
    )
    record_many("employee.added", [(one, one.pk, {"name": one.name, "import": True}) for one in added], by)
    record_many("employee.edited", [(one, one.pk, _edit_data(row)) for one, row in edited], by)


def _edit_data(row: PlanRow) -> dict[str, Any]:
    return {"fields": [change.field for change in row.changes], "import": True}


def _fill(employee: Employee, row: PlanRow, departments: dict[str, uuid.UUID]) -> Employee:
    for name, value in row.values.items():
        if not value:
            continue
        if name == "department":
            employee.department_id = departments[value.casefold()]
        else:
            setattr(employee, name, value)
    if any(change.field == RESTORED for change in row.changes):
        employee.archived_at = None
    employee.updated_at = timezone.now()
    return employee


def _departments(company: Company, rows: Sequence[PlanRow]) -> dict[str, uuid.UUID]:
    """Every department that the rows name, by case-folded name; new ones are made."""
    have = {
        name.casefold(): pk
        for pk, name in Department.objects.filter(company=company).values_list("pk", "name")
    }
    wanted = {row.values.get("department", "").casefold(): row.values.get("department", "") for row in rows}
    new = [Department(company=company, name=name) for key, name in wanted.items() if key and key not in have]
    Department.objects.bulk_create(new, batch_size=1000)
    return have | {department.name.casefold(): department.pk for department in new}
