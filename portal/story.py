"""The whole story of one person, put together from the roster and the studio. Reads only."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from branding.selectors import version_for
from generation.models import Headshot, PhotoStatus, Shoot, ShootStatus, SourcePhoto
from portal.people import step_of
from teams.models import Employee, Invite, Mail, StatusEvent
from teams.selectors import audit_of, live_consent, live_invite, mails_to, moves_of
from teams.services import happenings, links

# Newest happenings on the page; the audit log has the rest.
_MOST = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    at: dt.datetime
    words: str
    icon: str
    who: str = ""
    details: str = ""


def of(employee: Employee) -> dict[str, Any]:
    """Everything that the person's page shows."""
    invite = live_invite(employee)
    photos = list(SourcePhoto.objects.filter(employee=employee).exclude(status=PhotoStatus.DELETED))
    shoots = list(Shoot.objects.filter(employee=employee).select_related("style_version__style"))
    headshots = list(Headshot.objects.filter(employee=employee).select_related("candidate", "decided_by"))
    return {
        "employee": employee,
        "step": step_of(employee),
        "invite": invite,
        "link": links.personal_link(invite) if invite else "",
        "consent": live_consent(employee),
        "style": version_for(employee),
        "photos": [_photo(photo) for photo in photos],
        "shoots": [_shoot(shoot) for shoot in shoots],
        "headshots": headshots,
        "mails": list(mails_to(employee)[:20]),
        "moments": _moments(employee, shoots),
    }


def _photo(photo: SourcePhoto) -> dict[str, Any]:
    reasons = [reason.get("message") or reason.get("code", "") for reason in photo.reasons]
    return {
        "row": photo,
        "status": photo.verdict or photo.status,
        "label": photo.get_verdict_display() if photo.verdict else photo.get_status_display(),
        "reason": reasons[0] if reasons else "",
    }


def _shoot(shoot: Shoot) -> dict[str, Any]:
    pictures = shoot.candidates.filter(nudged_from=None)
    return {
        "row": shoot,
        "style": str(shoot.style_version),
        "candidates": pictures.count() if shoot.status == ShootStatus.DONE else 0,
    }


def _moments(employee: Employee, shoots: list[Shoot]) -> list[Moment]:
    """Decisions (audit), moves that no decision stands behind, and mails that went out."""
    moments = [
        Moment(line.event.at, line.words, line.icon, line.event.actor_name, line.details)
        for line in happenings.described(audit_of(employee.pk), without=employee.name)
    ]
    invite_ids = [str(pk) for pk in Invite.objects.filter(employee=employee).values_list("pk", flat=True)]
    moments += [_move(move) for move in moves_of(invite_ids) if move.to_status in _INVITE_MOVES]
    shoot_moves = moves_of([str(shoot.pk) for shoot in shoots])
    moments += [_move(move) for move in shoot_moves if move.to_status in _SHOOT_MOVES]
    sent = mails_to(employee).filter(status=Mail.Status.DONE)[:_MOST]
    moments += [
        Moment(mail.finished_at or mail.created_at, _("Mail delivered"), "mail-check", "", mail.subject)
        for mail in sent
    ]
    failed = mails_to(employee).filter(status=Mail.Status.FAILED)[:_MOST]
    moments += [
        Moment(mail.finished_at or mail.created_at, _("Mail could not be delivered"), "mail-x", "", mail.to)
        for mail in failed
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:_MOST]


_INVITE_MOVES = {"opened", "expired"}
_SHOOT_MOVES = {"done", "failed"}


def _move(move: StatusEvent) -> Moment:
    words, icon = {
        "opened": (_("Link opened"), "mail-open"),
        "expired": (_("Link expired"), "hourglass"),
        "done": (_("Pictures are ready"), "images"),
        "failed": (_("Pictures could not be made"), "circle-x"),
    }[move.to_status]
    return Moment(move.at, words, icon, move.actor_name if move.actor_kind != "system" else "")
