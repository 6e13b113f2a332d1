"""Pages of styles: gallery, editor, publishing, versions, comparison."""

import uuid
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from branding import engines, selectors, services
from branding.controls import differences
from branding.forms import DraftForm, NewStyleForm, PublishForm, look_query
from branding.look import Look
from branding.models import Backdrop, ColorTable, Reference, Style
from branding.starters import START
from teams.http import MemberRequest
from teams.permissions import Action, access


def _style(request: MemberRequest, pk: uuid.UUID) -> Style:
    return get_object_or_404(Style, company=request.company, pk=pk)


def _to(request: MemberRequest, name: str, style: Style | None = None) -> HttpResponseRedirect:
    kwargs: dict[str, Any] = {"company": request.company.slug}
    if style is not None:
        kwargs["style"] = style.pk
    return HttpResponseRedirect(reverse(f"styles:{name}", kwargs=kwargs))


@access(Action.MANAGE_STYLES)
@require_GET
def gallery(request: MemberRequest) -> HttpResponse:
    """All styles of the company, the default first."""
    styles = selectors.gallery(request.company.pk)
    archived = selectors.gallery(request.company.pk, archived=True)
    undo = next((style for style in archived if str(style.pk) == request.GET.get("undo")), None)
    context = {"cards": [_card(style) for style in styles], "archived": archived, "undo": undo}
    return render(request, "branding/gallery.html", context)


def _card(style: Style) -> dict[str, Any]:
    last = style.versions.all()[0] if style.versions.all() else None
    shown = last.look if last else style.draft_look
    return {
        "style": style,
        "last": last,
        "changed": last is not None and last.look != style.draft_look,
        "query": look_query(shown),
    }


