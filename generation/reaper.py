"""Puts back what dead workers and a restarted Redis left behind. Called by the clock, in every company."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from generation.models import Nudge, NudgeStatus, PhotoStatus, Shoot, ShootStatus, SourcePhoto, Worker
from generation.services import nudges, outcomes, retention, shoots, uploads
from generation.services.engines import NEXT_SHOOT
from portal.lib.jobrow import due
from portal.lib.jobs import enqueue, length
from teams import tenancy
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.reaper")

# A job that Redis carries is picked up within seconds; one not seen for this long is put there again.
# Enqueueing twice is harmless, since the claim decides.
LOST_AFTER_S = 30
# Jobs of one shoot queue that are kept in Redis.
_MOST_JOBS = 200
# A worker that fell silent is shown to the operator this long.
_WORKER_KEPT = timedelta(hours=1)


def reap() -> None:
    """One round over shoots, photos and nudges of all companies."""
    with tenancy.system_scope():
        _requeue_dead_shoots()
        _push_queued_shoots()
        _forget_dead_workers()
        _push_unchecked_photos()
        _revive_nudges()
        uploads.drop_abandoned()
        retention.finish_removals()
        retention.remove_expired()


def _requeue_dead_shoots() -> None:
    silent = timezone.now() - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
    for shoot in Shoot.objects.filter(status=ShootStatus.RUNNING, heartbeat_at__lt=silent):
        try:
            outcomes.lost(shoot)
        except TransitionRefused:
            continue


def _push_queued_shoots() -> None:
    """Any job of a queue carries any of its shoots: as many jobs as shoots are enough, and thousands that
    wait need no more of them than workers could take before the next round."""
    for queue in shoots.QUEUES:
        waiting = due(Shoot.objects.filter(status=ShootStatus.QUEUED, queue=queue)).count()
        for _ in range(min(waiting, _MOST_JOBS) - length(queue)):
            enqueue(queue, NEXT_SHOOT, queue)


def _forget_dead_workers() -> None:
    Worker.objects.filter(beat_at__lt=timezone.now() - _WORKER_KEPT).delete()


def _push_unchecked_photos() -> None:
    now = timezone.now()
    lost = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=LOST_AFTER_S))
    for photo in SourcePhoto.objects.filter(lost, status=PhotoStatus.RECEIVED)[:500]:
        SourcePhoto.objects.filter(pk=photo.pk).update(enqueued_at=now)
        enqueue("intake", "generation.jobs.check_photo", photo.company_id, photo.pk)


def _revive_nudges() -> None:
    now = timezone.now()
    silent = now - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
    for nudge in Nudge.objects.filter(status=NudgeStatus.RUNNING, heartbeat_at__lt=silent):
        try:
            nudges.lost(nudge)
        except TransitionRefused:
            continue
    missing = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=LOST_AFTER_S))
    for nudge in due(Nudge.objects.filter(missing, status=NudgeStatus.QUEUED))[:_MOST_JOBS]:
        Nudge.objects.filter(pk=nudge.pk).update(enqueued_at=now)
        enqueue(nudges.QUEUE, nudges.JOB, nudge.company_id, nudge.pk)
