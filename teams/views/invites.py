"""Writing to people: compose with preview, send, resend, copy the link, take it back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from teams import selection
from teams.actor import Actor
from teams.forms import LetterForm
from teams.http import MemberRequest
from teams.models import Employee
from teams.permissions import Action, access
from teams.services import invites, letters
from teams.views.people import as_uuid, employee_or_404, to_person


def _recipients(request: MemberRequest) -> tuple[list[uuid.UUID], int]:
    """Whom the page writes to (bounded) and how many there are in all.

    `who=uninvited`, `employee=<id>` for one, or `selection=<name>` for those ticked on the list.
    """
    words = request.POST if request.method == "POST" else request.GET
    if one := as_uuid(words.get("employee", "")):
        found = Employee.objects.filter(pk=one, archived_at=None)
    elif words.get("selection"):
        ticked = selection.recall(request.session, words["selection"])
        found = Employee.objects.filter(pk__in=ticked, archived_at=None)
    else:
        found = invites.uninvited(request.company)
    total = found.count()
    return list(found.order_by("name", "id").values_list("pk", flat=True)[: invites.MAX_AT_ONCE]), total


def _page(
    request: MemberRequest, form: LetterForm, letter: letters.Letter, status: int = 200
) -> HttpResponse:
    ids, total = _recipients(request)
    words = request.POST if request.method == "POST" else request.GET
    names = list(Employee.objects.filter(pk__in=ids[:6]).order_by("name", "id"))
    context: dict[str, Any] = {
        "form": form,
        "kind": letter.kind,
        "count": len(ids),
        "total": total,
        "left_over": total - len(ids),
        "people": names,
        "more": len(ids) - len(names),
        "who": {key: words.get(key, "") for key in ("who", "employee", "selection")},
        "preview": letters.preview(letter, request.company, names[0] if names else None),
        "placeholders": letters.PLACEHOLDERS,
    }
    return render(request, "teams/compose.html", context, status=status)


@access(Action.MANAGE_PEOPLE)
def compose(request: MemberRequest) -> HttpResponse:
    """Write an invite or a reminder and send it, once per form."""
    if request.method == "POST":
        return _send(request)
    kind = letters.REMINDER if request.GET.get("kind") == letters.REMINDER else letters.INVITE
    letter = letters.standard(kind, request.company)
    return _page(request, LetterForm(request.company, initial=LetterForm.of(letter)), letter)


def _send(request: MemberRequest) -> HttpResponse:
    form = LetterForm(request.company, request.POST)
    if not form.is_valid():
        return _page(request, form, _draft(request), status=422)
    ids, _total = _recipients(request)
    actor = Actor.member(request.user)
    this = invites.Round(form.letter, form.cleaned_data["key"], actor, request.user)
    sent = invites.send(request.company, ids, this)
    if sent.written:
        text = ngettext(
            "The mail to %(count)d person is on its way.",
            "The mails to %(count)d people are on their way.",
            sent.written,
        )
        messages.success(request, text % {"count": sent.written})
    elif sent.repeated or not ids:
        messages.info(request, _("This was sent already. Nobody gets it twice."))
    if request.POST.get("employee") and ids:
        return redirect("people:person", company=request.company.slug, employee=ids[0])
    return redirect("people:list", company=request.company.slug)


def _draft(request: MemberRequest) -> letters.Letter:
    """What stands in the form, valid or not."""
    kind = letters.REMINDER if request.POST.get("kind") == letters.REMINDER else letters.INVITE
    subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
    return letters.Letter(kind, subject[:200].replace("\0", ""), body[:5000].replace("\0", ""))


@access(Action.MANAGE_PEOPLE)
@require_POST
def preview(request: MemberRequest) -> HttpResponse:
    """The fragment that follows the typing."""
    one = as_uuid(request.POST.get("first", ""))
    first = Employee.objects.filter(pk=one).first() if one else None
    context = {"preview": letters.preview(_draft(request), request.company, first)}
    return render(request, "teams/compose.html#preview", context)


@access(Action.MANAGE_PEOPLE)
@require_POST
def resend(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Send one person the company's invite again, on the link they have."""
    person = get_object_or_404(Employee.objects.select_related("company"), pk=employee, archived_at=None)
    key = as_uuid(request.POST.get("key", "")) or uuid.uuid4()
    letter = letters.standard(letters.INVITE, request.company)
    this = invites.Round(letter, key, Actor.member(request.user), request.user)
    sent = invites.send(request.company, [person.pk], this)
    if sent.written:
        messages.success(request, _("The mail to %(name)s is on its way.") % {"name": person.name})
    else:
        messages.info(request, _("This was sent already. Nobody gets it twice."))
    return to_person(request, person)


@access(Action.MANAGE_PEOPLE)
@require_POST
def link(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Make (or show) the personal link, to be passed on by hand."""
    person = get_object_or_404(Employee.objects.select_related("company"), pk=employee, archived_at=None)
    invites.link_for(person, Actor.member(request.user), request.user)
    messages.success(request, _("The personal link is below."))
    return redirect(reverse("people:person", args=[request.company.slug, person.pk]) + "#link")


@access(Action.MANAGE_PEOPLE)
@require_POST
def revoke(request: MemberRequest, employee: uuid.UUID) -> HttpResponse:
    """Take the link back, confirmed by the person's name."""
    person = employee_or_404(request, employee)
    if request.POST.get("confirm", "").strip().casefold() != person.name.strip().casefold():
        messages.error(request, _("Nothing was revoked: the name did not match."))
    elif invites.revoke(person, Actor.member(request.user)):
        messages.success(request, _("The link of %(name)s no longer works.") % {"name": person.name})
    else:
        messages.info(request, _("%(name)s has no link that works.") % {"name": person.name})
    return to_person(request, person)
