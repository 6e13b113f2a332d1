"""Changing a company: its brand, words and limits."""

from typing import Any

from django.db import transaction

from portal.lib import storage
from teams.actor import Actor
from teams.models import AuditEvent, Company
from teams.services import logos


def save_brand(
    company: Company, changed: list[str], by: Actor, *, logo: bytes | None = None, remove_logo: bool = False
) -> list[str]:
    """Write the changed columns, and a new logo or none; returns what changed. Files first: a row never
    points at nothing."""
    before = company.logo
    if logo is not None:
        company.logo = logos.put(company, logo)
    elif remove_logo:
        company.logo = ""
    if company.logo != before:
        changed = [*changed, "logo"]
    if not changed:
        return []
    with transaction.atomic():
        company.save(update_fields=changed)
        _record(company, "company.changed", by, fields=changed)
    if "logo" in changed and before:
        storage.originals().delete(before)
    return changed


def save_engines(company: Company, *, generated: bool, off: list[str], by: Actor) -> bool:
    """Whether pictures may be generated, and which engines not; False when nothing changed."""
    if (company.allow_generated, company.engines_off) == (generated, off):
        return False
    company.allow_generated, company.engines_off = generated, off
    with transaction.atomic():
        company.save(update_fields=["allow_generated", "engines_off"])
        _record(company, "engines.changed", by, generated=generated, off=off)
    return True


def save_share(company: Company, *, weight: float, most: int | None, by: Actor) -> None:
    """The company's share of the workers, and how many of its shoots may run at once (None: no bound)."""
    company.share_weight, company.max_running = weight, most
    with transaction.atomic():
        company.save(update_fields=["share_weight", "max_running"])
        _record(company, "company.share", by, weight=weight, most=most)


def _record(company: Company, action: str, by: Actor, **data: Any) -> None:
    AuditEvent.objects.create(
        company=company,
        action=action,
        object_type="company",
        object_id=str(company.pk),
        data=data,
        **by.columns(),
    )
