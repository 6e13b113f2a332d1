"""Reads of the roster: consents, invites, mails, members, what happened. No writes."""

from teams.models import Consent, Employee


def live_consent(employee: Employee) -> Consent | None:
    """The consent that stands now, or None: without it nothing may be uploaded, measured or made."""
    return Consent.objects.filter(employee=employee, withdrawn_at=None).first()
