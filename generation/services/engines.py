"""Which engine photographs a person: the style's, unless the company or the person does not want it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db import transaction

from branding.models import StyleVersion
from generation import transitions, turns
from generation.imaging.engines.table import ENGINES, Offer, installed
from generation.imaging.models.configured import store
from generation.models import Shoot, ShootStatus
from portal.lib.jobs import enqueue
from teams.actor import Actor
from teams.models import Company, Consent, Employee
from teams.selectors import live_consent
from teams.services import consents
from teams.services.company import save_engines

# The job that carries any shoot of a queue.
NEXT_SHOOT: Final = "generation.jobs.next_shoot"
STUDIO: Final = ENGINES["studio"]
# Why the studio works instead of the style's engine; the codes of Shoot.fallback.
COMPANY, PERSON, ASKED, UNKNOWN = "company", "person", "asked", "unknown"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The engine to use, and why it is not the style's (a code, or empty)."""

    offer: Offer
    fallback: str


def resolve(wanted: str, company: Company, consent: Consent | None, *, own_photo: bool = False) -> Resolved:
    """The engine for one person. `own_photo`: they asked for their own photo, relit.

    Nothing is generated without the company's leave and the person's own consent.
    """
    offer = ENGINES.get(wanted)
    if offer is None:
        # A style of a newer release, or of one that had this engine.
        return Resolved(STUDIO, UNKNOWN)
    if offer.source != "generated":
        return Resolved(offer, "")
    if own_photo:
        return Resolved(STUDIO, ASKED)
    if not allowed(offer, company):
        return Resolved(STUDIO, COMPANY)
    if consent is None or not consent.generated:
        return Resolved(STUDIO, PERSON)
    return Resolved(offer, "")


def allowed(offer: Offer, company: Company) -> bool:
    """Whether the company lets this engine work."""
    if offer.source != "generated":
        return True
    return company.allow_generated and offer.name not in company.engines_off


def offered() -> list[Offer]:
    """The engines that draw, which a company may allow."""
    return [offer for offer in ENGINES.values() if offer.source == "generated"]


def drawing(employee: Employee, style: StyleVersion | None) -> bool | None:
    """Whether pictures of this person are drawn in this style; None where the style or the company draws
    none, so that there is nothing to decide."""
    offer = ENGINES.get(style.look.engine) if style else None
    if offer is None or offer.source != "generated" or not allowed(offer, employee.company):
        return None
    consent = live_consent(employee)
    return consent is not None and consent.generated


def choose(company: Company, *, generated: bool, off: Sequence[str], by: Actor) -> bool:
    """The company allows generated pictures or not, and which engines not; whether that changed anything.

    Shoots that are under way with an engine that is not allowed any more go over to the studio.
    """
    with transaction.atomic():
        if not save_engines(company, generated=generated, off=sorted(off), by=by):
            return False
        under_way = Shoot.objects.filter(company=company, status__in=_OPEN).select_related("employee")
        for shoot in under_way:
            settle(shoot, company)
    return True


def allow_generated(employee: Employee, allowed_now: bool, by: Actor) -> None:
    """The person changes their mind about generated pictures; one being drawn stops within a step and is
    made from their own photo instead."""
    with transaction.atomic():
        consents.change_generated(employee, allowed_now, by)
        for shoot in Shoot.objects.filter(employee=employee, status__in=_OPEN):
            settle(shoot, employee.company)


_OPEN: Final = (ShootStatus.QUEUED, ShootStatus.RUNNING)


def settle(shoot: Shoot, company: Company, *, own_photo: bool = False) -> bool:
    """Hand an open shoot over to the studio when its engine is not wanted (any more); whether it was."""
    found = resolve(shoot.engine, company, live_consent(shoot.employee), own_photo=own_photo)
    if found.offer.name == shoot.engine:
        return False
    with transaction.atomic():
        transitions.shoot_handed_over(shoot, found.offer.name, found.offer.queue, found.fallback)
        enqueue(found.offer.queue, NEXT_SHOOT, found.offer.queue)
        transaction.on_commit(partial(turns.forget_forecast, found.offer.queue))
    return True


def for_styles(company: Company) -> tuple[str, ...]:
    """The engines that the company's styles may ask for: installed here, and allowed by the company."""
    return tuple(
        offer.name for offer in ENGINES.values() if allowed(offer, company) and installed(offer, store())
    )