@access(Action.MANAGE_STYLES)
@require_http_methods(["GET", "POST"])
def new(request: MemberRequest) -> HttpResponse:
    """A new style from a starter, blank, or a copy of another."""
    styles = selectors.gallery(request.company.pk)
    start = {"start": request.GET.get("from", "corporate")}
    form = NewStyleForm(request.POST or None, styles=styles, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            style = services.create_style(
                request.company, form.cleaned_data["name"], form.look(), request.user
            )
        except services.StyleRefused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            return _to(request, "edit", style)
    chosen = str(form["start"].value())
    cards = [
        {"key": key, "label": label, "about": getattr(START.get(key), "about", ""), "query": look_query(look)}
        for (key, label), look in zip(form.fields["start"].choices, form.looks.values(), strict=True)  # type: ignore[attr-defined]
    ]
    context = {"form": form, "cards": cards, "chosen": chosen}
    return render(request, "branding/new.html", context, status=422 if form.errors else 200)


@access(Action.MANAGE_STYLES)
@require_GET
def edit(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """The editor."""
    row = _style(request, style)
    form = DraftForm(
        base=row.draft_look,
        engines=engines.offered(request.company),
        initial={"name": row.name, "seen": services.seen_of(row)},
    )
    return _editor(request, row, form)


def _editor(
    request: MemberRequest, row: Style, form: DraftForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "style": row,
        "form": form,
        "last": row.versions.first(),
        "changes": selectors.changes(row),
        "query": look_query(row.draft_look),
        "pictures": Backdrop.objects.filter(company=request.company),
        "tables": ColorTable.objects.filter(company=request.company),
        "references": Reference.objects.filter(company=request.company),
        **more,
    }
    return render(request, "branding/editor.html", context, status=status)


@access(Action.MANAGE_STYLES)
@require_POST
def save(request: MemberRequest, style: uuid.UUID) -> HttpResponseBase:
    """Save the draft: by itself (answers JSON) or by the button (a page)."""
    row = _style(request, style)
    by_itself = request.headers.get("Accept") == "application/json"
    known = selectors.file_names(request.company.pk)
    form = DraftForm(request.POST, base=row.draft_look, known=known, engines=engines.offered(request.company))
    if form.is_valid():
        name, seen = form.cleaned_data["name"], form.cleaned_data["seen"]
        try:
            saved = services.save_draft(row, name, form.look, seen, request.user)
        except services.StaleDraft as stale:
            return _stale(request, stale.style, form, by_itself)
        except services.StyleRefused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            return _saved(request, saved, by_itself)
    if by_itself:
        return JsonResponse({"errors": form.errors}, status=422)
    return _editor(request, row, form, status=422)


def _saved(request: MemberRequest, saved: Style, by_itself: bool) -> HttpResponseBase:
    if not by_itself:
        messages.success(request, _("Saved."))
        return _to(request, "edit", saved)
    changed = selectors.changes(saved)
    told = {
        "seen": services.seen_of(saved),
        "at": _clock(saved),
        "name": saved.name,
        "changes": [str(change.sentence) for change in changed],
    }
    return JsonResponse(told)


def _stale(request: MemberRequest, current: Style, form: DraftForm, by_itself: bool) -> HttpResponseBase:
    """Somebody else's save came first: say so, show what differs, throw nothing away."""
    names = selectors.file_names(request.company.pk)
    found = [str(item.sentence) for item in differences(current.draft_look, form.look, names)]
    if current.name != form.cleaned_data["name"]:
        found.insert(0, _("Name from %(a)s to %(b)s") % {"a": current.name, "b": form.cleaned_data["name"]})
    if by_itself:
        told = {"seen": services.seen_of(current), "at": _clock(current), "differences": found}
        return JsonResponse(told, status=409)
    # The next press of Save then knowingly goes over what stands there now.
    data = request.POST.copy()
    data["seen"] = services.seen_of(current)
    bound = DraftForm(data, base=current.draft_look, engines=engines.offered(request.company))
    bound.is_valid()
    conflict = {"at": _clock(current), "differences": found}
    return _editor(request, current, bound, status=409, conflict=conflict)


def _clock(style: Style) -> str:
    return date_format(timezone.localtime(style.updated_at), "TIME_FORMAT")


@access(Action.MANAGE_STYLES)
@require_http_methods(["GET", "POST"])
def publish(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Confirm and freeze the draft as the next version."""
    row = _style(request, style)
    start = {"seen": services.seen_of(row), "make_default": row.is_default}
    form = PublishForm(request.POST or None, style=row, initial=start)
    if request.method == "POST" and form.is_valid():
        default = form.cleaned_data["make_default"]
        try:
            version = services.publish(row, form.cleaned_data["seen"], request.user, default=default)
        except services.StaleDraft:
            messages.warning(
                request, _("The draft was changed meanwhile. Look at it again before publishing.")
            )
            return _to(request, "publish", row)
        except services.StyleRefused as refusal:
            # Also the second half of a double click: the versions show what stands there.
            messages.info(request, refusal.message)
            return _to(request, "versions", row)
        else:
            messages.success(request, _("%s is published.") % version)
            return _to(request, "versions", row)
    last = row.versions.first()
    context = {
        "style": row,
        "form": form,
        "last": last,
        "number": last.number + 1 if last else 1,
        "changes": selectors.changes(row),
        "same": last is not None and last.look == row.draft_look,
        "query": look_query(row.draft_look),
        "last_query": look_query(last.look) if last else "",
    }
    return render(request, "branding/publish.html", context, status=422 if form.errors else 200)


@access(Action.MANAGE_STYLES)
@require_GET
def versions(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Every version, who uses it and what it changed."""
    row = _style(request, style)
    found = selectors.versions(row)
    names = selectors.file_names(request.company.pk)
    rows = [
        {
            "version": version,
            "changes": differences(older.look, version.look, names) if older else None,
            "query": look_query(version.look),
        }
        for version, older in zip_longest(found, found[1:])
    ]
    context = {"style": row, "rows": rows, "changes": selectors.changes(row)}
    return render(request, "branding/versions.html", context)


@access(Action.MANAGE_STYLES)
@require_GET
def compare(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Two states of a style side by side: numbers of versions, or `draft`."""
    row = _style(request, style)
    looks = _states(row)
    keys = list(looks)
    newer = request.GET.get("b", keys[0])
    older = request.GET.get("a", keys[1] if len(keys) > 1 else keys[0])
    if newer not in looks or older not in looks:
        raise Http404
    context = {
        "style": row,
        "states": [{"key": key, "label": label} for key, (label, _look) in looks.items()],
        "a": {"key": older, "label": looks[older][0], "query": look_query(looks[older][1])},
        "b": {"key": newer, "label": looks[newer][0], "query": look_query(looks[newer][1])},
        "differences": differences(
            looks[older][1], looks[newer][1], selectors.file_names(request.company.pk)
        ),
    }
    return render(request, "branding/compare.html", context)


def _states(row: Style) -> dict[str, tuple[str, Look]]:
    """The draft and every version by the key that the address names them with, newest first."""
    states = {"draft": (_("Draft"), row.draft_look)}
    for version in row.versions.all():
        states[str(version.number)] = (_("Version %d") % version.number, version.look)
    return states


@access(Action.MANAGE_STYLES)
@require_POST
def revert(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Put a version's look back into the draft."""
    row = _style(request, style)
    number = request.POST.get("number", "")
    version = row.versions.filter(number=number).first() if number.isdecimal() else None
    if version is None:
        messages.warning(request, _("This version does not exist."))
        return _to(request, "versions", row)
    try:
        seen = request.POST.get("seen") or services.seen_of(row)
        services.save_draft(row, row.name, version.look, seen, request.user)
    except services.StyleRefused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("The draft is as version %d again.") % version.number)
    return _to(request, "edit", row)


@access(Action.MANAGE_STYLES)
@require_POST
def default(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """New shoots use this style."""
    row = _style(request, style)
    try:
        services.make_default(row, request.user)
    except services.StyleRefused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("New shoots use “%s”.") % row.name)
    return _to(request, "list")


@access(Action.MANAGE_STYLES)
@require_POST
def archive(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Take a style out of the gallery; the gallery then offers to undo it."""
    row = _style(request, style)
    try:
        services.archive(row, request.user)
    except services.StyleRefused as refusal:
        messages.warning(request, refusal.message)
        return _to(request, "list")
    return HttpResponseRedirect(f"{_to(request, 'list').url}?undo={row.pk}")


@access(Action.MANAGE_STYLES)
@require_POST
def restore(request: MemberRequest, style: uuid.UUID) -> HttpResponse:
    """Put an archived style back."""
    row = _style(request, style)
    try:
        services.restore(row, request.user)
    except services.StyleRefused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("“%s” is back.") % row.name)
    return _to(request, "list")
