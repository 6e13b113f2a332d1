"""A style's own files: backdrop and reference pictures, colour tables. The editor's pickers talk to these."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from branding.look import MOST_REFERENCES
from branding.materials import MaterialRefused
from branding.materials import delete as delete_file
from branding.models import Backdrop, ColorTable, Material, Reference
from generation import sentences
from generation.imaging.errors import DecodeError
from generation.services import materials
from generation.views.media import stream
from portal.lib import storage
from teams.http import MemberRequest
from teams.permissions import Action, access

# The picker of each kind of file, and the field of the editor that it fills.
_PICKERS: Final[dict[type[Material], tuple[str, str]]] = {
    Backdrop: ("branding/_pictures.html", "backdrop_image"),
    ColorTable: ("branding/_tables.html", "grade_lut"),
    Reference: ("branding/_references.html", "references"),
}


@access(Action.MANAGE_STYLES)
@require_POST
def upload_backdrop(request: MemberRequest) -> HttpResponseBase:
    """Take a picture of a room; answers the picker with it chosen, or with what is wrong."""
    return _upload(request, Backdrop, materials.add_backdrop)


@access(Action.MANAGE_STYLES)
@require_POST
def upload_table(request: MemberRequest) -> HttpResponseBase:
    """Take a colour table; answers the picker with it chosen, or with what is wrong."""
    return _upload(request, ColorTable, materials.add_table)


@access(Action.MANAGE_STYLES)
@require_POST
def upload_reference(request: MemberRequest) -> HttpResponseBase:
    """Take a reference picture; answers the picker with it chosen, or with what is wrong."""
    return _upload(request, Reference, materials.add_reference)


def _upload(
    request: MemberRequest, model: type[Material], add: "Callable[[Any, UploadedFile[Any], Any], Material]"
) -> HttpResponseBase:
    file = request.FILES.get("file")
    if file is None:
        return _answer(request, model, wrong=_("Choose a file first."))
    try:
        row = add(request.company, file, request.user)
    except DecodeError as error:
        return _answer(request, model, wrong=sentences.sentence(error.code, error.data))
    except MaterialRefused as refusal:
        return _answer(request, model, wrong=refusal.message)
    return _answer(request, model, chosen=row.key, told=_("“%s” is uploaded.") % row.name)


@access(Action.MANAGE_STYLES)
@require_POST
def delete_backdrop(request: MemberRequest, backdrop: uuid.UUID) -> HttpResponseBase:
    """Delete a picture that no style uses."""
    return _delete(request, get_object_or_404(Backdrop, company=request.company, pk=backdrop))


@access(Action.MANAGE_STYLES)
@require_POST
def delete_reference(request: MemberRequest, reference: uuid.UUID) -> HttpResponseBase:
    """Delete a reference picture that no style uses."""
    return _delete(request, get_object_or_404(Reference, company=request.company, pk=reference))


@access(Action.MANAGE_STYLES)
@require_POST
def delete_table(request: MemberRequest, table: uuid.UUID) -> HttpResponseBase:
    """Delete a colour table that no style uses."""
    return _delete(request, get_object_or_404(ColorTable, company=request.company, pk=table))


def _delete(request: MemberRequest, row: Material) -> HttpResponseBase:
    name = row.name
    try:
        delete_file(row, request.user)
    except MaterialRefused as refusal:
        return _answer(request, type(row), wrong=refusal.message)
    return _answer(request, type(row), told=_("“%s” is deleted.") % name)


def _answer(
    request: MemberRequest, model: type[Material], *, chosen: str = "", wrong: str = "", told: str = ""
) -> HttpResponseBase:
    """The picker for htmx; without script, back to the page with the sentence on it."""
    if not request.htmx:
        (messages.warning if wrong else messages.success)(request, wrong or told)
        return HttpResponseRedirect(_back(request))
    template, field = _PICKERS[model]
    context = {
        "files": model._default_manager.filter(company=request.company),
        "chosen": _chosen(request, model, field, chosen),
        "wrong": wrong,
        "told": told,
    }
    return render(request, template, context)


def _chosen(request: MemberRequest, model: type[Material], field: str, new: str) -> str | list[str]:
    """What the picker shows as chosen: the new file, or what was; of several as many as a look takes."""
    if model is not Reference:
        return new or request.POST.get(field, "")
    before = [key for key in request.POST.getlist(field) if key and key != new]
    return [*before, new][:MOST_REFERENCES] if new else before


def _back(request: MemberRequest) -> str:
    to = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        return to
    return reverse("styles:list", kwargs={"company": request.company.slug})


@access(Action.MANAGE_STYLES)
@require_GET
def thumbnail(request: MemberRequest, backdrop: uuid.UUID) -> HttpResponseBase:
    """A backdrop picture, small."""
    row = get_object_or_404(Backdrop, company=request.company, pk=backdrop)
    return stream(request, storage.brand(), row.thumbnail)


@access(Action.MANAGE_STYLES)
@require_GET
def reference_thumbnail(request: MemberRequest, reference: uuid.UUID) -> HttpResponseBase:
    """A reference picture, small."""
    row = get_object_or_404(Reference, company=request.company, pk=reference)
    return stream(request, storage.brand(), row.thumbnail)
