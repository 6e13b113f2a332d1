"""What the workers carry out. Each job claims its row, computes only what is missing, and can be killed at
any line and run again."""

from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from branding.selectors import current_framing
from generation import pipeline, transitions
from generation.imaging.errors import Cancelled, EngineError, SubjectError
from generation.models import PhotoStatus, Shoot, SourcePhoto
from generation.services import announcements, uploads
from portal.lib.jobrow import beat
from portal.lib.jobs import enqueue
from teams import tenancy
from teams.tenancy import tenant_job
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.jobs")


@tenant_job
def check_photo(company_id: str, photo_id: str) -> None:
    """Reach a verdict on one uploaded photo. Runs again harmlessly: the verdict is a function of bytes."""
    photo = SourcePhoto.objects.filter(pk=photo_id, status=PhotoStatus.RECEIVED).first()
    if photo is None:
        return
    try:
        findings = pipeline.check(photo, current_framing(photo.company_id))
    except FileNotFoundError:
        findings = {"verdict": "reject", "reasons": [{"code": "file_lost", "message": "", "data": {}}]}
    try:
        transitions.photo_checked(photo, **findings)
    except TransitionRefused:
        # Removed by its owner, or checked by another worker, in the meantime.
        log.info("photo moved on", photo=photo_id)
        _drop_copies_of_deleted(photo, findings)


def _drop_copies_of_deleted(photo: SourcePhoto, findings: dict[str, Any]) -> None:
    """The check may have stored copies of a photo after its files were deleted."""
    if SourcePhoto.objects.filter(pk=photo.pk).exclude(status=PhotoStatus.DELETED).exists():
        return
    photo.normalized, photo.thumbnail = findings.get("normalized", ""), findings.get("thumbnail", "")
    uploads.delete_files(photo)


def next_shoot() -> None:
    """Photograph the shoot whose turn it is, whichever company it belongs to."""
    tenancy.drop_stale_connection()
    structlog.contextvars.clear_contextvars()
    with tenancy.system_scope():
        shoot_id = transitions.next_shoot_id("studio")
        if shoot_id is None:
            return
        shoot = Shoot.objects.get(pk=shoot_id)
    structlog.contextvars.bind_contextvars(company=str(shoot.company_id), job="shoot", row=str(shoot.pk))
    with tenancy.company_scope(shoot.company_id):
        try:
            transitions.shoot_claimed(shoot)
        except TransitionRefused:
            # Another worker was faster; there may be a next one.
            enqueue("studio", "generation.jobs.next_shoot")
            return
        run_shoot(shoot)


def run_shoot(shoot: Shoot) -> None:
    """Carry out a claimed shoot and write its outcome."""

    def progress(stage: str, done: float) -> None:
        if not beat(shoot, stage, done):
            raise Cancelled("lost_claim")

    try:
        pipeline.photograph(shoot, settings.SHOOT_SIZE, progress)
        # Outcome and mail together: a worker killed between them would leave the person waiting.
        with transaction.atomic():
            transitions.shoot_done(shoot)
            announcements.shoot_ready(shoot)
    except (Cancelled, TransitionRefused) as error:
        log.info("shoot stopped", reason=str(error))
    except SubjectError as error:
        _failed(shoot, "subject", error.code, error.data)
    except EngineError as error:
        _failed_by_us(shoot, error.code, error.data)
    except Exception as error:
        log.exception("shoot broke")
        _failed_by_us(shoot, "engine_broke", {"error": type(error).__name__})


def _failed_by_us(shoot: Shoot, code: str, data: dict[str, Any]) -> None:
    """Try again with back-off, or give up after the last attempt."""
    if shoot.attempt >= settings.MAX_ATTEMPTS:
        _failed(shoot, "engine", code, data)
        return
    try:
        transitions.shoot_requeued(shoot, code)
    except TransitionRefused:
        log.info("shoot moved on", code=code)


def _failed(shoot: Shoot, kind: str, code: str, data: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            transitions.shoot_failed(shoot, kind, code, data)
            announcements.shoot_failed(shoot)
    except TransitionRefused:
        log.info("shoot moved on", code=code)
