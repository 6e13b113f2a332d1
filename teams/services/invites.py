"""Invites: one live personal link per employee, sent, sent again, taken back.

A round of mails is written in one transaction. The people of the round are locked first and each mail
carries the form's key, so a double click, a second tab and a killed request all end in one mail each.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from portal.lib.jobs import enqueue
from teams import transitions
from teams.actor import Actor
from teams.audit import record, record_many
from teams.models import Company, Consent, Employee, Invite, InviteStatus, Mail, User
from teams.selectors import LIVE_INVITES
from teams.services import letters, links
from teams.services.letters import Letter

WAITING = (InviteStatus.PENDING, InviteStatus.OPENED)
# One request stays well under the web server's time limit; the page says so and offers the next ones.
MAX_AT_ONCE = 2000
# Pushed to the queue at once; the clock feeds the rest in (teams.reaper), so that a big round does not
# hold the request until Redis has taken every single one.
_PUSH_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round did: mails written now, and people who already had theirs under the same key."""

    written: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Round:
    """One press of the send button."""

    letter: Letter
    # Made by the form once.
    key: uuid.UUID
    by: Actor
    user: User | None = None
    # Not before this moment; None: now.
    send_at: datetime | None = None


def uninvited(company: Company) -> QuerySet[Employee]:
    """People on the roster without a link that works and without a consent."""
    live = Invite.objects.filter(employee=OuterRef("pk"), status__in=LIVE_INVITES)
    signed = Consent.objects.filter(employee=OuterRef("pk"), withdrawn_at=None)
    return Employee.objects.filter(~Exists(live), ~Exists(signed), company=company, archived_at=None)


def send(company: Company, ids: Sequence[uuid.UUID], this: Round) -> Sent:
    """Send the letter to these people (at most MAX_AT_ONCE), making links where there is none.

    Archived people and those of other companies are left out.
    """
    laid = letters.lay_out(this.letter, company)
    with transaction.atomic():
        people = list(
            Employee.objects.select_for_update()
            .filter(company=company, pk__in=ids[:MAX_AT_ONCE], archived_at=None)
            .order_by("pk")
        )
        done = set(
            Mail.objects.filter(request_key=this.key, employee__in=people).values_list(
                "employee_id", flat=True
            )
        )
        fresh = [person for person in people if person.pk not in done]
        invites = _live_invites(company, fresh, this)
        _write_mails(company, fresh, invites, laid, this)
        remember(company, this.letter)
    return Sent(len(fresh), len(done))


def _live_invites(company: Company, people: list[Employee], this: Round) -> dict[uuid.UUID, Invite]:
    """One live invite per person: the one they have, its days renewed, or a new one."""
    now = timezone.now()
    expires = _expiry(this.send_at or now)
    found = {}
    for invite in Invite.objects.filter(employee__in=people, status__in=LIVE_INVITES):
        if invite.status in WAITING and invite.expires_at <= now:
            # The clock has not come by yet.
            transitions.invite_expired(invite)
        else:
            found[invite.employee_id] = invite
    Invite.objects.filter(pk__in=[invite.pk for invite in found.values()], status__in=WAITING).update(
        expires_at=expires
    )
    made = [
        Invite(company=company, employee=person, expires_at=expires, created_by=this.user)
        for person in people
        if person.pk not in found
    ]
    Invite.objects.bulk_create(made, batch_size=1000)
    transitions.invites_created(made, this.by)
    return found | {invite.employee_id: invite for invite in made}


def _expiry(start: datetime) -> datetime:
    return start + timedelta(days=settings.INVITE_DAYS)


def _write_mails(
    company: Company,
    people: list[Employee],
    invites: dict[uuid.UUID, Invite],
    laid: letters.Laid,
    this: Round,
) -> None:
    mails = []
    for person in people:
        invite = invites[person.pk]
        invite.company = company
        ready = laid.for_person(person.name, links.personal_link(invite))
        mails.append(
            Mail(
                company=company,
                employee=person,
                kind=this.letter.kind,
                to=person.email,
                subject=ready.subject,
                text=ready.text,
                html=ready.html,
                request_key=this.key,
                not_before=this.send_at,
            )
        )
    Mail.objects.bulk_create(mails, batch_size=500)
    action = "reminder.sent" if this.letter.kind == letters.REMINDER else "invite.sent"
    rows = [(invites[person.pk], person.pk, {"name": person.name, "to": person.email}) for person in people]
    record_many(action, rows, this.by)
    for mail in mails[:_PUSH_AT_ONCE]:
        enqueue("mail", "teams.jobs.send_mail", company.pk, mail.pk)


def remember(company: Company, letter: Letter) -> None:
    """Keep the company's wording as the start of its next letter of this kind."""
    words = {"subject": letter.subject, "body": letter.body}
    if company.letters.get(letter.kind) != words:
        company.letters = {**company.letters, letter.kind: words}
        company.save(update_fields=["letters"])


def link_for(employee: Employee, by: Actor, user: User | None = None) -> Invite:
    """The person's live link for HR to pass on by hand, made if there is none."""
    with transaction.atomic():
        # Two clicks queue up here.
        Employee.objects.select_for_update().get(pk=employee.pk)
        this = Round(Letter(letters.INVITE, "", ""), uuid.uuid4(), by, user)
        had = Invite.objects.filter(employee=employee, status__in=LIVE_INVITES, expires_at__gt=timezone.now())
        accepted = Invite.objects.filter(employee=employee, status=InviteStatus.ACCEPTED)
        invite = had.first() or accepted.first()
        if invite is None:
            invite = _live_invites(employee.company, [employee], this)[employee.pk]
            record("invite.link_made", invite, by, employee_id=employee.pk, name=employee.name)
    invite.company = employee.company
    return invite


def revoke(employee: Employee, by: Actor, why: str = "") -> int:
    """Take the person's live link back; returns how many (0: there was none, or a faster colleague)."""
    revoked = 0
    for invite in Invite.objects.filter(employee=employee, status__in=LIVE_INVITES):
        try:
            with transaction.atomic():
                transitions.invite_revoked(invite, by, why)
                record("invite.revoked", invite, by, employee_id=employee.pk, name=employee.name)
        except transitions.TransitionRefused:
            continue
        revoked += 1
    return revoked


def last_sent(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each of these people was last written to about their headshot."""
    rows = Mail.objects.filter(employee_id__in=list(ids), kind__in=letters.KINDS).order_by("created_at")
    return {who: at for who, at in rows.values_list("employee_id", "created_at") if who is not None}
