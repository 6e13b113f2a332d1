"""What people are told about their wait: by place, measured durations and workers alive; and that it comes
true in a simulated day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation import sharing, simulation, turns
from generation.models import Shoot
from generation.sharing import Load, Queue
from tests import factories
from tests.cast import Cast


def _measured(cast: Cast, seconds: float) -> None:
    """One finished shoot of Jonas that took so long."""
    now = timezone.now() - timedelta(hours=1)
    with cast.northwind.scope():
        factories.make_shoot(
            cast.northwind.employees["jonas"],
            started_at=now - timedelta(seconds=seconds),
            finished_at=now,
        )


def _queued(cast: Cast, who: str, house: str = "northwind") -> Shoot:
    where = getattr(cast, house)
    with where.scope():
        return factories.make_shoot(where.employees[who], "queued")


def _wait(cast: Cast, shoot: Shoot) -> turns.Wait:
    turns.forget_forecast("studio")
    house = cast.northwind if shoot.company_id == cast.northwind.company.pk else cast.southbay
    with house.scope():
        return turns.wait_of(shoot)


def test_place_and_workers_make_the_wait(cast: Cast) -> None:
    _measured(cast, 40)
    first, second = _queued(cast, "ines"), _queued(cast, "kofi")
    factories.make_worker("studio")
    assert _wait(cast, first).done_s == pytest.approx(40)
    late = _wait(cast, second)
    assert (late.ahead, late.done_s) == (1, pytest.approx(80))
    factories.make_worker("studio")
    assert _wait(cast, second).done_s == pytest.approx(40)


def test_another_companys_person_comes_in_between(cast: Cast) -> None:
    _measured(cast, 40)
    _queued(cast, "ines")
    second = _queued(cast, "kofi")
    sven = _queued(cast, "sven", "southbay")
    factories.make_worker("studio")
    assert _wait(cast, sven).start_s == pytest.approx(40)
    assert _wait(cast, second).start_s == pytest.approx(80)


def test_without_a_worker_or_a_measurement_nothing_is_promised(cast: Cast) -> None:
    shoot = _queued(cast, "ines")
    factories.make_worker("studio")
    assert _wait(cast, shoot).done_s is None
    _measured(cast, 40)
    assert _wait(cast, shoot).done_s == pytest.approx(40)
    from generation.models import Worker

    Worker.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    gone = _wait(cast, shoot)
    assert (gone.workers, gone.done_s) == (0, None)


def test_what_runs_is_waited_for(cast: Cast) -> None:
    _measured(cast, 40)
    with cast.northwind.scope():
        factories.make_shoot(
            cast.northwind.employees["kofi"], "running", started_at=timezone.now() - timedelta(seconds=30)
        )
    shoot = _queued(cast, "ines")
    factories.make_worker("studio", doing="busy")
    assert _wait(cast, shoot).start_s == pytest.approx(10, abs=2)


def test_the_company_hears_when_its_last_pictures_are_ready(cast: Cast) -> None:
    _measured(cast, 40)
    for who in ("ines", "kofi"):
        _queued(cast, who)
    factories.make_worker("studio")
    turns.forget_forecast("studio")
    page = cast.client("hana").get("/c/northwind/").content.decode()
    assert "Pictures of 2 people are being made" in page
    assert "The last ones are ready in about 2 minutes." in page


def test_the_company_hears_that_nothing_runs(cast: Cast) -> None:
    _queued(cast, "ines")
    turns.forget_forecast("studio")
    page = cast.client("hana").get("/c/northwind/").content.decode()
    assert "waits for a machine that is not running now" in page
    assert "are being made" not in cast.client("mara").get("/c/northwind/").content.decode()


# --- the arithmetic ------------------------------------------------------------------------------


def _queue(waiting: dict[str, int], free: list[float], **loads: Load) -> Queue[str]:
    return Queue(
        waiting=waiting,
        duration_s=dict.fromkeys(waiting, 10.0),
        loads={name: loads.get(name, Load()) for name in waiting},
        free_s=free,
    )


def test_companies_alternate() -> None:
    found = sharing.starts(_queue({"a": 3, "b": 2}, [0.0], b=Load(since=1)))
    assert found == {"a": [0, 20, 40], "b": [10, 30]}


def test_a_quota_holds_back_until_one_is_done() -> None:
    found = sharing.starts(_queue({"a": 3}, [0.0, 0.0], a=Load(quota=1)))
    assert found == {"a": [0, 10, 20]}


def test_no_worker_means_no_start() -> None:
    assert sharing.starts(_queue({"a": 2}, [])) == {"a": []}
    assert sharing.at([], 0, 10.0) is None


def test_beyond_what_was_foreseen_it_goes_on_at_the_same_pace() -> None:
    found = sharing.starts(_queue({"a": 5000}, [0.0]), most=100)["a"]
    assert len(found) == 100
    assert sharing.at(found, 4000, 10.0) == pytest.approx(40_000)


def test_a_quota_of_nothing_never_starts() -> None:
    assert sharing.starts(_queue({"a": 3}, [0.0], a=Load(quota=0))) == {"a": []}


# --- a whole day ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_told_comes_true(seed: int) -> None:
    told = simulation.Simulation(simulation.launch(seed, people=1000), seed, share=0.3).run()
    rows = {row.label: row for row in simulation.judge(told)}
    assert rows["all"].people > 200
    assert rows["all"].median < 0.15
    assert abs(rows["all"].bias) < 0.12
    # Waits that matter: nine of ten people were told within a third of what came true.
    assert rows["10 to 60 min"].ninetieth < 0.33
    # And nobody small waited for the launch: half of them no longer than their own shoot or two.
    waited = {row.firm: row for row in simulation.waits(told)}
    assert waited["small"].median_s < 60
    assert waited["giant"].median_s > 10 * waited["small"].median_s


def test_a_day_is_the_same_every_time() -> None:
    runs = [simulation.Simulation(simulation.launch(5, 100), 5).run() for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 100
