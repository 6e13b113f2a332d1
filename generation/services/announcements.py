"""Mails to an employee about their pictures."""

from datetime import datetime, timedelta
from typing import Final

from generation.models import Headshot, Shoot
from teams.models import Employee, Invite, InviteStatus, Mail
from teams.services import mails
from teams.services.links import personal_link

DECISIONS: Final = ("headshot_approved", "headshot_returned")
# A reviewer who pressed the wrong key notices within seconds; the employee need not hear of it.
UNDO_S: Final = 30
# How far the clocks of web server and database may be apart.
_CLOCKS_S: Final = 15


def _link(employee: Employee) -> str | None:
    """The employee's personal link, or None when it was revoked meanwhile: then no mail is sent."""
    live = [InviteStatus.PENDING, InviteStatus.OPENED, InviteStatus.ACCEPTED]
    invite = Invite.objects.filter(employee=employee, status__in=live).select_related("company").first()
    return personal_link(invite) if invite else None


def _tell(kind: str, employee: Employee, **context: object) -> Mail | None:
    link = _link(employee)
    return mails.write(kind, employee, link=link, **context) if link else None


def shoot_ready(shoot: Shoot) -> None:
    """Your headshots are ready to choose from."""
    _tell("shoot_ready", shoot.employee, count=shoot.candidates.count())


def shoot_failed(shoot: Shoot) -> None:
    """We could not make them; the page says why and what to do."""
    _tell("shoot_failed", shoot.employee, subject_fault=shoot.error_kind == "subject")


def headshot_approved(headshot: Headshot) -> None:
    """Your headshot was approved; download it here."""
    _held(_tell("headshot_approved", headshot.employee))


def headshot_returned(headshot: Headshot) -> None:
    """The reviewer asks for another one, in these words."""
    _held(_tell("headshot_returned", headshot.employee, headshot=headshot))


def _held(mail: Mail | None) -> None:
    if mail is not None:
        mails.hold_back(mail, UNDO_S)


def decision_undone(headshot: Headshot, decided_at: datetime) -> bool:
    """Drop the mail about a reviewer's decision that was undone; False when it has been sent already."""
    # The mail's time is that of its transaction's start, by the database's clock.
    return mails.take_back(headshot.employee, DECISIONS, decided_at - timedelta(seconds=_CLOCKS_S))
