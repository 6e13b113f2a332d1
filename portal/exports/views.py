"""Sets of headshots for the outside: asking, watching, downloading, and who did."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from branding.presets import PRESETS
from generation import review_selectors, turns
from portal.exports import names, ranges, selectors, sentences, services
from portal.exports.forms import SELECTION_MOST, ExportForm
from portal.lib import storage
from portal.lib.keyset import page
from portal.models import Export, ExportChoice, ExportStatus
from teams.http import MemberRequest
from teams.permissions import Action, access
from teams.transitions import TransitionRefused

_PAGE: Final = 30


def _export(export: uuid.UUID) -> Export:
    return get_object_or_404(selectors.history(), pk=export)


@access(Action.EXPORT)
@require_safe
def export_list(request: MemberRequest) -> HttpResponse:
    """The history: who exported what, when, and what can still be downloaded."""
    rows = Export.objects.select_related("requested_by")
    found = page(rows, ("created_at", "id"), request.GET.get("at", ""), _PAGE, descending=True)
    base = reverse("exports:list", args=[request.company.slug])
    context = {
        "exports": [sentences.describe(row) for row in found.rows],
        "next_url": f"{base}?at={found.next}" if found.next else "",
        "previous_url": f"{base}?at={found.previous}" if found.previous else "",
        "approved": review_selectors.approved().count(),
    }
    return render(request, "portal/exports/list.html", context)


@access(Action.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: MemberRequest) -> HttpResponse:
    """Choose sizes, people and file names."""
    selection = _selection(request)
    if request.method != "POST":
        kind = ExportChoice.SELECTION if selection else ExportChoice.ALL
        initial = {"request_key": uuid.uuid4(), "choice": kind}
        return _form_page(request, ExportForm(request.company, selection, initial=initial), kind)
    form = ExportForm(request.company, selection, request.POST)
    if not form.is_valid():
        return _form_page(request, form, request.POST.get("choice", ""), status=422)
    data = form.cleaned_data
    wish = services.Wish(
        key=data["request_key"],
        choice=data["choice"],
        choice_name=form.choice_name,
        presets=data["presets"],
        pattern=data["pattern"],
        headshots=form.people,
    )
    export = services.request_export(request.company, request.user, wish)
    return redirect("exports:show", company=request.company.slug, export=export.pk)


def _selection(request: MemberRequest) -> list[uuid.UUID]:
    words = request.POST if request.method == "POST" else request.GET
    ids = []
    for text in words.getlist("headshot")[:SELECTION_MOST]:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue
    return ids


def _form_page(request: MemberRequest, form: ExportForm, choice: str, status: int = 200) -> HttpResponse:
    presets = form.data.getlist("presets") if form.is_bound else list(PRESETS)  # type: ignore[attr-defined]
    context = {
        "form": form,
        "choice": choice or ExportChoice.ALL,
        "chosen_presets": presets,
        "presets": list(PRESETS.values()),
        "placeholders": names.PLACEHOLDERS,
        "approved": review_selectors.approved().count(),
        "changed": selectors.people(selectors.Choice(ExportChoice.CHANGED), presets).count(),
        "selected": list(review_selectors.by_ids(form.selection)),
        "preview": _preview(form, choice, request),
    }
    return render(request, "portal/exports/new.html", context, status=status)


def _preview(form: ExportForm, choice: str, request: MemberRequest) -> ExportForm:
    """The form as it would be judged: the first view shows real names already."""
    if form.is_bound:
        return form
    data = {
        "presets": list(PRESETS),
        "choice": choice,
        "pattern": names.STANDARD,
        "request_key": str(uuid.uuid4()),
    }
    judged = ExportForm(request.company, form.selection, data)
    judged.is_valid()
    return judged


@access(Action.EXPORT)
@require_GET
def preview(request: MemberRequest) -> HttpResponse:
    """How many people, three real file names, and whether any two clash; while the form is filled in."""
    data: Any = request.GET.copy()
    data["request_key"] = str(uuid.uuid4())
    form = ExportForm(request.company, _selection(request), data)
    form.is_valid()
    return render(request, "portal/exports/new.html#preview", {"preview": form})


@access(Action.EXPORT)
@require_safe
def show(request: MemberRequest, export: uuid.UUID) -> HttpResponse:
    """How far it is, live; then what is in it and the download."""
    row = _export(export)
    ready = row.status == ExportStatus.READY
    context = {
        "export": row,
        "about": sentences.describe(row),
        "skipped": [sentences.left_out(one) for one in row.skipped],
        "stranded": row.status == ExportStatus.QUEUED and not turns.served(services.QUEUE),
        "left_since": selectors.no_longer_approved(row) if ready else 0,
    }
    fragment = "#state" if request.htmx else ""
    return render(request, f"portal/exports/show.html{fragment}", context)


@access(Action.EXPORT)
@require_POST
def retry(request: MemberRequest, export: uuid.UUID) -> HttpResponse:
    """Try a failed export again."""
    row = _export(export)
    try:
        services.retry(row, request.user)
    except TransitionRefused:
        messages.info(request, _("It is being tried again already."))
    return redirect("exports:show", company=request.company.slug, export=row.pk)


@access(Action.EXPORT)
@require_safe
def download(request: MemberRequest, export: uuid.UUID) -> HttpResponseBase:
    """The archive, whole or from where a download broke off."""
    row = _export(export)
    late = row.expires_at is not None and row.expires_at <= timezone.now()
    if row.status != ExportStatus.READY or late:
        messages.warning(request, _("This archive is not there any more. Make a new export."))
        return redirect("exports:show", company=request.company.slug, export=row.pk)
    day = timezone.localtime(row.created_at).date().isoformat()
    name = f"{slugify(request.company.name) or 'headshots'}-headshots-{day}.zip"
    try:
        response = ranges.send(
            request, storage.exports(), row.file, size=row.size_bytes, etag=row.sha256, name=name
        )
    except FileNotFoundError as error:
        raise Http404 from error
    # The rest of a download that broke off is no second one.
    if response.status_code == 200 and request.method == "GET":
        services.downloaded(row, request.user)
    return response
