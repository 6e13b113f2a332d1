"""The employee's pages behind the personal link: photos, making, choosing, done. One picture by itself is in
`picks`."""

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branding.selectors import version_for
from generation import selectors, sentences
from generation.forms import ACCEPT, PieceForm, RetakeForm, limited_upload_handlers
from generation.models import HeadshotStatus, PhotoStatus, Shoot, ShootStatus, SourcePhoto
from generation.services import choices, engines, renditions, shoots, uploads
from generation.views import steps
from generation.views.consented import consented
from generation.views.media import stream
from generation.views.personal import away, go, own_candidate, page, part, url_of
from portal.lib import storage
from teams.actor import Actor
from teams.http import EmployeeRequest
from teams.permissions import PERSONAL_LINK, access
from teams.transitions import TransitionRefused

_STEP_URLS = {
    "consent": "me:welcome",
    "photos": "studio:photos",
    "making": "studio:making",
    "choose": "studio:choose",
    "done": "studio:done",
}


@access(PERSONAL_LINK)
@require_safe
def here(request: EmployeeRequest) -> HttpResponse:
    """Send the person to where they are."""
    return go(request, _STEP_URLS[selectors.step(request.employee)])


# --- photos --------------------------------------------------------------------------------------


@access(PERSONAL_LINK)
@csrf_exempt  # checked by `_take_form`, after the upload handlers are in place
@require_http_methods(["GET", "HEAD", "POST"])
@consented
def photos(request: EmployeeRequest) -> HttpResponseBase:
    """Add photos, see their verdicts, and go on when there are enough."""
    if request.method == "POST":
        limit = limited_upload_handlers(request)
        return _take_form(request, limit)
    employee = request.employee
    return page(
        request,
        "photos",
        "photos",
        **_photo_context(request),
        upload_url=url_of(request, "studio:upload", key=uuid.UUID(int=0)),
        accept=ACCEPT,
        piece_bytes=PIECE_BYTES,
        max_bytes=uploads.max_bytes(),
        unfinished=uploads.unfinished(employee),
        galleries=bool(selectors.galleries(employee)),
    )


# What the browser sends at once: small enough to lose little on a bad line, large enough to be quick.
PIECE_BYTES = 1024 * 1024


# First look for a verdict after this long; each further one waits longer, up to the last.
_FIRST_DELAY_MS, _DELAY_FACTOR, _LAST_DELAY_MS = 500, 1.4, 8000


def _photo_context(request: EmployeeRequest) -> dict[str, Any]:
    employee = request.employee
    photos = selectors.photo_set(employee)
    asked = request.GET.get("n", "")
    turn = min(int(asked), 50) if asked.isdecimal() else 0
    return {
        "set": photos,
        "coverage": steps.coverage(photos.covered),
        "round": turn,
        "delay_ms": round(min(_FIRST_DELAY_MS * _DELAY_FACTOR**turn, _LAST_DELAY_MS)),
        "why": request.GET.get("why", "") or request.POST.get("why", ""),
        "max_photos": request.company.max_photos,
        "shoots_left": selectors.shoots_left(employee),
        "style": (style := version_for(employee)),
        "drawing": engines.drawing(employee, style),
    }


@access(PERSONAL_LINK)
@require_safe
@consented
def photo_list(request: EmployeeRequest) -> HttpResponse:
    """The cards and the meter, while verdicts arrive."""
    if not request.htmx:
        return go(request, "studio:photos")
    return part(request, "photos.html#cards", **_photo_context(request))


