"""Exports that a dead worker or a restarted Redis left behind, and archives past their day."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from portal.exports import services, transitions
from portal.lib.jobrow import due
from portal.models import Export, ExportStatus
from teams import tenancy
from teams.transitions import TransitionRefused

log = structlog.get_logger("portal.exports.reaper")

# As for shoots: a job that Redis carries is picked up within seconds.
LOST_AFTER_S = 30


def reap() -> None:
    """One round over all companies."""
    with tenancy.system_scope():
        _requeue_dead()
        _push_queued()
        _expire_old()


def _requeue_dead() -> None:
    silent = timezone.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
    for export in Export.objects.filter(status=ExportStatus.RUNNING, heartbeat_at__lt=silent):
        log.warning("worker lost", export=str(export.pk), attempt=export.attempt)
        try:
            if export.attempt < settings.MAX_ATTEMPTS:
                transitions.export_requeued(export, "worker_lost", delay=False)
            else:
                transitions.export_failed(export, "worker_lost", {})
        except TransitionRefused:
            continue


def _push_queued() -> None:
    lost = Q(enqueued_at=None) | Q(enqueued_at__lt=timezone.now() - timedelta(seconds=LOST_AFTER_S))
    for export in due(Export.objects.filter(lost, status=ExportStatus.QUEUED))[:500]:
        services.push(export)


def _expire_old() -> None:
    late = Export.objects.filter(status=ExportStatus.READY, expires_at__lte=timezone.now())
    for export in late[:500]:
        services.expire(export)
