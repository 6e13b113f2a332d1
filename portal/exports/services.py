"""Asking for an export, trying again, letting go of archives."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generation.models import Headshot
from portal.exports import selectors, transitions
from portal.lib import storage
from portal.lib.jobs import enqueue
from portal.models import Export, ExportStatus
from teams import audit
from teams.actor import SYSTEM, Actor
from teams.models import Company, User
from teams.transitions import TransitionRefused

# Longer than an erasure takes: then the archive is packed without the person.
_AFTER_ERASURE_S = 60
QUEUE = "exports"


class NobodyToExport(Exception):
    """The choice means nobody."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants exported. `key` was made by the form once."""

    key: uuid.UUID
    choice: str
    choice_name: str
    presets: Sequence[str]
    pattern: str
    headshots: Sequence[Headshot]


def request_export(company: Company, user: User, wish: Wish) -> Export:
    """Write the export and hand it to the workers. The same key again gives the same export.

    Raises NobodyToExport.
    """
    if not wish.headshots:
        raise NobodyToExport
    by = Actor.member(user)
    export = Export(
        company=company,
        requested_by=user,
        choice=wish.choice,
        choice_name=wish.choice_name,
        presets=list(wish.presets),
        pattern=wish.pattern,
        headshots=[str(row.pk) for row in wish.headshots],
        request_key=wish.key,
    )
    try:
        with transaction.atomic():
            transitions.export_queued(export, by)
            audit.record("export.requested", export, by, **summary(export))
            push(export)
    except IntegrityError:
        return Export.objects.get(company=company, request_key=wish.key)
    return export


def summary(export: Export) -> dict[str, Any]:
    """What the log says about an export."""
    return {"people": len(export.headshots), "presets": list(export.presets), "choice": export.choice}


def push(export: Export) -> None:
    """Put it on the queue."""
    Export.objects.filter(pk=export.pk).update(enqueued_at=timezone.now())
    enqueue(QUEUE, "portal.exports.jobs.pack", export.company_id, export.pk)


def retry(export: Export, user: User) -> None:
    """Try a failed export again. Raises TransitionRefused when it has not failed."""
    by = Actor.member(user)
    with transaction.atomic():
        transitions.export_retried(export, by)
        audit.record("export.requested", export, by, **summary(export))
        push(export)


def downloaded(export: Export, user: User) -> None:
    """Somebody takes the archive."""
    audit.record("export.downloaded", export, Actor.member(user), **summary(export))


def expire(export: Export, by: Actor = SYSTEM, why: str = "") -> None:
    """Delete the archive; the history keeps the row. Safe to run again."""
    file = export.file
    try:
        transitions.export_expired(export, by, why)
    except TransitionRefused:
        return
    if file:
        storage.exports().delete(file)


def forget(headshot_ids: Sequence[str]) -> None:
    """Somebody is being erased: no archive may hold them, no row may name them."""
    for export in selectors.holding(headshot_ids):
        if export.status == ExportStatus.READY:
            expire(export, why="erased")
        elif export.status == ExportStatus.RUNNING:
            later = timezone.now() + timedelta(seconds=_AFTER_ERASURE_S)
            try:
                transitions.export_disturbed(export, "erased", later)
            except TransitionRefused:
                # It became ready this moment.
                export.refresh_from_db()
                expire(export, why="erased")
    _unname(headshot_ids)


def _unname(headshot_ids: Sequence[str]) -> None:
    wanted = set(headshot_ids)
    for export in Export.objects.exclude(skipped=[]):
        rows = [{**row, "name": ""} if row.get("headshot") in wanted else row for row in export.skipped]
        if rows != export.skipped:
            Export.objects.filter(pk=export.pk).update(skipped=rows)
