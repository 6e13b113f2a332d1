"""Writes to the roster: add, edit, archive and restore employees; departments by name."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from teams.actor import Actor
from teams.audit import record, record_many
from teams.models import Company, Department, Employee

# What HR may write about a person, in the order of the form.
FIELDS = ("name", "email", "title", "location", "external_id")


class Duplicate(Exception):
    """Somebody on the roster already has this e-mail address or employee number."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def department_named(company: Company, name: str) -> Department | None:
    """The department with this name in any spelling of case, made if it is new; None for an empty name."""
    name = " ".join(name.split())
    if not name:
        return None
    found = Department.objects.filter(company=company, name__iexact=name).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Department.objects.create(company=company, name=name)
    except IntegrityError:
        # Somebody else made it in this moment.
        return Department.objects.get(company=company, name__iexact=name)


@transaction.atomic
def add_employee(company: Company, values: dict[str, Any], by: Actor) -> Employee:
    """Add a person; `values` holds FIELDS and `department` (a name). Raises Duplicate."""
    employee = Employee(company=company, **_columns(company, values))
    _save(employee)
    record("employee.added", employee, by, employee_id=employee.pk, name=employee.name)
    return employee


@transaction.atomic
def edit_employee(employee: Employee, values: dict[str, Any], by: Actor) -> list[str]:
    """Write what differs and return the names of the changed columns. Raises Duplicate."""
    columns = _columns(employee.company, values)
    changed = [name for name, value in columns.items() if getattr(employee, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(employee, name, columns[name])
    _save(employee)
    record("employee.edited", employee, by, employee_id=employee.pk, fields=changed)
    return changed


def _columns(company: Company, values: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: values.get(name, "") for name in FIELDS},
        "department": department_named(company, values.get("department", "")),
    }


def _save(employee: Employee) -> None:
    others = Employee.objects.filter(company_id=employee.company_id).exclude(pk=employee.pk)
    if others.filter(email__iexact=employee.email).exists():
        raise Duplicate("email")
    if employee.external_id and others.filter(external_id=employee.external_id).exists():
        raise Duplicate("external_id")
    try:
        with transaction.atomic():
            employee.save()
    except IntegrityError as error:
        # Another tab was faster between the check and the write.
        raise Duplicate("external_id" if "external_id" in str(error) else "email") from error


def archive(company: Company, ids: Iterable[uuid.UUID], by: Actor) -> list[uuid.UUID]:
    """Take people off the roster without losing anything; their links stop working. Returns whom."""
    return _set_archived(company, ids, by, archive_them=True)


def restore(company: Company, ids: Iterable[uuid.UUID], by: Actor) -> list[uuid.UUID]:
    """Undo of `archive`: everything is as before, links included. Returns whom."""
    return _set_archived(company, ids, by, archive_them=False)


@transaction.atomic
def _set_archived(
    company: Company, ids: Iterable[uuid.UUID], by: Actor, *, archive_them: bool
) -> list[uuid.UUID]:
    people = list(
        Employee.objects.select_for_update()
        .filter(company=company, pk__in=list(ids), archived_at__isnull=archive_them)
        .order_by("pk")
    )
    moved = [person.pk for person in people]
    now = timezone.now()
    Employee.objects.filter(pk__in=moved).update(archived_at=now if archive_them else None, updated_at=now)
    action = "employee.archived" if archive_them else "employee.restored"
    record_many(action, [(person, person.pk, {"name": person.name}) for person in people], by)
    return moved
