"""Small changes that employees ask for in their pictures: asked for, carried out, taken back."""

import structlog
from django.conf import settings
from django.db import transaction

from generation import nudging, transitions, turns
from generation.imaging.errors import Cancelled, EngineError, SubjectError
from generation.imaging.nudge import Nudge as Steps
from generation.models import Candidate, Nudge, NudgeStatus, ShootStatus
from portal.lib import storage
from portal.lib.jobrow import beat
from portal.lib.jobs import enqueue
from teams import audit
from teams.actor import Actor
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.nudges")

# Beside the photo checks: as short as those, somebody waits for it as well, and one worker does no shoots.
QUEUE = turns.INTAKE
JOB = "generation.jobs.nudge_picture"
OPEN = (NudgeStatus.QUEUED, NudgeStatus.RUNNING)


class NudgeRefused(Exception):
    """Cannot be asked for; `code` says why (`obstacle`, or "beyond" what the picture leaves)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def obstacle(candidate: Candidate) -> str:
    """Why a picture cannot be nudged: "off" (the company does not want it), "unfinished" (or itself a nudged
    one), "no_layers", "no_photos" (to judge it by); empty where it can."""
    if not candidate.shoot.employee.company.allow_nudges:
        return "off"
    if candidate.shoot.status != ShootStatus.DONE or candidate.nudged_from_id is not None:
        return "unfinished"
    if not candidate.master or not storage.masters().exists(candidate.master):
        return "no_layers"
    if not nudging.usable_photos(candidate):
        return "no_photos"
    return ""


def ask(candidate: Candidate, steps: Steps, by: Actor) -> Nudge:
    """Have this picture made with these steps; it stays as it is. A newer wish replaces an older one, and
    the same one again changes nothing. Raises NudgeRefused."""
    code = obstacle(candidate)
    if code or steps.plain or not nudging.room(candidate).holds(steps):
        raise NudgeRefused(code or "beyond")
    with transaction.atomic():
        before = Nudge.objects.select_for_update().filter(candidate=candidate).first()
        standing = (*OPEN, NudgeStatus.DONE)
        if before is not None and before.status in standing and nudging.steps_of(before) == steps:
            return before
        nudge = transitions.nudge_asked(candidate, steps.told(), by)
        audit.record("picture_nudged", candidate, by, employee_id=candidate.shoot.employee_id,
                     picture=candidate.rank, **steps.told())  # fmt: skip
        enqueue(QUEUE, JOB, nudge.company_id, nudge.pk)
    return nudge


def undo(candidate: Candidate, by: Actor) -> None:
    """Take the change back: the picture is as it was made. One that was chosen with the change stays chosen.
    Nothing to take back is no error."""
    with transaction.atomic():
        nudge = Nudge.objects.select_for_update().filter(candidate=candidate).first()
        if nudge is None or nudge.status == NudgeStatus.UNDONE:
            return
        result = nudge.result
        transitions.nudge_undone(nudge, by)
        employee_id = candidate.shoot.employee_id
        audit.record("picture_nudge_undone", candidate, by, employee_id=employee_id, picture=candidate.rank)
    if result is not None:
        nudging.drop(result)


def carry_out(nudge: Nudge) -> None:
    """Make the picture of a claimed nudge and write the outcome."""

    def progress(stage: str, done: float) -> None:
        if not beat(nudge, stage, done):
            raise Cancelled("lost_claim")

    try:
        try:
            if not nudge.company.allow_nudges:
                raise SubjectError("nudge_off")
            picture = nudging.render(nudge, progress)
            progress("storing", 0.9)
            nudging.store(nudge, picture)
        except Cancelled as error:
            log.info("nudge stopped", reason=error.code)
        except SubjectError as error:
            transitions.nudge_failed(nudge, "subject", error.code, error.data)
        except EngineError as error:
            _failed_by_us(nudge, error.code, error.data)
        except TransitionRefused:
            raise
        except Exception as error:
            log.exception("nudge broke")
            _failed_by_us(nudge, "engine_broke", {"error": type(error).__name__})
    except TransitionRefused as refused:
        log.info("nudge moved on", to=refused.to)


def _failed_by_us(nudge: Nudge, code: str, data: dict[str, object]) -> None:
    """Try again with back-off, or give up after the last attempt."""
    if nudge.failures < settings.MAX_ATTEMPTS:
        transitions.nudge_requeued(nudge, code)
    else:
        transitions.nudge_failed(nudge, "engine", code, data)


def lost(nudge: Nudge) -> None:
    """Its worker died: tried again at once. Raises TransitionRefused when it has moved on."""
    log.warning("worker lost", nudge=str(nudge.pk), attempt=nudge.attempt)
    if nudge.failures < settings.MAX_ATTEMPTS:
        transitions.nudge_requeued(nudge, "worker_lost", delay=False)
    else:
        transitions.nudge_failed(nudge, "engine", "worker_lost", {})
