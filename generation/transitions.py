"""The only writer of the status of photos, shoots, nudges and headshots: each move with its event row.

A running row belongs to the attempt that claimed it; every later move by a worker names that attempt, so
a worker that was thought dead and comes back cannot finish another's work.
"""

from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from generation.models import (
    Candidate,
    Headshot,
    HeadshotStatus,
    Nudge,
    NudgeStatus,
    PhotoStatus,
    Shoot,
    ShootStatus,
    SourcePhoto,
)
from portal.lib.jobrow import retry_delay
from teams.actor import SYSTEM, Actor
from teams.transitions import Moves, TransitionRefused, move, record_move

PHOTO_MOVES: Moves = {
    PhotoStatus.CHECKED: frozenset({PhotoStatus.RECEIVED}),
    PhotoStatus.DELETED: frozenset({PhotoStatus.RECEIVED, PhotoStatus.CHECKED}),
}
SHOOT_MOVES: Moves = {
    ShootStatus.RUNNING: frozenset({ShootStatus.QUEUED}),
    ShootStatus.QUEUED: frozenset({ShootStatus.RUNNING}),
    ShootStatus.DONE: frozenset({ShootStatus.RUNNING}),
    ShootStatus.FAILED: frozenset({ShootStatus.RUNNING}),
    ShootStatus.CANCELLED: frozenset({ShootStatus.QUEUED, ShootStatus.RUNNING}),
}
NUDGE_MOVES: Moves = {
    NudgeStatus.RUNNING: frozenset({NudgeStatus.QUEUED}),
    NudgeStatus.DONE: frozenset({NudgeStatus.RUNNING}),
    NudgeStatus.FAILED: frozenset({NudgeStatus.RUNNING}),
    NudgeStatus.UNDONE: frozenset(
        {NudgeStatus.QUEUED, NudgeStatus.RUNNING, NudgeStatus.DONE, NudgeStatus.FAILED}
    ),
    # Tried again after a worker's death, or asked for anew with other steps.
    NudgeStatus.QUEUED: frozenset(NudgeStatus),
}
HEADSHOT_MOVES: Moves = {
    HeadshotStatus.APPROVED: frozenset({HeadshotStatus.CHOSEN}),
    HeadshotStatus.RETURNED: frozenset({HeadshotStatus.CHOSEN}),
    # Undo of a reviewer's decision.
    HeadshotStatus.CHOSEN: frozenset({HeadshotStatus.APPROVED, HeadshotStatus.RETURNED}),
    HeadshotStatus.SUPERSEDED: frozenset(
        {HeadshotStatus.CHOSEN, HeadshotStatus.APPROVED, HeadshotStatus.RETURNED}
    ),
    HeadshotStatus.WITHDRAWN: frozenset(
        {HeadshotStatus.CHOSEN, HeadshotStatus.APPROVED, HeadshotStatus.RETURNED, HeadshotStatus.SUPERSEDED}
    ),
}


# --- photos --------------------------------------------------------------------------------------


def photo_received(photo: SourcePhoto, by: Actor) -> None:
    """A complete photo has been stored: write its row."""
    with transaction.atomic():
        photo.save(force_insert=True)
        record_move(photo, "", PhotoStatus.RECEIVED, by)


def photo_checked(photo: SourcePhoto, **findings: Any) -> None:
    """The photo check reached a verdict."""
    move(photo, PhotoStatus.CHECKED, PHOTO_MOVES, why=findings["verdict"], **findings)


def photo_deleted(photo: SourcePhoto, by: Actor) -> None:
    """Removed by its owner; embedding and measures go with it. Files are deleted by the caller."""
    gone: dict[str, Any] = {"embedding": None, "measures": {}, "deleted_at": timezone.now()}
    move(photo, PhotoStatus.DELETED, PHOTO_MOVES, by=by, **gone)


# --- shoots --------------------------------------------------------------------------------------


def shoot_queued(shoot: Shoot, by: Actor) -> None:
    """A shoot was asked for: write its row."""
    with transaction.atomic():
        shoot.save(force_insert=True)
        record_move(shoot, "", ShootStatus.QUEUED, by, shoot.retake_reason)


def shoot_claimed(shoot: Shoot, worker: str = "") -> None:
    """The worker of that name takes the shoot. Raises TransitionRefused when it is not queued any more."""
    now = timezone.now()
    move(
        shoot,
        ShootStatus.RUNNING,
        SHOOT_MOVES,
        attempt=models.F("attempt") + 1,
        heartbeat_at=now,
        started_at=now,
        turn_at=now,
        worker=worker,
        stage="",
        progress=0.0,
        error_kind="",
        error_code="",
        error_data={},
    )
    shoot.refresh_from_db()


