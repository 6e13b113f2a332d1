"""Giving consent: a signed row that is never changed, only withdrawn."""

from django.db import transaction
from django.utils import timezone

from teams import transitions
from teams.actor import Actor
from teams.audit import record
from teams.models import Consent, Employee, Invite
from teams.selectors import live_consent

# Names the text under templates/teams/consent/<version>.html. A changed text gets a new number; the old
# file stays, since people signed it.
TEXT_VERSION = "1"


@transaction.atomic
def give(employee: Employee, invite: Invite, *, generated: bool, signature: str, language: str) -> Consent:
    """Record that the employee agreed to headshot and face measurements (both are needed for anything to
    happen) and, if the company allows it, to generated pictures. A second tab changes nothing."""
    Employee.objects.select_for_update().get(pk=employee.pk)
    standing = live_consent(employee)
    if standing is not None:
        return standing
    by = Actor.employee(employee)
    consent = Consent.objects.create(
        company_id=employee.company_id,
        employee=employee,
        invite=invite,
        text_version=TEXT_VERSION,
        language=language,
        headshot=True,
        biometrics=True,
        generated=generated and employee.company.allow_generated,
        signature=signature,
    )
    transitions.invite_accepted(invite, by)
    record(
        "consent.given",
        consent,
        by,
        employee_id=employee.pk,
        name=employee.name,
        text_version=TEXT_VERSION,
        generated=consent.generated,
    )
    return consent


@transaction.atomic
def change_generated(employee: Employee, generated: bool, by: Actor) -> Consent | None:
    """The person changes their choice about generated pictures: the consent that stood ends, and one that
    differs in this alone takes its place. None without a consent; False is always possible, True only where
    the company allows it."""
    Employee.objects.select_for_update().get(pk=employee.pk)
    standing = live_consent(employee)
    wanted = generated and employee.company.allow_generated
    if standing is None or standing.generated == wanted:
        return standing
    Consent.objects.filter(pk=standing.pk).update(withdrawn_at=timezone.now())
    consent = Consent.objects.create(
        company_id=employee.company_id,
        employee=employee,
        invite=standing.invite,
        text_version=standing.text_version,
        language=standing.language,
        headshot=standing.headshot,
        biometrics=standing.biometrics,
        generated=wanted,
        signature=standing.signature,
    )
    record("consent.changed", consent, by, employee_id=employee.pk, name=employee.name, generated=wanted)
    return consent
