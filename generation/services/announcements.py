"""Mails to an employee about their pictures."""

from generation.models import Headshot, Shoot
from teams.models import Employee, Invite, InviteStatus
from teams.services import mails
from teams.services.links import personal_link


def _link(employee: Employee) -> str | None:
    """The employee's personal link, or None when it was revoked meanwhile: then no mail is sent."""
    live = [InviteStatus.PENDING, InviteStatus.OPENED, InviteStatus.ACCEPTED]
    invite = Invite.objects.filter(employee=employee, status__in=live).select_related("company").first()
    return personal_link(invite) if invite else None


def _tell(kind: str, employee: Employee, **context: object) -> None:
    link = _link(employee)
    if link:
        mails.write(kind, employee, link=link, **context)


def shoot_ready(shoot: Shoot) -> None:
    """Your headshots are ready to choose from."""
    _tell("shoot_ready", shoot.employee, count=shoot.candidates.count())


def shoot_failed(shoot: Shoot) -> None:
    """We could not make them; the page says why and what to do."""
    _tell("shoot_failed", shoot.employee, subject_fault=shoot.error_kind == "subject")


def headshot_approved(headshot: Headshot) -> None:
    """Your headshot was approved; download it here."""
    _tell("headshot_approved", headshot.employee)


def headshot_returned(headshot: Headshot) -> None:
    """The reviewer asks for another one, in these words."""
    _tell("headshot_returned", headshot.employee, headshot=headshot)
