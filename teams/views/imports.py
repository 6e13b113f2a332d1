"""Importing a roster: upload, dry run with correctable columns, confirm."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from teams.actor import Actor
from teams.forms import ColumnsForm, ImportFileForm
from teams.http import MemberRequest
from teams.models import RosterImport
from teams.permissions import Action, access
from teams.services import imports, tables
from teams.services.columns import LABELS

# Rows of each kind that the page shows; the file with all errors is one click away.
SHOWN = 100
TEMPLATE_FIELDS = ("name", "email", "department", "title", "location", "external_id")


def _csv(name: str, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _import_or_404(request: MemberRequest, pk: uuid.UUID) -> RosterImport:
    return get_object_or_404(RosterImport.objects.select_related("company"), pk=pk)


def _to_import(request: MemberRequest, imported: RosterImport) -> HttpResponse:
    return redirect("people:import_review", company=request.company.slug, imported=imported.pk)


@access(Action.MANAGE_PEOPLE)
def upload(request: MemberRequest) -> HttpResponse:
    """Choose a file; nothing is written but the file's rows, aside."""
    form = ImportFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        imported = imports.keep(request.company, form.cleaned_data["file"], form.file_name, request.user)
        return _to_import(request, imported)
    status = 422 if form.errors else 200
    recent = RosterImport.objects.exclude(applied_at=None).defer("table").order_by("-applied_at")[:5]
    context = {"form": form, "recent": recent, "max_rows": tables.MAX_ROWS}
    return render(request, "teams/import_upload.html", context, status=status)


@access(Action.MANAGE_PEOPLE)
@require_safe
def template(request: MemberRequest) -> HttpResponse:
    """An empty roster file with the headings that are understood."""
    return _csv("roster.csv", tables.csv_bytes([[str(LABELS[field]) for field in TEMPLATE_FIELDS]]))


@access(Action.MANAGE_PEOPLE)
def review(request: MemberRequest, imported: uuid.UUID) -> HttpResponse:
    """The dry run; posting corrects the columns."""
    row = _import_or_404(request, imported)
    if row.applied_at is not None:
        return render(request, "teams/import_done.html", {"imported": row, "result": row.result})
    form = ColumnsForm(row.table["header"], row.table["columns"], request.POST or None)
    if request.method == "POST" and form.is_valid():
        imports.set_columns(row, form.columns)
        return _to_import(request, row)
    return _dry_run(request, row, form)


def _dry_run(
    request: MemberRequest, row: RosterImport, form: ColumnsForm, refused: str = "", status: int = 200
) -> HttpResponse:
    plan = imports.plan_of(row)
    sample = row.table["rows"][:3]
    used = {at: str(LABELS[field]) for field, at in row.table["columns"].items()}
    columns = [
        {"heading": heading, "field": used.get(at, ""), "sample": [cells[at] for cells in sample]}
        for at, heading in enumerate(row.table["header"])
    ]
    context: dict[str, Any] = {
        "imported": row,
        "form": form,
        "plan": plan,
        "columns": columns,
        "shown": SHOWN,
        "refused": refused,
        "total": len(row.table["rows"]),
    }
    if plan is not None:
        context["nothing"] = not (plan.new or plan.changed)
    return render(request, "teams/import_review.html", context, status=422 if form.errors else status)


@access(Action.MANAGE_PEOPLE)
@require_POST
def confirm(request: MemberRequest, imported: uuid.UUID) -> HttpResponse:
    """Write everything, once."""
    row = _import_or_404(request, imported)
    try:
        imports.apply(
            row,
            Actor.member(request.user),
            leave_out_bad=request.POST.get("leave_out_bad") == "on",
            archive_missing=request.POST.get("archive_missing") == "on",
        )
    except imports.Refused as refusal:
        row.refresh_from_db()
        form = ColumnsForm(row.table["header"], row.table["columns"])
        return _dry_run(request, row, form, _refusal(refusal.code), status=409)
    return _to_import(request, row)


def _refusal(code: str) -> str:
    return {
        "columns": _("Say first which columns hold the name and the e-mail address."),
        "bad_rows": _("Some rows cannot be imported. Tick “leave out the bad rows”, or correct the file."),
        "nothing": _("There is nothing to import: everybody in the file is on the roster as they are."),
        "roster_changed": _("The roster was changed in this moment. Nothing was imported; look again."),
    }[code]


@access(Action.MANAGE_PEOPLE)
@require_safe
def errors(request: MemberRequest, imported: uuid.UUID) -> HttpResponse:
    """The rows that cannot be read, with what is wrong: to correct and upload again."""
    row = _import_or_404(request, imported)
    plan = imports.plan_of(row)
    rows = imports.error_rows(row, plan, _("Problem")) if plan else [row.table["header"]]
    return _csv("roster-errors.csv", tables.csv_bytes(rows))


@access(Action.MANAGE_PEOPLE)
@require_POST
def discard(request: MemberRequest, imported: uuid.UUID) -> HttpResponse:
    """Forget an import that was not confirmed."""
    row = _import_or_404(request, imported)
    if row.applied_at is None:
        row.delete()
        messages.success(request, _("The file is discarded. Nothing was imported."))
    return redirect("people:import", company=request.company.slug)
