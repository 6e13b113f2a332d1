"""What a reviewer decides about chosen headshots."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import F

from generation import transitions
from generation.models import Headshot, HeadshotStatus, ReturnReason
from generation.services import announcements
from teams import audit
from teams.actor import Actor
from teams.models import User
from teams.transitions import TransitionRefused

# The reviewer's sentence: long enough to help, short enough to be read on a phone.
NOTE_MIN: Final = 5
NOTE_MAX: Final = 500


class AlreadyDecided(Exception):
    """Somebody else was faster, or the employee chose another picture. `headshot` is as it stands now."""

    def __init__(self, headshot: Headshot) -> None:
        super().__init__(f"{headshot.pk} is {headshot.status}")
        self.headshot = headshot


class NoteMissing(Exception):
    """Returning needs a reason and a sentence that the employee can act on."""


def approve(headshot: Headshot, user: User) -> None:
    """Yes. An earlier approved headshot of the person is replaced. The employee gets a mail, a little
    later, so that it can be undone. Raises AlreadyDecided."""
    by = Actor.member(user)
    with transaction.atomic():
        try:
            transitions.headshot_approved(headshot, by, user)
        except TransitionRefused as error:
            raise AlreadyDecided(_fresh(headshot)) from error
        _record("headshot.approved", headshot, by)
        announcements.headshot_approved(headshot)


def send_back(headshot: Headshot, user: User, reason: str, note: str) -> None:
    """No, with a reason and a sentence, both shown to the employee. Raises NoteMissing, AlreadyDecided."""
    note = " ".join(note.split())
    if reason not in ReturnReason.values or not NOTE_MIN <= len(note) <= NOTE_MAX:
        raise NoteMissing
    by = Actor.member(user)
    with transaction.atomic():
        try:
            transitions.headshot_returned(headshot, by, user, reason, note)
        except TransitionRefused as error:
            raise AlreadyDecided(_fresh(headshot)) from error
        _record("headshot.returned", headshot, by, reason=reason, note=note)
        announcements.headshot_returned(headshot)


def undo(headshot: Headshot, user: User) -> bool:
    """Take a decision back: the headshot waits in the queue again, and one that it had replaced is in use
    again. Returns whether the employee had not heard of it yet. Raises AlreadyDecided when the employee,
    or another reviewer, has moved on."""
    by = Actor.member(user)
    with transaction.atomic():
        now = _fresh(headshot)
        decided_at, was = now.decided_at, now.status
        if decided_at is None or _newer_choice(now):
            raise AlreadyDecided(now)
        replaced = _replaced_by(now) if was == HeadshotStatus.APPROVED else None
        try:
            transitions.headshot_reopened(now, by)
        except TransitionRefused as error:
            raise AlreadyDecided(_fresh(headshot)) from error
        if replaced is not None:
            transitions.headshot_restored(replaced, by)
        _record("headshot.reopened", now, by, before=was)
        return announcements.decision_undone(now, decided_at)


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a bulk approval did: approved now, and people whom somebody else had decided meanwhile."""

    approved: list[Headshot]
    missed: list[Headshot]


def approve_all(headshots: Iterable[Headshot], user: User) -> Bulk:
    """Approve each, in a transaction of its own: one that moved on does not hold up the others."""
    done: list[Headshot] = []
    missed: list[Headshot] = []
    for headshot in headshots:
        try:
            approve(headshot, user)
        except AlreadyDecided as error:
            missed.append(error.headshot)
        else:
            done.append(headshot)
    return Bulk(done, missed)


def _fresh(headshot: Headshot) -> Headshot:
    rows = Headshot.objects.select_related("employee__company", "decided_by", "candidate__shoot")
    return rows.get(pk=headshot.pk)


def _newer_choice(headshot: Headshot) -> bool:
    """Whether the person has chosen again since; then this decision is history."""
    later = Headshot.objects.filter(employee_id=headshot.employee_id, chosen_at__gt=headshot.chosen_at)
    return later.exclude(status=HeadshotStatus.WITHDRAWN).exists()


def _replaced_by(headshot: Headshot) -> Headshot | None:
    """The headshot that was in use until this one was approved."""
    rows = Headshot.objects.filter(employee_id=headshot.employee_id, status=HeadshotStatus.SUPERSEDED)
    earlier = rows.filter(chosen_at__lt=headshot.chosen_at, decided_at__isnull=False, return_reason="")
    return earlier.order_by(F("decided_at").desc()).first()


def _record(action: str, headshot: Headshot, by: Actor, **data: object) -> None:
    name = headshot.employee.name
    audit.record(action, headshot, by, employee_id=headshot.employee_id, name=name, **data)
