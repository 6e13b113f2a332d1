"""The only writer of an export's status: each move with its event row.

A running export belongs to the attempt that claimed it; a worker that was thought dead and comes back
cannot finish another's work.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from portal.lib.jobrow import retry_delay
from portal.models import Export, ExportStatus
from teams.actor import SYSTEM, Actor
from teams.transitions import Moves, TransitionRefused, move, record_move

EXPORT_MOVES: Moves = {
    ExportStatus.RUNNING: frozenset({ExportStatus.QUEUED}),
    ExportStatus.QUEUED: frozenset({ExportStatus.RUNNING}),
    ExportStatus.READY: frozenset({ExportStatus.RUNNING}),
    ExportStatus.FAILED: frozenset({ExportStatus.RUNNING}),
    ExportStatus.EXPIRED: frozenset({ExportStatus.READY}),
}

# A table of its own: only a person brings a failed export back.
_RETRY: Moves = {ExportStatus.QUEUED: frozenset({ExportStatus.FAILED})}


def export_queued(export: Export, by: Actor) -> None:
    """An export was asked for: write its row."""
    with transaction.atomic():
        export.save(force_insert=True)
        record_move(export, "", ExportStatus.QUEUED, by)


def export_claimed(export: Export) -> None:
    """A worker takes it. Raises TransitionRefused when another one was faster."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "attempt": models.F("attempt") + 1,
        "heartbeat_at": now,
        "started_at": now,
        "error_kind": "",
        "error_code": "",
        "error_data": {},
    }
    move(export, ExportStatus.RUNNING, EXPORT_MOVES, **fields)
    export.refresh_from_db()


def _as_attempt(export: Export, to: str, why: str, **fields: Any) -> None:
    """Move a running export, only if it is still the attempt that this worker claimed."""
    with transaction.atomic():
        mine = Export.objects.select_for_update().filter(
            pk=export.pk, status=ExportStatus.RUNNING, attempt=export.attempt
        )
        if not mine.exists():
            raise TransitionRefused(export, to)
        move(export, to, EXPORT_MOVES, why=why, **fields)


def export_ready(
    export: Export, *, file: str, sha256: str, size_bytes: int, file_count: int, skipped: Sequence[Any]
) -> None:
    """The archive is stored; it can be downloaded for some days."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "file": file,
        "sha256": sha256,
        "size_bytes": size_bytes,
        "file_count": file_count,
        "skipped": list(skipped),
        "finished_at": now,
        "expires_at": now + timedelta(days=settings.EXPORT_DAYS),
        "progress": 1.0,
        "stage": "done",
    }
    _as_attempt(export, ExportStatus.READY, "", **fields)


def export_paused(export: Export) -> None:
    """A long export gives its worker back and goes on in another job; that is no failed attempt."""
    fields: dict[str, Any] = {"attempt": export.attempt - 1, "not_before": None, "enqueued_at": None}
    _as_attempt(export, ExportStatus.QUEUED, "goes on", **fields)


def export_requeued(export: Export, code: str, *, delay: bool = True) -> None:
    """Tried again: after a back-off when something broke, at once when only its worker died."""
    not_before = timezone.now() + retry_delay(export.attempt) if delay else None
    fields: dict[str, Any] = {"not_before": not_before, "enqueued_at": None, "error_code": code}
    _as_attempt(export, ExportStatus.QUEUED, code, **fields)


def export_failed(export: Export, code: str, data: dict[str, Any]) -> None:
    """Given up; the page offers to try again."""
    fields: dict[str, Any] = {
        "finished_at": timezone.now(),
        "error_kind": "engine",
        "error_code": code,
        "error_data": data,
    }
    _as_attempt(export, ExportStatus.FAILED, code, **fields)


def export_retried(export: Export, by: Actor) -> None:
    """Somebody asks for a failed export once more. Raises TransitionRefused when it has not failed."""
    fields: dict[str, Any] = {"attempt": 0, "not_before": None, "enqueued_at": None, "finished_at": None}
    if export.status != ExportStatus.FAILED:
        raise TransitionRefused(export, ExportStatus.QUEUED)
    move(
        export, ExportStatus.QUEUED, {ExportStatus.QUEUED: frozenset({ExportStatus.FAILED})}, by=by, **fields
    )


def export_disturbed(export: Export, why: str, until: datetime) -> None:
    """Somebody in it is being erased: the worker that packs it loses its claim, and it starts anew."""
    fields: dict[str, Any] = {"not_before": until, "enqueued_at": None}
    move(export, ExportStatus.QUEUED, EXPORT_MOVES, why=why, **fields)


def export_expired(export: Export, by: Actor = SYSTEM, why: str = "") -> None:
    """The archive's last day has passed, or somebody in it was erased. The caller deletes the file."""
    move(export, ExportStatus.EXPIRED, EXPORT_MOVES, by=by, why=why, file="", size_bytes=0)
