"""How any status moves: one conditional UPDATE and its event row, in one transaction.

This module holds the mechanism and the moves of the rows of `teams`; `generation.transitions` and
`portal.exports.transitions` hold the tables of their own rows. Nothing else writes a status.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from teams.actor import SYSTEM, Actor
from teams.models import Invite, InviteStatus, Mail, StatusEvent

# status → the statuses it may come from
Moves = Mapping[str, frozenset[str]]


class TransitionRefused(Exception):
    """The row is not in a status from which this move is allowed (somebody else was faster)."""

    def __init__(self, row: models.Model, to: str) -> None:
        super().__init__(f"{row._meta.label} {row.pk} cannot become {to}")
        self.row = row
        self.to = to


def move(row: Any, to: str, allowed: Moves, *, by: Actor = SYSTEM, why: str = "", **fields: Any) -> None:
    """Move `row` to status `to`, writing `fields` with it and an event row.

    Raises TransitionRefused when the row, as it stands in the database, may not go there. The row object
    gets the new values.
    """
    model = type(row)
    sources = allowed.get(to, frozenset())
    with transaction.atomic():
        before = (
            model._default_manager.select_for_update(of=("self",))
            .filter(pk=row.pk, status__in=sources)
            .values_list("status", flat=True)
            .first()
        )
        if before is None:
            raise TransitionRefused(row, to)
        model._default_manager.filter(pk=row.pk).update(status=to, **fields)
        record_move(row, before, to, by, why)
    row.status = to
    for name, value in fields.items():
        if not isinstance(value, models.Expression):
            setattr(row, name, value)


def record_move(row: Any, before: str, to: str, by: Actor = SYSTEM, why: str = "") -> None:
    """Write the event row of a move (also of a row's birth, with `before` empty)."""
    StatusEvent.objects.create(
        company_id=row.company_id,
        object_type=row._meta.model_name,
        object_id=str(row.pk),
        from_status=before,
        to_status=to,
        why=why[:300],
        **by.columns(),
    )


_LIVE = frozenset({InviteStatus.PENDING, InviteStatus.OPENED, InviteStatus.ACCEPTED})
INVITE_MOVES: Moves = {
    InviteStatus.OPENED: frozenset({InviteStatus.PENDING}),
    InviteStatus.ACCEPTED: frozenset({InviteStatus.PENDING, InviteStatus.OPENED}),
    InviteStatus.EXPIRED: _LIVE,
    InviteStatus.REVOKED: _LIVE,
}
JOB_MOVES: Moves = {
    "running": frozenset({"queued"}),
    "queued": frozenset({"running"}),
    "done": frozenset({"running"}),
    "failed": frozenset({"queued", "running"}),
}


def invites_created(invites: Sequence[Invite], by: Actor) -> None:
    """Write the births of new links, thousands in one statement."""
    StatusEvent.objects.bulk_create(
        [
            StatusEvent(
                company_id=invite.company_id,
                object_type="invite",
                object_id=str(invite.pk),
                from_status="",
                to_status=invite.status,
                **by.columns(),
            )
            for invite in invites
        ],
        batch_size=1000,
    )


def invite_opened(invite: Invite, by: Actor) -> None:
    """The personal link was opened for the first time; later openings change nothing."""
    if invite.status == InviteStatus.PENDING:
        move(invite, InviteStatus.OPENED, INVITE_MOVES, by=by, opened_at=timezone.now())


def invite_accepted(invite: Invite, by: Actor) -> None:
    """The employee consented; a second consent on the same invite changes nothing."""
    if invite.status != InviteStatus.ACCEPTED:
        move(invite, InviteStatus.ACCEPTED, INVITE_MOVES, by=by, accepted_at=timezone.now())


def invite_expired(invite: Invite) -> None:
    """The link's last day has passed."""
    move(invite, InviteStatus.EXPIRED, INVITE_MOVES)


def invite_revoked(invite: Invite, by: Actor, why: str = "") -> None:
    """HR took the link back, or replaced it by a new one."""
    move(invite, InviteStatus.REVOKED, INVITE_MOVES, by=by, why=why)


def mail_claimed(mail: Mail) -> None:
    """A worker starts sending."""
    now = timezone.now()
    fields: dict[str, Any] = {"attempt": models.F("attempt") + 1, "heartbeat_at": now, "started_at": now}
    move(mail, Mail.Status.RUNNING, JOB_MOVES, **fields)
    mail.refresh_from_db()


def mail_sent(mail: Mail) -> None:
    """The mail server took it."""
    move(mail, Mail.Status.DONE, JOB_MOVES, finished_at=timezone.now())


def mail_failed(mail: Mail, code: str, *, retry_at: Any = None) -> None:
    """The mail server refused it: tried again at `retry_at`, or given up."""
    if retry_at is not None:
        move(mail, Mail.Status.QUEUED, JOB_MOVES, why=code, not_before=retry_at, error_code=code)
    else:
        move(mail, Mail.Status.FAILED, JOB_MOVES, why=code, error_code=code, finished_at=timezone.now())
