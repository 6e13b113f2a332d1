"""What the workers carry out. Each job claims its row, computes only what is missing, and can be killed at
any line and run again."""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction

from branding.selectors import framing_for
from generation import pipeline, resident, transitions
from generation.imaging.errors import Cancelled, EngineError, SubjectError
from generation.imaging.types import Progress
from generation.models import Nudge, NudgeStatus, PhotoStatus, Shoot, SourcePhoto
from generation.services import announcements, claims, engines, nudges, outcomes, uploads
from generation.services.engines import NEXT_SHOOT
from portal.lib.jobrow import beat, due
from portal.lib.jobs import enqueue
from teams import tenancy
from teams.tenancy import tenant_job
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.jobs")

# The graphics card gave up: nothing works on it in this process any more, in the next one it may.
_CARD_GONE: Final = "gpu_failed"


@tenant_job
def check_photo(company_id: str, photo_id: str) -> None:
    """Reach a verdict on one uploaded photo. Runs again harmlessly: the verdict is a function of bytes."""
    photo = (
        SourcePhoto.objects.select_related("employee")
        .filter(pk=photo_id, status=PhotoStatus.RECEIVED)
        .first()
    )
    if photo is None:
        return
    try:
        findings = pipeline.check(photo, framing_for(photo.employee))
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


@tenant_job
def nudge_picture(company_id: str, nudge_id: str) -> None:
    """Make the small change that an employee asked for in a picture."""
    rows = due(Nudge.objects.filter(pk=nudge_id, status=NudgeStatus.QUEUED))
    nudge = rows.select_related("company", "candidate__shoot__style_version").first()
    if nudge is None:
        return
    try:
        transitions.nudge_claimed(nudge)
    except TransitionRefused:
        # Another worker was faster, or it was taken back.
        return
    nudges.carry_out(nudge)


def next_shoot(queue: str = "studio") -> None:
    """Photograph the shoot whose turn it is, whichever company it belongs to."""
    tenancy.drop_stale_connection()
    structlog.contextvars.clear_contextvars()
    worker = resident.here()
    if worker.stopping:
        # The next worker's: put back, so that it need not wait for the clock.
        enqueue(queue, NEXT_SHOOT, queue)
        return
    shoot = claims.claim(queue, worker.name)
    if shoot is None:
        return
    structlog.contextvars.bind_contextvars(company=str(shoot.company_id), job="shoot", row=str(shoot.pk))
    with tenancy.company_scope(shoot.company_id):
        most = pipeline.people_at_once(shoot)
    company = [shoot, *claims.companions(shoot, worker.name, most)]
    with tenancy.company_scope(shoot.company_id), worker.working_on(*company):
        if len(company) > 1:
            run_together(company)
        else:
            run_shoot(shoot)
    if claims.more(queue):
        # A place within a company's quota may just have become free for one whose job found none.
        enqueue(queue, NEXT_SHOOT, queue)


def run_together(shoots: Sequence[Shoot]) -> None:
    """Carry out claimed shoots of one style: drawn in the same calls, then finished one after the other, each
    with an outcome of its own."""
    left = [shoot for shoot in shoots if not _handed_over(shoot)]
    log.info("drawing together", people=len(left))
    drawn = pipeline.draw_together([(shoot, _progress(shoot)) for shoot in left], settings.SHOOT_SIZE)
    for at, (shoot, made) in enumerate(zip(left, drawn, strict=True)):
        structlog.contextvars.bind_contextvars(row=str(shoot.pk))
        if at:
            claims.begin_turn(left[at:])
        run_shoot(shoot, made)


def _handed_over(shoot: Shoot) -> bool:
    """Whether company or person have changed their mind about generated pictures while it waited."""
    try:
        return engines.settle(shoot, shoot.company)
    except TransitionRefused as refused:
        log.info("shoot moved on", to=refused.to)
        return True


def run_shoot(shoot: Shoot, drawn: pipeline.Drawn | Exception | None = None) -> None:
    """Carry out a claimed shoot and write its outcome. `drawn`: what `draw_together` made of the person."""
    try:
        try:
            if isinstance(drawn, Exception):
                raise drawn
            _photograph(shoot, drawn)
        except Cancelled as error:
            log.info("shoot stopped", reason=error.code)
            if error.code == resident.STOPPING:
                transitions.shoot_spared(shoot, "worker_stopped")
        except SubjectError as error:
            outcomes.failed(shoot, "subject", error.code, error.data)
        except EngineError as error:
            outcomes.failed_by_us(shoot, error)
            if error.code == _CARD_GONE:
                resident.here().leave()
        except TransitionRefused:
            raise
        except Exception as error:
            log.exception("shoot broke")
            outcomes.failed_by_us(shoot, EngineError("engine_broke", error=type(error).__name__))
    except TransitionRefused as refused:
        log.info("shoot moved on", to=refused.to)


def _progress(shoot: Shoot) -> Progress:
    """Tells the row and the watchdog; raises Cancelled when the shoot or the worker was stopped."""
    worker = resident.here()

    def progress(stage: str, done: float) -> None:
        worker.feed()
        if not beat(shoot, stage, done):
            raise Cancelled("lost_claim")

    return progress


def _photograph(shoot: Shoot, drawn: pipeline.Drawn | None) -> None:
    # Company or person may have changed their mind about generated pictures while it waited.
    if engines.settle(shoot, shoot.company):
        return
    pipeline.photograph(shoot, settings.SHOOT_SIZE, _progress(shoot), drawn)
    # Outcome and mail together: a worker killed between them would leave the person waiting.
    with transaction.atomic():
        transitions.shoot_done(shoot)
        announcements.shoot_ready(shoot)