def _as_attempt(row: Shoot | Nudge, to: str, why: str, **fields: Any) -> None:
    """Move a running shoot or nudge, only if it is still the attempt that this worker claimed."""
    with transaction.atomic():
        mine = (
            type(row)
            ._default_manager.select_for_update()
            .filter(pk=row.pk, status="running", attempt=row.attempt)
        )
        if not mine.exists():
            raise TransitionRefused(row, to)
        move(row, to, SHOOT_MOVES if isinstance(row, Shoot) else NUDGE_MOVES, why=why, **fields)


def shoot_done(shoot: Shoot) -> None:
    """All candidates are stored."""
    _as_attempt(shoot, ShootStatus.DONE, "", finished_at=timezone.now(), progress=1.0, stage="done")


def shoot_failed(shoot: Shoot, kind: str, code: str, data: dict[str, Any]) -> None:
    """Final: `kind` says whose fault it is, "subject" or "engine"."""
    _as_attempt(
        shoot,
        ShootStatus.FAILED,
        code,
        finished_at=timezone.now(),
        error_kind=kind,
        error_code=code,
        error_data=data,
    )


def shoot_requeued(shoot: Shoot, code: str, *, delay: bool = True) -> None:
    """Tried again: after a back-off when the engine failed, at once when only its worker died."""
    wait = retry_delay(max(shoot.failures, 1)) if delay else timedelta(0)
    _as_attempt(
        shoot,
        ShootStatus.QUEUED,
        code,
        not_before=timezone.now() + wait,
        error_kind="engine",
        error_code=code,
        enqueued_at=None,
    )


def shoot_spared(shoot: Shoot, why: str, **fields: Any) -> None:
    """Given back unharmed, because its worker is stopping or another queue's workers must do it: claimed
    again at once, and the attempt does not count."""
    _as_attempt(
        shoot,
        ShootStatus.QUEUED,
        why,
        spared=models.F("spared") + 1,
        not_before=None,
        enqueued_at=None,
        **fields,
    )


def shoot_handed_over(shoot: Shoot, engine: str, queue: str, why: str) -> None:
    """Another engine makes it, of another queue's workers; whoever works on it notices at the next step and
    the attempt does not count. Raises TransitionRefused when it is not open any more."""
    to = {"engine": engine, "queue": queue, "fallback": why}
    with transaction.atomic():
        now = Shoot.objects.select_for_update(of=("self",)).get(pk=shoot.pk)
        if now.status == ShootStatus.RUNNING:
            shoot_spared(now, why, **to)
        elif now.status == ShootStatus.QUEUED:
            Shoot.objects.filter(pk=now.pk).update(**to, not_before=None, enqueued_at=None)
        else:
            raise TransitionRefused(now, ShootStatus.QUEUED)
    shoot.refresh_from_db()


def shoot_cancelled(shoot: Shoot, by: Actor, why: str = "") -> None:
    """Stopped by somebody; a running worker notices at its next heartbeat."""
    move(shoot, ShootStatus.CANCELLED, SHOOT_MOVES, by=by, why=why, finished_at=timezone.now())


# --- nudges --------------------------------------------------------------------------------------


def nudge_asked(candidate: Candidate, steps: dict[str, Any], by: Actor) -> Nudge:
    """A small change of this picture is wanted; it takes the place of an earlier wish, also of one that a
    worker is carrying out, who notices at the next step."""
    with transaction.atomic():
        row, new = Nudge.objects.get_or_create(
            candidate=candidate, defaults={"company_id": candidate.company_id, **steps}
        )
        if new:
            record_move(row, "", NudgeStatus.QUEUED, by)
            return row
        now = Nudge.objects.select_for_update().get(pk=row.pk)
        fresh: dict[str, Any] = {"stage": "", "progress": 0.0, "error_kind": "", "error_code": "",
                                 "error_data": {}, "not_before": None, "enqueued_at": None}  # fmt: skip
        move(now, NudgeStatus.QUEUED, NUDGE_MOVES, by=by, earlier=now.attempt, **steps, **fresh)
    return now


def nudge_claimed(nudge: Nudge) -> None:
    """A worker takes it. Raises TransitionRefused when it is not queued any more."""
    now = timezone.now()
    fields: dict[str, Any] = {"attempt": models.F("attempt") + 1, "heartbeat_at": now, "started_at": now}
    move(nudge, NudgeStatus.RUNNING, NUDGE_MOVES, stage="", progress=0.0, **fields)
    nudge.refresh_from_db(fields=["attempt"])


