"""A small change carried out by a real worker, which is killed in the middle of it once."""

from datetime import timedelta

import pytest
from django.utils import timezone

import generation.reaper
from generation.imaging.nudge import Nudge as Steps
from generation.models import Candidate, Nudge
from generation.services import nudges
from portal.lib import storage
from teams.actor import Actor
from teams.models import StatusEvent
from tests.cast import Cast, make_cast
from tests.generation.nudging import finished
from tests.workers import eventually, kill, start_worker, worker


@pytest.fixture
def told_cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(told_cast: Cast) -> None:
    house = told_cast.northwind
    with house.scope():
        picture = finished(house)
        first = start_worker("intake")
        wish = nudges.ask(picture, Steps(brightness=1, side=1), Actor.employee(house.employees["ines"]))
        eventually(lambda: Nudge.objects.filter(pk=wish.pk, status="running", progress__gt=0.05).exists())
        kill(first)
        # Unless the whole of it was over before the blow.
        Nudge.objects.filter(status="running").update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    generation.reaper.reap()
    with worker("intake"), house.scope():
        eventually(lambda: Nudge.objects.filter(pk=wish.pk, status="done").exists())
        result = Candidate.objects.get(nudged_from=picture)
        assert Nudge.objects.get(pk=wish.pk).result_id == result.pk
        assert storage.renditions().size(result.image) > 50_000
        assert all(gate["passed"] for gate in result.gates.values())
        moves = StatusEvent.objects.filter(object_id=str(wish.pk)).order_by("at")
        told = list(moves.values_list("to_status", flat=True))
        assert (told[0], told[-1], told.count("done")) == ("queued", "done", 1)
