"""The reviewer's pages: one person at a time, many at once, and everyone on the team wall."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import review_selectors as selectors
from generation.models import Headshot, HeadshotStatus
from generation.review_forms import ReturnForm
from generation.services import reviews
from teams.http import MemberRequest
from teams.permissions import Action, access, allows

# Headshots that one bulk approval takes; the page says when there are more.
BULK_MOST: Final = 200
_UNDO: Final = "review_undo"


def _headshot(headshot: uuid.UUID) -> Headshot:
    return get_object_or_404(selectors.headshots().select_related("employee__company"), pk=headshot)


def _to(request: MemberRequest, name: str, **kwargs: Any) -> HttpResponse:
    return redirect(reverse(name, kwargs={"company": request.company.slug, **kwargs}))


def _next(request: MemberRequest, following: uuid.UUID | None) -> HttpResponse:
    if following is None:
        return _to(request, "review:queue")
    return _to(request, "review:person", headshot=following)


@access(Action.REVIEW)
@require_safe
def queue(request: MemberRequest) -> HttpResponse:
    """The one who has waited longest; or, with nobody waiting, where to go from here."""
    first = selectors.waiting().first()
    if first is not None:
        return _person_page(request, first)
    context = {"undo": request.session.pop(_UNDO, None), "approved": selectors.approved().count()}
    return render(request, "generation/review/empty.html", context)


@access(Action.REVIEW)
@require_safe
def person(request: MemberRequest, headshot: uuid.UUID) -> HttpResponse:
    """One person, big, beside their own photos and the colleagues they will stand beside."""
    return _person_page(request, _headshot(headshot))


def _person_page(
    request: MemberRequest, headshot: Headshot, form: ReturnForm | None = None, status: int = 200
) -> HttpResponse:
    case = selectors.case(headshot)
    context = {
        "case": case,
        "headshot": headshot,
        "waits": headshot.status == HeadshotStatus.CHOSEN,
        "form": form or ReturnForm(),
        "undo": request.session.pop(_UNDO, None),
        "clean": selectors.clean_count(BULK_MOST) if case.place.total > 1 else 0,
    }
    return render(request, "generation/review/person.html", context, status=status)


@access(Action.REVIEW)
@require_POST
def approve(request: MemberRequest, headshot: uuid.UUID) -> HttpResponse:
    """Yes, and on to the next."""
    row = _headshot(headshot)
    following = selectors.place(row).next
    try:
        reviews.approve(row, request.user)
    except reviews.AlreadyDecided as error:
        _say_decided(request, error.headshot)
    else:
        _offer_undo(request, [row], _("%(name)s is approved.") % {"name": row.employee.name})
    return _next(request, following)


@access(Action.REVIEW)
@require_POST
def send_back(request: MemberRequest, headshot: uuid.UUID) -> HttpResponse:
    """No, with a reason and a sentence, and on to the next."""
    row, form = _headshot(headshot), ReturnForm(request.POST)
    following = selectors.place(row).next
    if not form.is_valid():
        return _person_page(request, row, form, status=422)
    try:
        reviews.send_back(row, request.user, form.cleaned_data["reason"], form.cleaned_data["note"])
    except reviews.NoteMissing:
        form.add_error("note", _("Write a sentence, so that they know what to do."))
        return _person_page(request, row, form, status=422)
    except reviews.AlreadyDecided as error:
        _say_decided(request, error.headshot)
    else:
        _offer_undo(request, [row], _("%(name)s gets your words.") % {"name": row.employee.name})
    return _next(request, following)


def _say_decided(request: MemberRequest, row: Headshot) -> None:
    """Somebody was faster: who, and what they decided."""
    words = {"name": row.employee.name, "who": str(row.decided_by or _("somebody"))}
    if row.status == HeadshotStatus.APPROVED:
        said = _("%(name)s was already approved by %(who)s.") % words
    elif row.status == HeadshotStatus.RETURNED:
        said = _("%(name)s was already returned by %(who)s.") % words
    elif row.status == HeadshotStatus.CHOSEN:
        said = _("%(name)s is in review again.") % words
    else:
        said = _("%(name)s has chosen another picture meanwhile, or taken this one back.") % words
    messages.warning(request, said)


def _offer_undo(request: MemberRequest, rows: list[Headshot], words: str) -> None:
    request.session[_UNDO] = {"words": words, "headshots": [str(row.pk) for row in rows]}


@access(Action.REVIEW)
@require_POST
def undo(request: MemberRequest) -> HttpResponse:
    """Take the last decision back; the person is in the queue again."""
    ids = [pk for pk in map(_uuid, request.POST.getlist("headshot")[:BULK_MOST]) if pk]
    rows = list(selectors.headshots().select_related("employee__company").filter(pk__in=ids))
    told = 0
    for row in rows:
        try:
            told += not reviews.undo(row, request.user)
        except reviews.AlreadyDecided as error:
            _say_decided(request, error.headshot)
    if told:
        words = ngettext(
            "%(n)d person had been told already.", "%(n)d people had been told already.", told
        ) % {"n": told}
        messages.warning(request, words)
    return _next(request, rows[0].pk if len(rows) == 1 else None)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@access(Action.REVIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: MemberRequest) -> HttpResponse:
    """Approve everybody whose picture passed all gates: see them together, then confirm."""
    clean = selectors.clean(BULK_MOST)
    if request.method != "POST":
        team = selectors.team_of(clean)
        tiles = [(row, team.departures.get(row.pk, [])) for row in clean]
        # Who sticks out is approved knowingly or not at all.
        fitting = sum(not departures for _row, departures in tiles)
        context = {"tiles": tiles, "ticked": fitting, "most": BULK_MOST}
        return render(request, "generation/review/bulk.html", context)
    ticked = set(request.POST.getlist("headshot"))
    done = reviews.approve_all([row for row in clean if str(row.pk) in ticked], request.user)
    for row in done.missed:
        _say_decided(request, row)
    if done.approved:
        count = len(done.approved)
        words = ngettext("%(n)d headshot is approved.", "%(n)d headshots are approved.", count) % {"n": count}
        _offer_undo(request, done.approved, words)
    elif not done.missed:
        messages.info(request, _("Nothing was ticked, or all of it has been decided meanwhile."))
    return _to(request, "review:queue")


@access(Action.VIEW_WALL)
@require_safe
def wall(request: MemberRequest) -> HttpResponse:
    """Everyone on one page: is it one team, and who sticks out why?"""
    reviewer = allows(request.membership.role, Action.REVIEW)
    in_review = reviewer and request.GET.get("review") == "1"
    sort = request.GET.get("sort", "")
    sort = sort if sort in selectors.SORTS else "name"
    base = reverse("review:wall", args=[request.company.slug])

    def address(**change: str) -> str:
        own = {"sort": "" if sort == "name" else sort, "review": "1" if in_review else ""} | change
        words = urlencode({key: value for key, value in own.items() if value})
        return f"{base}?{words}" if words else base

    labels = {"name": _("Name"), "department": _("Department"), "outlier": _("Who sticks out")}
    context = {
        "wall": selectors.wall(in_review=in_review, sort=sort),
        "sort": sort,
        "sorts": [
            {"label": labels[key], "url": address(sort="" if key == "name" else key), "current": key == sort}
            for key in selectors.SORTS
        ],
        "reviewer": reviewer,
        "in_review": in_review,
        "review_url": address(review="" if in_review else "1"),
    }
    return render(request, "generation/review/wall.html", context)