def nudge_done(nudge: Nudge, result: Candidate) -> None:
    """Its picture is stored."""
    _as_attempt(nudge, NudgeStatus.DONE, "", result=result, finished_at=timezone.now(), progress=1.0)


def nudge_failed(nudge: Nudge, kind: str, code: str, data: dict[str, Any]) -> None:
    """Final; a picture of an earlier wish stays."""
    error = {"error_kind": kind, "error_code": code, "error_data": data}
    _as_attempt(nudge, NudgeStatus.FAILED, code, finished_at=timezone.now(), **error)


def nudge_requeued(nudge: Nudge, code: str, *, delay: bool = True) -> None:
    """Tried again: after a back-off when we failed, at once when only its worker died."""
    wait = retry_delay(max(nudge.failures, 1)) if delay else timedelta(0)
    _as_attempt(nudge, NudgeStatus.QUEUED, code, not_before=timezone.now() + wait, enqueued_at=None)


def nudge_undone(nudge: Nudge, by: Actor) -> None:
    """Taken back by the person. Raises TransitionRefused when it was before."""
    move(nudge, NudgeStatus.UNDONE, NUDGE_MOVES, by=by, result=None, finished_at=timezone.now())


# --- headshots -----------------------------------------------------------------------------------


def headshot_chosen(candidate: Candidate, by: Actor) -> Headshot:
    """The employee's choice. An open or returned earlier choice is superseded; an approved one stays in
    use until the new one is approved. Choosing the same open candidate again changes nothing."""
    employee = candidate.shoot.employee
    with transaction.atomic():
        # One choice at a time per employee: two tabs queue up here.
        type(employee).objects.select_for_update().get(pk=employee.pk)
        earlier = Headshot.objects.filter(
            employee=employee, status__in=[HeadshotStatus.CHOSEN, HeadshotStatus.RETURNED]
        )
        for old in earlier:
            if old.candidate_id == candidate.pk and old.status == HeadshotStatus.CHOSEN:
                return old
            move(old, HeadshotStatus.SUPERSEDED, HEADSHOT_MOVES, by=by)
        chosen = Headshot.objects.create(
            company_id=candidate.company_id, employee=employee, candidate=candidate
        )
        record_move(chosen, "", HeadshotStatus.CHOSEN, by)
    return chosen


def headshot_approved(headshot: Headshot, by: Actor, user: Any) -> None:
    """The reviewer's yes; an earlier approved headshot of the person is superseded."""
    with transaction.atomic():
        approved = Headshot.objects.filter(
            Q(employee_id=headshot.employee_id), status=HeadshotStatus.APPROVED
        ).exclude(pk=headshot.pk)
        for old in approved:
            move(old, HeadshotStatus.SUPERSEDED, HEADSHOT_MOVES, by=by)
        move(
            headshot,
            HeadshotStatus.APPROVED,
            HEADSHOT_MOVES,
            by=by,
            decided_at=timezone.now(),
            decided_by=user,
            return_reason="",
            return_note="",
        )


def headshot_returned(headshot: Headshot, by: Actor, user: Any, reason: str, note: str) -> None:
    """The reviewer's no, with a reason and words for the employee."""
    move(
        headshot,
        HeadshotStatus.RETURNED,
        HEADSHOT_MOVES,
        by=by,
        why=reason,
        decided_at=timezone.now(),
        decided_by=user,
        return_reason=reason,
        return_note=note,
    )


def headshot_reopened(headshot: Headshot, by: Actor) -> None:
    """Undo of the reviewer's decision."""
    move(
        headshot,
        HeadshotStatus.CHOSEN,
        HEADSHOT_MOVES,
        by=by,
        why="undo",
        decided_at=None,
        decided_by=None,
        return_reason="",
        return_note="",
    )


# A table of its own: an approval must never reach a choice that its employee has replaced.
_RESTORE: Moves = {HeadshotStatus.APPROVED: frozenset({HeadshotStatus.SUPERSEDED})}


def headshot_restored(headshot: Headshot, by: Actor) -> None:
    """In use again, since the approval that had replaced it was undone."""
    move(headshot, HeadshotStatus.APPROVED, _RESTORE, by=by, why="undo")


def headshot_withdrawn(headshot: Headshot, by: Actor = SYSTEM, why: str = "") -> None:
    """The person took it back; it leaves library and exports."""
    move(headshot, HeadshotStatus.WITHDRAWN, HEADSHOT_MOVES, by=by, why=why)
