"""Approved headshots: find, look, download."""

import uuid
from typing import Final

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from branding.presets import PRESETS
from generation import review_selectors as selectors
from generation import sentences
from generation.models import Headshot
from generation.review_forms import SearchForm
from generation.services import renditions
from generation.views.media import stream
from portal.lib import storage
from teams import audit
from teams.actor import Actor
from teams.http import MemberRequest
from teams.permissions import Action, access

# A file name that every system takes, when a name has no latin letter.
_NAMELESS: Final = "headshot"


@access(Action.VIEW_LIBRARY)
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    """Everybody approved: search, filters, pages; ticked ones go into an export."""
    form = SearchForm(request.GET)
    search = form.search()
    page = selectors.library_page(search, request.GET.get("at", ""))
    base = reverse("library:list", args=[request.company.slug])

    def address(cursor: str) -> str:
        return f"{base}?{urlencode({**search.words(), 'at': cursor})}" if cursor else ""

    context = {
        "headshots": page.rows,
        "search": search,
        "total": selectors.find(search).count(),
        "narrowed": bool(search.words()),
        "departments": selectors.departments(request.company),
        "locations": selectors.locations(request.company),
        "next_url": address(page.next),
        "previous_url": address(page.previous),
    }
    fragment = "#results" if request.htmx and request.htmx.target == "results" else ""
    return render(request, f"generation/library/list.html{fragment}", context)


def _approved(headshot: uuid.UUID) -> Headshot:
    return get_object_or_404(selectors.approved().select_related("employee__company", "company"), pk=headshot)


@access(Action.VIEW_LIBRARY)
@require_safe
def show(request: MemberRequest, headshot: uuid.UUID) -> HttpResponse:
    """One headshot, large, with every size to download."""
    row = _approved(headshot)
    adjusted = sentences.nudged(row.candidate.nudge_steps)
    context = {"headshot": row, "presets": list(PRESETS.values()), "adjusted": adjusted}
    return render(request, "generation/library/show.html", context)


@access(Action.VIEW_LIBRARY)
@require_safe
def download(request: MemberRequest, headshot: uuid.UUID, preset: str) -> HttpResponseBase:
    """The headshot in one preset, made now if nobody has asked for it yet."""
    row = _approved(headshot)
    try:
        made = renditions.rendition(row, preset)
    except (renditions.UnknownPreset, FileNotFoundError) as error:
        raise Http404 from error
    name = slugify(row.employee.name) or _NAMELESS
    audit.record(
        "headshot.downloaded",
        row,
        Actor.member(request.user),
        employee_id=row.employee_id,
        name=row.employee.name,
        preset=preset,
    )
    file_name = f"{name}-{preset}.{PRESETS[preset].suffix}"
    return stream(request, storage.renditions(), made.file, download_as=file_name)