@csrf_protect
def _take_form(request: EmployeeRequest, limit: Any) -> HttpResponse:
    """The form without script: each file is taken or refused on its own."""
    by = Actor.employee(request.employee)
    taken = 0
    for file in request.FILES.getlist("photos"):
        try:
            arrived = uploads.receive_file(request.employee, by, str(file.name), file, int(file.size or 0))
        except uploads.UploadRefused as error:
            messages.error(request, f"{file.name}: {sentences.sentence(error.code, error.data)}")
            continue
        if arrived.duplicate:
            messages.info(request, _("%(name)s: you already sent this photo.") % {"name": file.name})
        taken += 1
    for name, size in limit.refused:
        data = {"megabytes": f"> {size // 1_000_000}", "limit": uploads.max_bytes() // 1_000_000}
        messages.error(request, f"{name}: {sentences.sentence('too_many_bytes', data)}")
    if not taken and not limit.refused and not request.FILES:
        messages.error(request, _("Choose at least one photo."))
    return go(request, "studio:photos")


@access(PERSONAL_LINK)
@require_http_methods(["GET", "HEAD", "POST"])
@consented
def upload(request: EmployeeRequest, key: uuid.UUID) -> HttpResponse:
    """One upload in pieces: GET says how far it is, POST takes the piece that starts there."""
    if request.method != "POST":
        return _standing(uploads.standing(request.employee, key))
    head = {name: request.headers.get(f"Upload-{name}", "") for name in ("name", "size", "offset")}
    form = PieceForm(head | {"name": unquote(head["name"])})
    if not form.is_valid():
        return JsonResponse({"error": _("This upload cannot be understood. Reload the page.")}, status=400)
    piece = request.read(uploads.MAX_PIECE_BYTES + 1)
    if len(piece) > uploads.MAX_PIECE_BYTES or len(piece) != int(request.headers.get("Content-Length") or 0):
        return JsonResponse({"error": _("The connection broke off.")}, status=413)
    try:
        outcome = uploads.receive_piece(
            request.employee, Actor.employee(request.employee), key, piece=piece, **form.cleaned_data
        )
    except uploads.UploadRefused as error:
        return JsonResponse({"refused": sentences.sentence(error.code, error.data)}, status=422)
    except uploads.OffsetMismatch as error:
        return JsonResponse({"offset": error.offset}, status=409)
    if isinstance(outcome, uploads.Arrived):
        return _arrived(outcome.photo, outcome.duplicate)
    return _standing(outcome)


def _standing(progress: uploads.Progress) -> JsonResponse:
    if progress.photo is not None:
        return _arrived(progress.photo, duplicate=False)
    response = JsonResponse({"offset": progress.offset})
    response["Upload-Offset"] = str(progress.offset)
    return response


def _arrived(photo: SourcePhoto, duplicate: bool) -> JsonResponse:
    note = _("You already sent this photo, so it is kept once.") if duplicate else ""
    response = JsonResponse({"offset": photo.size_bytes, "photo": str(photo.pk), "note": note})
    response["Upload-Offset"] = str(photo.size_bytes)
    return response


@access(PERSONAL_LINK)
@require_POST
@consented
def remove_photo(request: EmployeeRequest, photo: uuid.UUID) -> HttpResponse:
    """Take a photo away."""
    row = get_object_or_404(SourcePhoto, pk=photo, employee=request.employee)
    if row.status != PhotoStatus.DELETED:
        # The other tab may have been faster.
        with suppress(TransitionRefused):
            uploads.remove(row, Actor.employee(request.employee))
    if request.htmx:
        return part(request, "photos.html#cards", **_photo_context(request))
    return go(request, "studio:photos")


@access(PERSONAL_LINK)
@require_POST
@consented
def drop_upload(request: EmployeeRequest, key: uuid.UUID) -> HttpResponse:
    """Give up an upload that has not finished."""
    uploads.give_up(request.employee, key)
    return go(request, "studio:photos")


# --- making --------------------------------------------------------------------------------------


@access(PERSONAL_LINK)
@require_POST
@consented
def start(request: EmployeeRequest) -> HttpResponse:
    """Make my headshots; `own=1`: from my own photo, whatever the style's engine is."""
    by, own_photo = Actor.employee(request.employee), request.POST.get("own") == "1"
    try:
        shoots.start(request.employee, by, request.POST.get("why", ""), own_photo=own_photo)
    except shoots.StartRefused as refused:
        if refused.code == "no_style":
            return page(request, "no_style", "photos")
        messages.error(request, sentences.start_refused(refused.code, refused.data))
        return go(request, "studio:photos")
    return go(request, "studio:making")


@access(PERSONAL_LINK)
@require_safe
@consented
def making(request: EmployeeRequest) -> HttpResponse:
    """How far the pictures are, live; or why there are none, and the way on."""
    shoot = selectors.latest_shoot(request.employee)
    if shoot is None:
        return away(request, "studio:photos")
    if shoot.status == ShootStatus.DONE:
        return away(request, "studio:choose")
    if shoot.status == ShootStatus.FAILED:
        return away(request, "studio:making") if request.htmx else _failed(request, shoot)
    context = {"watch": selectors.watch(shoot)}
    if request.htmx:
        return part(request, "making.html#watch", **context)
    return page(request, "making", "making", **context)


def _failed(request: EmployeeRequest, shoot: Shoot) -> HttpResponse:
    ours = shoot.error_kind == "engine"
    why = "" if ours else sentences.shoot_failure(shoot.error_code, shoot.error_data)
    context = {
        "shoot": shoot,
        "ours": ours,
        "why": why,
        "drawn": selectors.draws(shoot),
        "headshot": selectors.current_headshot(request.employee),
        # What was wrong is to be seen in them.
        "photos": [] if ours else list(shoot.photos.exclude(status=PhotoStatus.DELETED)),
        # The same photos fail in the same way: only another style is worth another of the person's shoots.
        "changed": version_for(request.employee) != shoot.style_version,
    }
    return page(request, "failed", "making", **context)


@access(PERSONAL_LINK)
@require_POST
@consented
def cancel(request: EmployeeRequest) -> HttpResponse:
    """Stop the shoot and go back to the photos."""
    shoot = selectors.latest_shoot(request.employee)
    if shoot is None or shoot.status not in selectors.OPEN:
        return go(request, "studio:here")
    try:
        shoots.cancel(shoot, Actor.employee(request.employee))
    except TransitionRefused:
        return go(request, "studio:here")  # it was ready before
    messages.info(request, _("Stopped. Your photos are still here."))
    return go(request, "studio:photos")


# --- choosing ------------------------------------------------------------------------------------


@access(PERSONAL_LINK)
@require_safe
@consented
def choose(request: EmployeeRequest) -> HttpResponse:
    """The pictures, best first."""
    galleries = selectors.galleries(request.employee)
    if not galleries:
        return go(request, "studio:here")
    ticked = set(request.GET.getlist("compare"))
    pair = [picture for _, row in galleries for picture in row if str(picture.candidate.pk) in ticked]
    if ticked and len(pair) != 2:
        messages.info(request, _("Tick two pictures to compare."))
    return page(
        request,
        "choose",
        "choose",
        galleries=galleries,
        pair=pair if len(pair) == 2 else [],
        form=RetakeForm(),
        headshot=selectors.current_headshot(request.employee),
        shoots_left=selectors.shoots_left(request.employee),
    )


@access(PERSONAL_LINK)
@require_POST
@consented
def favourite(request: EmployeeRequest, candidate: uuid.UUID) -> HttpResponse:
    """Mark a picture, or take the mark away."""
    row = own_candidate(request, candidate)
    choices.set_favourite(row, request.POST.get("on") == "1")
    if not request.htmx:
        return go(request, "studio:choose")
    return part(request, "heart.html", candidate=row)


@access(PERSONAL_LINK)
@require_POST
@consented
def none_of_these(request: EmployeeRequest) -> HttpResponse:
    """None will do: say why, then add photos and make new ones."""
    shoot = selectors.latest_shoot(request.employee)
    form = RetakeForm(request.POST)
    if shoot is None or not form.is_valid():
        messages.error(request, _("Say what should be different, so that the next ones fit better."))
        return go(request, "studio:choose")
    reason = form.cleaned_data["reason"]
    choices.none_of_these(request.employee, shoot, reason, Actor.employee(request.employee))
    return redirect(f"{url_of(request, 'studio:photos')}?{urlencode({'why': reason})}")


# --- done ----------------------------------------------------------------------------------------


@access(PERSONAL_LINK)
@require_safe
@consented
def done(request: EmployeeRequest) -> HttpResponse:
    """In review, returned or approved: what that means, and the way on."""
    headshot = selectors.current_headshot(request.employee)
    if headshot is None:
        return go(request, "studio:here")
    approved = selectors.approved_headshot(request.employee)
    return page(
        request,
        "done",
        "done",
        headshot=headshot,
        approved=approved,
        returned=headshot.status == HeadshotStatus.RETURNED,
        left=selectors.shoots_left(request.employee),
        downloads=steps.downloads(approved) if approved else [],
    )


@access(PERSONAL_LINK)
@require_safe
@consented
def download(request: EmployeeRequest, preset: str) -> HttpResponseBase:
    """The employee's own approved headshot in one of the usual sizes."""
    approved = selectors.approved_headshot(request.employee)
    if approved is None:
        raise Http404
    try:
        made = renditions.rendition(approved, preset)
    except (renditions.UnknownPreset, FileNotFoundError) as error:
        raise Http404 from error
    suffix = made.file.rpartition(".")[2]
    name = f"{slugify(request.employee.name, allow_unicode=True) or 'headshot'}-{preset}.{suffix}"
    return stream(request, storage.renditions(), made.file, download_as=name)
