"""Taking the next shoot of a queue, for one worker at a time."""

import uuid
from collections.abc import Sequence
from typing import Final

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from generation import transitions, turns
from generation.models import Shoot, ShootStatus
from generation.services import outcomes
from teams import tenancy
from teams.transitions import TransitionRefused

# Any number of our own: PostgreSQL's advisory locks are shared by everything in the database.
_LOCK: Final = 0x0E11647


def claim(queue: str, worker: str) -> Shoot | None:
    """Claim the shoot whose turn it is, whichever company it belongs to; None when there is none.

    Claims of a queue are made one after the other: two workers at the same moment would read the same loads,
    take the same shoot, or one more than a company's quota allows.
    """
    with tenancy.system_scope(), transaction.atomic():
        _wait_for_turn(queue)
        refused: set[uuid.UUID] = set()
        while True:
            pk = turns.next_shoot(queue)
            if pk is None or pk in refused:
                return None
            shoot = Shoot.objects.get(pk=pk)
            try:
                transitions.shoot_claimed(shoot, worker)
            except TransitionRefused:
                # Cancelled between the two lines.
                refused.add(pk)
                continue
            return shoot


def companions(shoot: Shoot, worker: str, most: int) -> list[Shoot]:
    """Claim further shoots that may be drawn together with a claimed one: at most `most` people in all.

    Only what the turn order grants anyway, one after the other, as long as it is of the same company and
    style version by the same engine; the first one that is not ends the row and is the next worker's. Nothing
    that another worker could begin at once, and nobody who has failed before: what ends a process should
    take nobody with it.
    """
    found: list[Shoot] = []
    if most < 2 or shoot.failures > 1:
        return found
    alike = {"company": shoot.company_id, "style_version": shoot.style_version_id, "engine": shoot.engine,
             "count": shoot.count, "attempt": F("spared")}  # fmt: skip
    with tenancy.system_scope(), transaction.atomic():
        _wait_for_turn(shoot.queue)
        spare = turns.unserved(shoot.queue, worker)
        while len(found) + 1 < most and len(found) < spare:
            pk = turns.next_shoot(shoot.queue)
            one = Shoot.objects.filter(pk=pk, **alike).first() if pk else None
            if one is None:
                break
            try:
                transitions.shoot_claimed(one, worker)
            except TransitionRefused:
                # Cancelled between the two lines.
                break
            found.append(one)
    return found


def begin_turn(shoots: Sequence[Shoot]) -> None:
    """The shoot before these, drawn together with them, is over: their worker's time is theirs now."""
    mine = Shoot.objects.filter(pk__in=[one.pk for one in shoots], status=ShootStatus.RUNNING)
    mine.update(turn_at=timezone.now())


def more(queue: str) -> bool:
    """Whether there is a shoot that could be claimed now."""
    with tenancy.system_scope():
        return turns.next_shoot(queue) is not None


def left_behind(worker: str, *, politely: bool) -> int:
    """Requeue what the earlier process of this name had claimed; how many. `politely`: it had been told to
    stop, so the attempt does not count."""
    count = 0
    with tenancy.system_scope():
        for shoot in Shoot.objects.filter(worker=worker, status=ShootStatus.RUNNING):
            try:
                if politely:
                    transitions.shoot_spared(shoot, "worker_stopped")
                else:
                    outcomes.lost(shoot)
            except TransitionRefused:
                continue
            count += 1
    return count


def _wait_for_turn(queue: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, queue])
