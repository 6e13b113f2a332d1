"""Puts back what dead workers and a restarted Redis left behind. Called by the clock, in every company."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from generation import transitions
from generation.models import PhotoStatus, Shoot, ShootStatus, SourcePhoto
from generation.services import retention, uploads
from portal.lib.jobrow import due
from portal.lib.jobs import enqueue
from teams import tenancy
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.reaper")

# A job that Redis carries is picked up within seconds; one not seen for this long is put there again.
# Enqueueing twice is harmless, since the claim decides.
LOST_AFTER_S = 30


def reap() -> None:
    """One round over shoots and photos of all companies."""
    with tenancy.system_scope():
        _requeue_dead_shoots()
        _push_queued_shoots()
        _push_unchecked_photos()
        uploads.drop_abandoned()
        retention.finish_removals()
        retention.remove_expired()


def _requeue_dead_shoots() -> None:
    silent = timezone.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
    for shoot in Shoot.objects.filter(status=ShootStatus.RUNNING, heartbeat_at__lt=silent):
        log.warning("worker lost", shoot=str(shoot.pk), attempt=shoot.attempt)
        try:
            if shoot.attempt < settings.MAX_ATTEMPTS:
                transitions.shoot_requeued(shoot, "worker_lost", delay=False)
            else:
                transitions.shoot_failed(shoot, "engine", "worker_lost", {})
        except TransitionRefused:
            continue


def _push_queued_shoots() -> None:
    now = timezone.now()
    lost = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=LOST_AFTER_S))
    waiting = due(Shoot.objects.filter(lost, status=ShootStatus.QUEUED))
    for pk in waiting.values_list("pk", flat=True)[:500]:
        Shoot.objects.filter(pk=pk).update(enqueued_at=now)
        enqueue("studio", "generation.jobs.next_shoot")


def _push_unchecked_photos() -> None:
    now = timezone.now()
    lost = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=LOST_AFTER_S))
    for photo in SourcePhoto.objects.filter(lost, status=PhotoStatus.RECEIVED)[:500]:
        SourcePhoto.objects.filter(pk=photo.pk).update(enqueued_at=now)
        enqueue("intake", "generation.jobs.check_photo", photo.company_id, photo.pk)
