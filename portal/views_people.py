"""Pages about people that need the whole funnel: the roster's own data and what the studio made."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal import people as selectors
from portal import story
from portal.people import Filter, Step
from teams import selection
from teams.actor import Actor
from teams.http import MemberRequest
from teams.models import Department, Employee
from teams.permissions import Action, access, allows
from teams.services import invites, letters, roster
from teams.views.people import as_uuid, employee_or_404

# People that one bulk action touches at most; the page says when there are more.
BULK_MAX = invites.MAX_AT_ONCE
# Undo of a bulk archive travels in a form of the message; beyond this it is done from the archive.
UNDO_MAX = 200


@access(Action.VIEW_PEOPLE)
@require_safe
def people_list(request: MemberRequest) -> HttpResponse:
    """The roster as a table: search, filters, sorting, pages; htmx swaps the table alone."""
    narrow = Filter.read(request.GET.dict())
    page = selectors.people_page(request.company, narrow, request.GET.get("at", ""))
    counts = selectors.roster_counts(request.company)
    roster_size = sum(counts.values())
    total = selectors.people(request.company, narrow).count() if narrow.narrows else roster_size
    base = reverse("people:list", args=[request.company.slug])

    def address(**change: str) -> str:
        return f"{base}?{urlencode(narrow.words(**change))}"

    context: dict[str, Any] = {
        "narrow": narrow,
        "people": _with_last_mail(page.rows),
        "total": total,
        "roster_size": roster_size,
        "steps": [
            {"value": step.value, "label": step.label, "count": counts[step], "url": address(step=step.value)}
            for step in Step
        ],
        "everybody_url": address(step=""),
        "departments": Department.objects.filter(company=request.company),
        "sorts": _sorts(narrow, address),
        "next_url": address(at=page.next) if page.next else "",
        "previous_url": address(at=page.previous) if page.previous else "",
        "query": urlencode(narrow.words()),
        "clear_url": base,
        "can_manage": allows(request.membership.role, Action.MANAGE_PEOPLE),
        "bulk_max": BULK_MAX,
        "undo": request.session.pop("undo_archive", None),
    }
    fragment = request.htmx and request.htmx.target == "people"
    return render(request, f"portal/people_list.html{'#table' if fragment else ''}", context)


def _with_last_mail(people: list[Employee]) -> list[Employee]:
    """The rows with `last_mail`: when each was last written to about their headshot, or None."""
    sent = invites.last_sent(person.pk for person in people)
    for person in people:
        person.last_mail = sent.get(person.pk)  # type: ignore[attr-defined]
    return people


def _sorts(narrow: Filter, address: Any) -> dict[str, dict[str, str]]:
    """For each column: where its heading leads, and aria-sort of the one in use."""
    sorts = {}
    for name in selectors.SORTS:
        turned = f"-{name}" if narrow.sort == name else name
        state = {name: "ascending", f"-{name}": "descending"}.get(narrow.sort, "")
        sorts[name] = {"url": address(sort="" if turned == "name" else turned), "state": state}
    return sorts


def _chosen(request: MemberRequest) -> list[uuid.UUID]:
    """The ticked people, or everybody whom the filter of the page leaves."""
    if request.POST.get("all") == "1":
        narrow = Filter.read(request.POST.dict())
        return selectors.ids(request.company, narrow, BULK_MAX)
    found = [pk for text in request.POST.getlist("ids") if (pk := as_uuid(text))]
    return found[:BULK_MAX]


@access(Action.MANAGE_PEOPLE)
@require_POST
def bulk(request: MemberRequest) -> HttpResponse:
    """Invite, remind, archive or restore the chosen people."""
    chosen = _chosen(request)
    back = reverse("people:list", args=[request.company.slug])
    words = Filter.read(request.POST.dict()).words()
    here = f"{back}?{urlencode(words)}" if words else back
    if not chosen:
        messages.warning(request, _("Tick at least one person first."))
        return redirect(here)
    act = request.POST.get("act")
    if act in letters.KINDS:
        name = selection.keep(request.session, chosen)
        return redirect(
            f"{reverse('people:compose', args=[request.company.slug])}?selection={name}&kind={act}"
        )
    if act == "archive":
        return _archive(request, chosen, here)
    if act == "restore":
        restored = roster.restore(request.company, chosen, Actor.member(request.user))
        text = ngettext("%(n)d person is back.", "%(n)d people are back.", len(restored))
        messages.success(request, text % {"n": len(restored)})
    return redirect(here)


def _archive(request: MemberRequest, chosen: list[uuid.UUID], here: str) -> HttpResponse:
    moved = roster.archive(request.company, chosen, Actor.member(request.user))
    text = ngettext("%(n)d person is archived.", "%(n)d people are archived.", len(moved))
    messages.success(request, text % {"n": len(moved)})
    if 0 < len(moved) <= UNDO_MAX:
        request.session["undo_archive"] = {
            "ids": ",".join(pk.hex for pk in moved),
            "count": len(moved),
        }
    return redirect(here)


@access(Action.MANAGE_PEOPLE)
@require_safe
def remind(request: MemberRequest) -> HttpResponse:
    """Write to everybody whose next step is theirs; the dashboard's button leads here."""
    chosen = selectors.ids(request.company, Filter(step="waiting"), BULK_MAX)
    if not chosen:
        messages.info(request, _("Nobody is waiting for a reminder."))
        return redirect("people:list", company=request.company.slug)
    name = selection.keep(request.session, chosen)
    address = reverse("people:compose", args=[request.company.slug])
    return redirect(f"{address}?selection={name}&kind={letters.REMINDER}")


@access(Action.VIEW_PEOPLE)
@require_safe
def person(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """The whole story of one person; in a drawer from the list, as a page otherwise."""
    found = employee_or_404(request, employee)
    context = {
        **story.of(found),
        "can_manage": allows(request.membership.role, Action.MANAGE_PEOPLE),
        "key": uuid.uuid4(),
        "drawer": bool(request.htmx and request.htmx.target == "drawer"),
    }
    fragment = "#drawer" if context["drawer"] else ""
    return render(request, f"portal/person.html{fragment}", context)
