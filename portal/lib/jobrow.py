"""Columns of a row that a worker carries out, and how one is claimed.

The database decides, Redis only carries: a worker may act on a row only after `claim` moved it from
queued to running in one conditional UPDATE.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.utils import timezone


class JobRow(models.Model):
    """Abstract: the claim, the heartbeat and the outcome of a job."""

    # Times the row was claimed.
    attempt = models.PositiveSmallIntegerField(default=0)
    # Not to be claimed before this moment (back-off).
    not_before = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    # When the row was last put on a Redis queue; the reaper puts it there again if nothing happens.
    enqueued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Where it stands: a stage code and the share of the whole done, 0..1.
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0.0)
    # "subject" (the person can act) or "engine" (ours, retried), with code and data for the sentence.
    error_kind = models.CharField(max_length=8, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_data = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=JobRow)

# Back-off between attempts: 10 s, 40 s, 160 s, … capped at ten minutes.
_FIRST_DELAY_S = 10
_DELAY_FACTOR = 4
_LONGEST_DELAY_S = 600


def retry_delay(attempt: int) -> timedelta:
    """How long to wait after failed attempt number `attempt` (1-based)."""
    return timedelta(seconds=min(_FIRST_DELAY_S * _DELAY_FACTOR ** (attempt - 1), _LONGEST_DELAY_S))


def due(rows: "models.QuerySet[Row]", now: datetime | None = None) -> "models.QuerySet[Row]":
    """Rows whose back-off is over."""
    return rows.filter(models.Q(not_before=None) | models.Q(not_before__lte=now or timezone.now()))


def beat(row: JobRow, stage: str = "", progress: float | None = None) -> bool:
    """Write a heartbeat, and the stage where given. False when the row is no longer this attempt's."""
    fields: dict[str, object] = {"heartbeat_at": timezone.now()}
    if stage:
        fields["stage"] = stage
    if progress is not None:
        fields["progress"] = progress
    # Every row of this kind has a `status` of its own with this value.
    mine: dict[str, object] = {"pk": row.pk, "status": "running", "attempt": row.attempt}
    return type(row)._default_manager.filter(**mine).update(**fields) == 1
