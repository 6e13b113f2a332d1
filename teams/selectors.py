"""Reads of the roster: consents, invites, mails, members, what happened. No writes."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from teams.models import (
    AuditEvent,
    Company,
    Consent,
    Employee,
    Invite,
    InviteStatus,
    Mail,
    Membership,
    StatusEvent,
)

# A link in one of these can be opened (until its last day has passed).
LIVE_INVITES = (InviteStatus.PENDING, InviteStatus.OPENED, InviteStatus.ACCEPTED)


def live_consent(employee: Employee) -> Consent | None:
    """The consent that stands now, or None: without it nothing may be uploaded, measured or made."""
    return Consent.objects.filter(employee=employee, withdrawn_at=None).first()


def live_invite(employee: Employee) -> Invite | None:
    """The link that works now, if there is one."""
    invite = Invite.objects.filter(employee=employee, status__in=LIVE_INVITES).first()
    if invite is not None:
        invite.company = employee.company
    return invite


def mails_to(employee: Employee) -> QuerySet[Mail]:
    """Everything that was written to a person, newest first."""
    return Mail.objects.filter(employee=employee).order_by("-created_at").defer("html", "text")


def members_of(company: Company) -> list[Membership]:
    """Everybody with access, owners first."""
    rows = Membership.objects.filter(company=company).select_related("user")
    order = {"owner": 0, "hr": 1, "reviewer": 2, "marketing": 3}
    return sorted(rows, key=lambda row: (order[row.role], str(row.user).casefold()))


def audit_events(company: Company, wanted: Mapping[str, Any]) -> QuerySet[AuditEvent]:
    """The log narrowed by `q` (actor or person), `action`, `since` (included) and `until` (excluded)."""
    found = AuditEvent.objects.filter(company=company)
    if wanted.get("action"):
        found = found.filter(action=wanted["action"])
    if wanted.get("since"):
        found = found.filter(at__gte=wanted["since"])
    if wanted.get("until"):
        found = found.filter(at__lt=wanted["until"])
    if wanted.get("q"):
        people = Employee.objects.filter(
            Q(name__icontains=wanted["q"]) | Q(email__icontains=wanted["q"]), company=company
        )
        found = found.filter(Q(actor_name__icontains=wanted["q"]) | Q(employee_id__in=people.values("pk")))
    return found


def audit_actions(company: Company) -> list[str]:
    """The kinds of action that occur in the log."""
    found = AuditEvent.objects.filter(company=company).order_by("action").values_list("action", flat=True)
    return list(found.distinct())


def audit_of(employee_id: uuid.UUID, most: int = 200) -> list[AuditEvent]:
    """A person's part of the log, newest first."""
    return list(AuditEvent.objects.filter(employee_id=employee_id).order_by("-at", "-id")[:most])


def moves_of(object_ids: list[str], most: int = 200) -> list[StatusEvent]:
    """Status moves of these rows, newest first."""
    return list(StatusEvent.objects.filter(object_id__in=object_ids).order_by("-at", "-id")[:most])
