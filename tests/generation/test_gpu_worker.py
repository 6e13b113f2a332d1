"""Real worker processes of the gpu queue: stopped, killed, hung and doubled in the middle of a shoot."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from generation.models import Candidate, Shoot, Worker
from generation.services.engines import NEXT_SHOOT
from portal.lib.jobs import enqueue
from teams import tenancy
from tests import engines
from tests.cast import Cast, House
from tests.generation.gpu_workers import ask, generating, gpu, moves, status, steps
from tests.workers import eventually, kill

__all__ = ["generating", "gpu"]

pytestmark = pytest.mark.slow


def _in_the_middle(house: House, shoot: Shoot, folder: Path) -> None:
    eventually(lambda: steps(folder) >= 5)
    with house.scope():
        now = Shoot.objects.get(pk=shoot.pk)
        assert (now.status, now.engine, now.queue) == ("running", engines.NAME, "gpu")
        assert now.stage.startswith("generate:")


def test_the_page_shows_the_step_and_stopping_ends_it_within_one(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    shoot = ask(house)
    gpu(TEST_STEP_S="0.3")
    _in_the_middle(house, shoot, tmp_path)
    page = Client().get(house.me("ines", "making/")).content.decode()
    assert f"of {engines.STEPS})" in page
    Client().post(house.me("ines", "making/cancel/"))
    at = steps(tmp_path)
    eventually(lambda: Worker.objects.filter(doing="ready", shoots=1).exists())
    # The step that ran when it was stopped, and none after it.
    assert steps(tmp_path) <= at + 1
    assert status(house, shoot) == "cancelled"
    with house.scope():
        assert not Candidate.objects.filter(shoot=shoot).exists()


def test_who_follows_a_killed_worker_takes_its_shoot_up_at_once(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    shoot = ask(house)
    first = gpu(TEST_STEP_S="0.3")
    _in_the_middle(house, shoot, tmp_path)
    kill(first)
    assert status(house, shoot) == "running"
    gpu(TEST_STEP_S="0")
    with house.scope():
        enqueue("gpu", NEXT_SHOOT, "gpu")
    eventually(lambda: status(house, shoot) == "done")
    assert moves(house, shoot) == ["queued", "running", "queued", "running", "done"]
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.attempt, shoot.failures) == (2, 2)
        ranks = list(Candidate.objects.filter(shoot=shoot).values_list("rank", flat=True))
        # What an uninterrupted shoot of this photo makes: none is missing, none is there twice.
        assert ranks == list(range(1, len(ranks) + 1))
        assert ranks


def test_a_step_that_hangs_ends_its_process(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    shoot = ask(house)
    (tmp_path / "hang").touch()
    # Long enough to load the models on a busy machine.
    first = gpu(STEP_TIMEOUT_S="20")
    eventually(lambda: not (tmp_path / "hang").exists())
    # It holds the interpreter's lock: nothing written in Python could end it.
    assert first.wait(60) == 1
    gpu()
    with house.scope():
        enqueue("gpu", NEXT_SHOOT, "gpu")
    eventually(lambda: status(house, shoot) == "done")
    assert moves(house, shoot) == ["queued", "running", "queued", "running", "done"]


def test_a_polite_stop_costs_no_attempt(generating: Cast, gpu: Callable[..., Any], tmp_path: Path) -> None:
    house = generating.northwind
    shoot = ask(house)
    first = gpu(TEST_STEP_S="0.3")
    _in_the_middle(house, shoot, tmp_path)
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert not Worker.objects.exists()
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.status, shoot.attempt, shoot.failures) == ("queued", 1, 0)
    gpu(TEST_STEP_S="0")
    eventually(lambda: status(house, shoot) == "done")
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.attempt, shoot.failures) == (2, 1)


def test_a_shoot_that_is_nearly_done_is_finished_before_the_end(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    shoot = ask(house)
    first = gpu(TEST_STEP_S="0.02")
    _in_the_middle(house, shoot, tmp_path)
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert moves(house, shoot) in (["queued", "running", "done"], ["queued", "running", "queued"])
    with house.scope():
        shoot.refresh_from_db()
        assert shoot.attempt - shoot.failures == (1 if shoot.status == "queued" else 0)


def test_two_workers_share_the_shoots_of_two_companies(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    houses = {"ines": generating.northwind, "jonas": generating.northwind, "sven": generating.southbay}
    made = {who: ask(house, who) for who, house in houses.items()}
    for name in ("gpu.0", "gpu.1"):
        gpu(name)
    eventually(lambda: all(status(houses[who], one) == "done" for who, one in made.items()), within_s=120)
    for who, one in made.items():
        assert moves(houses[who], one) == ["queued", "running", "done"]
        with houses[who].scope():
            assert one.candidates.exists()
    with generating.southbay.scope():
        assert set(Candidate.objects.values_list("company_id", flat=True)) == {generating.southbay.company.pk}
    eventually(lambda: sorted(Worker.objects.values_list("shoots", flat=True)) in ([1, 2], [0, 3]))
    with tenancy.system_scope():
        assert set(Shoot.objects.values_list("worker", flat=True)) <= set(
            Worker.objects.values_list("name", flat=True)
        )


def test_a_second_worker_of_the_same_name_is_refused(generating: Cast, gpu: Callable[..., Any]) -> None:
    gpu("gpu.0")
    eventually(lambda: Worker.objects.filter(doing="ready").exists())
    assert gpu("gpu.0").wait(60) == 1
    assert Worker.objects.count() == 1
