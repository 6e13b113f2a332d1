"""Which engine photographs a person: the style's, unless the company or the person does not want it."""

from dataclasses import dataclass
from typing import Final

from generation.imaging.engines.table import ENGINES, Offer
from teams.models import Company, Consent

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
