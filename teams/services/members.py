"""Members: who may sign in, and as what. A company always keeps an owner."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from portal.lib.jobs import enqueue
from teams.actor import Actor
from teams.audit import record
from teams.models import Company, Mail, Membership, Role, User
from teams.services import mails


class LastOwner(Exception):
    """The company would be left without an owner."""


class AlreadyMember(Exception):
    """This person is a member already."""


def invite(company: Company, email: str, name: str, role: str, by: Actor) -> Membership:
    """Make somebody a member and send them the mail with which they choose a password.

    Somebody who has an account already (of another company) only gets the membership and word of it.
    Raises AlreadyMember.
    """
    with transaction.atomic():
        # Two clicks on "invite" queue up here.
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        user = User.objects.filter(email__iexact=email).first()
        if user is not None and Membership.objects.filter(company=company, user=user).exists():
            raise AlreadyMember
        if user is None:
            user = User.objects.create_user(email, None, name=name)
        membership = Membership.objects.create(company=company, user=user, role=role)
        record("member.invited", membership, by, email=user.email, role=role)
        send_invite(membership)
    return membership


def send_invite(membership: Membership) -> Mail:
    """Queue the mail that brings a member in: with a link to choose a password if they have none."""
    company, user = membership.company, membership.user
    waiting = not user.has_usable_password()
    values = {
        **mails.frame(company),
        "user": user,
        "role": membership.get_role_display(),
        "link": settings.BASE_URL + (_password_path(user) if waiting else reverse("home")),
        "waiting": waiting,
    }
    with override(company.language):
        values["role"] = membership.get_role_display()
        subject = " ".join(render_to_string("mail/member.subject", values).split())
        text = render_to_string("mail/member.txt", values)
        html = render_to_string("mail/member.html", values)
    mail = Mail.objects.create(
        company=company, kind="member", to=user.email, subject=subject[:200], text=text, html=html
    )
    enqueue("mail", "teams.jobs.send_mail", company.pk, mail.pk)
    return mail


def _password_path(user: User) -> str:
    """The page of allauth's reset flow on which this user, and nobody else, chooses a password."""
    kwargs = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=kwargs)


def change_role(membership: Membership, role: str, by: Actor) -> bool:
    """Give a member another role; False when it is theirs already. Raises LastOwner."""
    with transaction.atomic():
        standing = _locked(membership)
        if standing.role == role:
            return False
        before = standing.role
        if before == Role.OWNER:
            _keep_an_owner(standing)
        Membership.objects.filter(pk=standing.pk).update(role=role)
        record("member.role_changed", standing, by, email=standing.user.email, before=before, after=role)
    membership.role = role
    return True


def remove(membership: Membership, by: Actor) -> None:
    """Take somebody's access to this company away; their account stays. Raises LastOwner."""
    with transaction.atomic():
        standing = _locked(membership)
        if standing.role == Role.OWNER:
            _keep_an_owner(standing)
        record("member.removed", standing, by, email=standing.user.email, role=standing.role)
        standing.delete()


def _locked(membership: Membership) -> Membership:
    """The membership as it stands, with the company's memberships standing still: two owners who remove
    each other at the same moment must not both succeed."""
    Company.objects.select_for_update(no_key=True).get(pk=membership.company_id)
    return Membership.objects.select_related("user").get(pk=membership.pk)


def _keep_an_owner(leaving: Membership) -> None:
    others = Membership.objects.filter(company_id=leaving.company_id, role=Role.OWNER, user__is_active=True)
    if not others.exclude(pk=leaving.pk).exists():
        raise LastOwner
