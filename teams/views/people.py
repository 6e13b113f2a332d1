"""Adding, editing, archiving one employee. The list and the person's page are in portal.views_people."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from teams.actor import Actor
from teams.forms import EmployeeForm
from teams.http import MemberRequest
from teams.models import Department, Employee
from teams.permissions import Action, access
from teams.services import roster


def employee_or_404(request: MemberRequest, pk: uuid.UUID) -> Employee:
    """This company's employee, archived or not."""
    return get_object_or_404(Employee.objects.select_related("company", "department"), pk=pk)


def to_person(request: MemberRequest, employee: Employee) -> HttpResponse:
    """Back to the person's page."""
    return redirect("people:person", company=request.company.slug, employee=employee.pk)


def _refuse_duplicate(form: EmployeeForm, error: roster.Duplicate) -> None:
    sentences = {
        "email": _("Somebody on the roster (or in the archive) already has this e-mail address."),
        "external_id": _("Somebody on the roster (or in the archive) already has this number."),
    }
    form.add_error(error.field, sentences[error.field])


def _page(request: MemberRequest, form: EmployeeForm, **context: Any) -> HttpResponse:
    departments = Department.objects.filter(company=request.company)
    status = 422 if form.errors else 200
    return render(
        request,
        "teams/person_form.html",
        {"form": form, "departments": departments, **context},
        status=status,
    )


@access(Action.MANAGE_PEOPLE)
def add(request: MemberRequest) -> HttpResponse:
    """Add a person by hand."""
    form = EmployeeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            employee = roster.add_employee(request.company, form.cleaned_data, Actor.member(request.user))
        except roster.Duplicate as error:
            _refuse_duplicate(form, error)
        else:
            messages.success(request, _("%(name)s is on the roster.") % {"name": employee.name})
            if "another" in request.POST:
                return redirect("people:add", company=request.company.slug)
            return to_person(request, employee)
    return _page(request, form)


@access(Action.MANAGE_PEOPLE)
def edit(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Change a person's data."""
    person = employee_or_404(request, employee)
    form = EmployeeForm(request.POST or None, initial=EmployeeForm.of(person))
    if request.method == "POST" and form.is_valid():
        try:
            changed = roster.edit_employee(person, form.cleaned_data, Actor.member(request.user))
        except roster.Duplicate as error:
            person.refresh_from_db()
            _refuse_duplicate(form, error)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return to_person(request, person)
    return _page(request, form, employee=person)


@access(Action.MANAGE_PEOPLE)
@require_POST
def archive(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Take a person off the roster; undone on their page."""
    person = employee_or_404(request, employee)
    roster.archive(request.company, [person.pk], Actor.member(request.user))
    messages.success(request, _("%(name)s is archived. Their link no longer works.") % {"name": person.name})
    return to_person(request, person)


@access(Action.MANAGE_PEOPLE)
@require_POST
def restore(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Undo of archiving."""
    person = employee_or_404(request, employee)
    roster.restore(request.company, [person.pk], Actor.member(request.user))
    messages.success(request, _("%(name)s is back on the roster.") % {"name": person.name})
    return to_person(request, person)


@access(Action.MANAGE_PEOPLE)
@require_POST
def restore_many(request: MemberRequest) -> HttpResponse:
    """Undo of a bulk archive, from the list's message."""
    ids = [pk for text in request.POST.get("ids", "").split(",") if (pk := as_uuid(text))]
    restored = roster.restore(request.company, ids, Actor.member(request.user))
    messages.success(request, _("%(count)d people are back on the roster.") % {"count": len(restored)})
    return redirect("people:list", company=request.company.slug)


def as_uuid(text: str) -> uuid.UUID | None:
    """The id, or None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
