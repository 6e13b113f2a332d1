"""A worker killed in the middle of a shoot: started again, it ends in the same finished shoot, once."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

import generation.reaper
from generation import transitions
from generation.imaging.samples import portrait_files
from generation.models import Candidate, Shoot, ShootStatus, SourcePhoto
from generation.services import shoots, uploads
from portal.lib import storage
from teams.actor import Actor
from teams.models import Mail, StatusEvent
from teams.services import consents
from tests.cast import Cast, House, make_cast
from tests.workers import eventually, kill, start_worker, worker


def _upload(house: House) -> SourcePhoto:
    ines = house.employees["ines"]
    consents.give(ines, house.invites["ines"], generated=False, signature=ines.name, language="en")
    data = portrait_files()["grace-hopper.png"]
    return uploads.receive_file(ines, Actor.employee(ines), "me.png", io.BytesIO(data), len(data)).photo


def _silence(shoot: Shoot) -> None:
    """As if the heartbeat had stopped a minute ago."""
    Shoot.objects.filter(pk=shoot.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def told_cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(told_cast: Cast) -> None:
    house = told_cast.northwind
    with house.scope():
        photo = _upload(house)
        first = start_worker("intake", "studio")
        eventually(lambda: SourcePhoto.objects.filter(pk=photo.pk, status="checked").exists())
        ines = house.employees["ines"]
        shoot = shoots.start(ines, Actor.employee(ines))
        eventually(lambda: Shoot.objects.filter(pk=shoot.pk, status="running", progress__gt=0.2).exists())
        kill(first)
        assert Shoot.objects.get(pk=shoot.pk).status == ShootStatus.RUNNING
        _silence(shoot)
    generation.reaper.reap()
    with worker("intake", "studio", "mail"), house.scope():
        eventually(lambda: Shoot.objects.filter(pk=shoot.pk, status="done").exists(), within_s=120)
        shoot.refresh_from_db()
        assert shoot.attempt == 2
        _assert_whole(shoot)
        moves = StatusEvent.objects.filter(object_id=str(shoot.pk), object_type="shoot")
        assert list(moves.order_by("at").values_list("to_status", flat=True)) == [
            "queued",
            "running",
            "queued",
            "running",
            "done",
        ]
        assert Mail.objects.filter(kind="shoot_ready").count() == 1


def _assert_whole(shoot: Shoot) -> None:
    candidates = list(Candidate.objects.filter(shoot=shoot))
    assert [c.rank for c in candidates] == list(range(1, shoot.count + 1))
    for candidate in candidates:
        assert storage.renditions().size(candidate.image) > 100_000
        assert storage.renditions().exists(candidate.small)
        assert storage.masters().exists(candidate.master)


def test_a_worker_thought_dead_cannot_finish_anothers_work(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        ines = house.employees["ines"]
        shoot = Shoot.objects.create(company=house.company, employee=ines, style_version=house.version)
        transitions.shoot_claimed(shoot)
        ghost = Shoot.objects.get(pk=shoot.pk)
        _silence(shoot)
    generation.reaper.reap()
    with house.scope():
        again = Shoot.objects.get(pk=shoot.pk)
        transitions.shoot_claimed(again)
        with pytest.raises(transitions.TransitionRefused):
            transitions.shoot_done(ghost)
        assert Shoot.objects.get(pk=shoot.pk).status == ShootStatus.RUNNING
        transitions.shoot_done(again)
