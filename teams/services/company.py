"""Changing a company: its brand, words and limits."""

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
        AuditEvent.objects.create(
            company=company,
            action="company.changed",
            object_type="company",
            object_id=str(company.pk),
            data={"fields": changed},
            **by.columns(),
        )
    if "logo" in changed and before:
        storage.originals().delete(before)
    return changed
