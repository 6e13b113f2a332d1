"""Settings: who may sign in, and as what."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from teams.actor import Actor
from teams.forms import MemberForm, RoleForm
from teams.http import MemberRequest
from teams.models import Membership, Role
from teams.permissions import Action, access
from teams.selectors import members_of
from teams.services import members as service


def _back(request: MemberRequest) -> HttpResponse:
    return redirect("settings:members", company=request.company.slug)


def _member_or_404(request: MemberRequest, pk: uuid.UUID) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user", "company"), pk=pk)


def _refuse_last_owner(request: MemberRequest, membership: Membership) -> HttpResponse:
    text = _("%(who)s is the only owner. Make somebody else an owner first.")
    messages.error(request, text % {"who": membership.user})
    return _back(request)


def _with_dialog(rows: list[Membership]) -> list[Membership]:
    """The members with `dialog_id`, which their button and their dialog share."""
    for row in rows:
        row.dialog_id = f"remove-{row.pk}"  # type: ignore[attr-defined]
    return rows


@access(Action.MANAGE_COMPANY)
def members(request: MemberRequest) -> HttpResponse:
    """Everybody with access; posting invites somebody."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            service.invite(
                request.company, values["email"], values["name"], values["role"], Actor.member(request.user)
            )
        except service.AlreadyMember:
            form.add_error("email", _("This person is a member already."))
        else:
            messages.success(request, _("The mail to %(email)s is on its way.") % {"email": values["email"]})
            return _back(request)
    context = {
        "form": form,
        "tab": "members",
        "members": _with_dialog(members_of(request.company)),
        "roles": Role.choices,
    }
    return render(request, "teams/settings_members.html", context, status=422 if form.errors else 200)


@access(Action.MANAGE_COMPANY)
@require_POST
def role(request: MemberRequest, member: uuid.UUID) -> HttpResponse:
    """Change a member's role."""
    membership = _member_or_404(request, member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return _back(request)
    try:
        changed = service.change_role(membership, form.cleaned_data["role"], Actor.member(request.user))
    except service.LastOwner:
        return _refuse_last_owner(request, membership)
    if changed:
        text = _("%(who)s is now: %(role)s.")
        messages.success(request, text % {"who": membership.user, "role": membership.get_role_display()})
    if changed and membership.user_id == request.user.pk:
        # They may have given the right to see this page away.
        return redirect("dashboard", company=request.company.slug)
    return _back(request)


@access(Action.MANAGE_COMPANY)
@require_POST
def remove(request: MemberRequest, member: uuid.UUID) -> HttpResponse:
    """Take a member's access away, confirmed by their e-mail address."""
    membership = _member_or_404(request, member)
    if request.POST.get("confirm", "").strip().casefold() != membership.user.email.casefold():
        messages.error(request, _("Nobody was removed: the address did not match."))
        return _back(request)
    try:
        service.remove(membership, Actor.member(request.user))
    except service.LastOwner:
        return _refuse_last_owner(request, membership)
    messages.success(request, _("%(who)s no longer has access.") % {"who": membership.user})
    if membership.user_id == request.user.pk:
        return redirect("home")
    return _back(request)


@access(Action.MANAGE_COMPANY)
@require_POST
def remind(request: MemberRequest, member: uuid.UUID) -> HttpResponse:
    """Send a member who has not signed in yet their mail again; the link lasts three days."""
    membership = _member_or_404(request, member)
    service.send_invite(membership)
    messages.success(request, _("The mail to %(email)s is on its way.") % {"email": membership.user.email})
    return _back(request)
