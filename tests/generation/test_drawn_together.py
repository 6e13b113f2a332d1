"""Waiting shoots of one style that a worker draws in the same calls: each stays a shoot of its own."""

import itertools
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

# An engine that takes three pictures at a time draws three people of one picture together.
TOGETHER = {"TEST_TOGETHER": "3"}


@pytest.fixture(autouse=True)
def _one_picture(settings: Any) -> None:
    settings.SHOOT_CANDIDATES = 1


def _all_drawn(house: House, shoots: list[Shoot], folder: Path) -> None:
    """Wait until all of them are in the middle of the same steps."""

    def same() -> bool:
        with house.scope():
            rows = Shoot.objects.filter(pk__in=[one.pk for one in shoots], status="running")
            stages = list(rows.values_list("stage", flat=True))
        return len(stages) == len(shoots) and all(one.startswith("generate:") for one in stages)

    eventually(same)
    assert len(set((folder / "steps").read_text().split()[::2])) == 1


def test_three_people_are_drawn_in_the_time_of_one(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    made = [ask(house, who) for who in ("ines", "jonas", "kofi")]
    gpu(TEST_STEP_S="0.05", **TOGETHER)
    _all_drawn(house, made, tmp_path)
    page = Client().get(house.me("kofi", "making/")).content.decode()
    assert f"of {engines.STEPS})" in page
    eventually(lambda: all(status(house, one) == "done" for one in made), within_s=150)
    # One row of steps for all of them.
    assert steps(tmp_path) == engines.STEPS
    for one in made:
        assert moves(house, one) == ["queued", "running", "done"]
        with house.scope():
            assert one.candidates.exists()
    eventually(lambda: Worker.objects.filter(doing="ready", shoots=3).exists())
    _seconds_are_counted_once(house, made)


def _seconds_are_counted_once(house: House, made: list[Shoot]) -> None:
    """What a fair share is reckoned by: nobody's seconds of the worker are another's too."""
    with house.scope():
        rows = list(Shoot.objects.filter(pk__in=[one.pk for one in made]).order_by("finished_at"))
    for before, after in itertools.pairwise(rows):
        assert before.finished_at and after.turn_at and after.started_at
        assert after.started_at < before.finished_at <= after.turn_at


def test_who_stops_is_left_out_and_the_others_get_their_pictures(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    ines, jonas = ask(house, "ines"), ask(house, "jonas")
    gpu(TEST_STEP_S="0.1", **TOGETHER)
    _all_drawn(house, [ines, jonas], tmp_path)
    Client().post(house.me("ines", "making/cancel/"))
    eventually(lambda: status(house, jonas) == "done")
    assert status(house, ines) == "cancelled"
    assert steps(tmp_path) == engines.STEPS
    with house.scope():
        assert not Candidate.objects.filter(shoot=ines).exists()
        assert Candidate.objects.filter(shoot=jonas).exists()


def test_a_killed_worker_loses_nobody_and_nobody_shares_again(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    house = generating.northwind
    made = [ask(house, who) for who in ("ines", "jonas")]
    first = gpu(TEST_STEP_S="0.2", **TOGETHER)
    _all_drawn(house, made, tmp_path)
    kill(first)
    before = steps(tmp_path)
    gpu(TEST_STEP_S="0", **TOGETHER)
    with house.scope():
        for _ in made:
            enqueue("gpu", NEXT_SHOOT, "gpu")
    eventually(lambda: all(status(house, one) == "done" for one in made), within_s=150)
    for one in made:
        assert moves(house, one) == ["queued", "running", "queued", "running", "done"]
    # Whichever of them it was that ended the process: it cannot take the other with it again.
    assert steps(tmp_path) - before == 2 * engines.STEPS


def test_a_polite_stop_spares_all_of_them(generating: Cast, gpu: Callable[..., Any], tmp_path: Path) -> None:
    house = generating.northwind
    made = [ask(house, who) for who in ("ines", "jonas")]
    process = gpu(TEST_STEP_S="0.3", **TOGETHER)
    _all_drawn(house, made, tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    with house.scope():
        for one in made:
            one.refresh_from_db()
            assert (one.status, one.failures) == ("queued", 0)


def test_who_changed_their_mind_is_not_drawn(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    from generation.services import engines as services
    from teams.actor import Actor

    house = generating.northwind
    ines, jonas = ask(house, "ines"), ask(house, "jonas")
    gpu(TEST_STEP_S="0.1", **TOGETHER)
    _all_drawn(house, [ines, jonas], tmp_path)
    with house.scope():
        services.allow_generated(house.employees["ines"], False, Actor.employee(house.employees["ines"]))
    eventually(lambda: status(house, jonas) == "done")
    with tenancy.system_scope():
        ines.refresh_from_db()
    assert (ines.engine, ines.queue, ines.status) == ("studio", "studio", "queued")


def test_people_of_another_company_are_never_drawn_with_them(
    generating: Cast, gpu: Callable[..., Any], tmp_path: Path
) -> None:
    ines = ask(generating.northwind, "ines")
    sven = ask(generating.southbay, "sven")
    gpu(TEST_STEP_S="0.01", **TOGETHER)
    eventually(lambda: status(generating.northwind, ines) == "done")
    eventually(lambda: status(generating.southbay, sven) == "done")
    assert steps(tmp_path) == 2 * engines.STEPS
