"""Every picture's bytes, each behind its permission check; streamed from storage, never linked to it."""

import hashlib
import uuid
from typing import Final

from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpResponseBase, HttpResponseNotModified
from django.http.request import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags

from generation import copies
from generation.models import Candidate, Headshot, HeadshotStatus, PhotoStatus, SourcePhoto
from portal.lib import storage
from teams.http import CompanyRequest, EmployeeRequest, MemberRequest
from teams.permissions import MEMBER, PERSONAL_LINK, Action, access

# Seconds that a browser may show a picture without asking again whether it still may.
MAX_AGE_S: Final = 600
_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tif": "image/tiff"}
PHOTO_KINDS: Final = ("thumbnail", "upright")
CANDIDATE_KINDS: Final = ("thumb", "small", "large", "full")
# Made when first asked for.
_MADE: Final = {"large": copies.large, "thumb": copies.thumb}


@access(PERSONAL_LINK)
def own_photo(request: EmployeeRequest, photo: uuid.UUID, kind: str) -> HttpResponseBase:
    """An employee's own uploaded photo."""
    rows = SourcePhoto.objects.filter(employee=request.employee)
    return _photo(request, get_object_or_404(rows.exclude(status=PhotoStatus.DELETED), pk=photo), kind)


@access(Action.REVIEW)
def photo(request: MemberRequest, photo: uuid.UUID, kind: str) -> HttpResponseBase:
    """Somebody's uploaded photo, for those who judge likeness."""
    rows = SourcePhoto.objects.exclude(status=PhotoStatus.DELETED)
    return _photo(request, get_object_or_404(rows, pk=photo), kind)


@access(PERSONAL_LINK)
def own_candidate(request: EmployeeRequest, candidate: uuid.UUID, kind: str) -> HttpResponseBase:
    """A finished picture of the employee."""
    return _candidate(
        request, get_object_or_404(Candidate, pk=candidate, shoot__employee=request.employee), kind
    )


@access(Action.REVIEW)
def candidate(request: MemberRequest, candidate: uuid.UUID, kind: str) -> HttpResponseBase:
    """Anybody's finished picture, chosen or not, for those who review."""
    return _candidate(request, get_object_or_404(Candidate, pk=candidate), kind)


@access(MEMBER)
def headshot(request: MemberRequest, headshot: uuid.UUID, kind: str) -> HttpResponseBase:
    """An approved headshot: every member may see it."""
    approved = Headshot.objects.filter(status=HeadshotStatus.APPROVED).select_related("candidate__shoot")
    return _candidate(request, get_object_or_404(approved, pk=headshot).candidate, kind)


def _photo(request: CompanyRequest, row: SourcePhoto, kind: str) -> HttpResponseBase:
    if kind not in PHOTO_KINDS:
        raise Http404
    key = row.thumbnail if kind == "thumbnail" else row.normalized
    return stream(request, storage.originals(), key)


def _candidate(request: CompanyRequest, row: Candidate, kind: str) -> HttpResponseBase:
    if kind not in CANDIDATE_KINDS:
        raise Http404
    if kind in _MADE:
        try:
            return stream(request, storage.renditions(), _MADE[kind](row))
        except FileNotFoundError as error:
            raise Http404 from error
    return stream(request, storage.renditions(), row.small if kind == "small" else row.image)


def stream(request: HttpRequest, store: Storage, key: str, *, download_as: str = "") -> HttpResponseBase:
    """The bytes under `key`, typed by the suffix that we gave it; 404 when there are none.

    Files are written once under keys made of ids, so the key is the version.
    """
    if not key:
        raise Http404
    etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:24]}"'
    response: HttpResponseBase
    if etag in parse_etags(request.headers.get("If-None-Match", "")) and store.exists(key):
        response = HttpResponseNotModified()
    else:
        response = _file(store, key, download_as)
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=MAX_AGE_S)
    return response


def _file(store: Storage, key: str, download_as: str) -> FileResponse:
    try:
        file = store.open(key, "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    content_type = _TYPES.get(key.rpartition(".")[2], "application/octet-stream")
    name = download_as or key.rpartition("/")[2]
    response = FileResponse(file, content_type=content_type, as_attachment=bool(download_as), filename=name)
    # Shown inside our pages only, whatever it turns out to be.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
