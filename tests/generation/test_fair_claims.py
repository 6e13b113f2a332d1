"""Claims with real rows and a simulated clock: a launch of thousands does not hold the others up."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from branding.look import STARTERS
from branding.models import Style, StyleVersion
from generation import transitions, turns
from generation.models import Shoot
from generation.services import claims
from teams import tenancy
from teams.models import Company, Employee, Mail
from tests import factories
from tests.cast import Cast

START = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
TAKES_S = 30


class Clock:
    """The time that Django's `timezone.now` gives."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def at(self, seconds: float) -> datetime:
        self.now = START + timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    yield clock
    cache.clear()


def company(name: str, people: int, asked_s: float, **columns: object) -> Company:
    """A company whose people all ask for their pictures at that moment."""
    house = Company.objects.create(slug=name, name=name, **columns)
    with tenancy.company_scope(house.pk):
        style = Style.objects.create(company=house, name="House", draft={}, is_default=True)
        version = StyleVersion.objects.create(
            company=house, style=style, number=1, data=STARTERS["corporate"].model_dump(mode="json")
        )
        staff = Employee.objects.bulk_create(
            Employee(company=house, name=f"P{n}", email=f"p{n}@{name}.test") for n in range(people)
        )
        Shoot.objects.bulk_create(
            Shoot(
                company=house,
                employee=one,
                style_version=version,
                created_at=START + timedelta(seconds=asked_s + n * 1e-3),
            )
            for n, one in enumerate(staff)
        )
    return house


def work(clock: Clock, workers: int, until_s: float) -> dict[str, list[float]]:
    """Let so many workers claim and finish until then; when each company's shoots started."""
    names = dict(Company.objects.values_list("pk", "slug"))
    started: dict[str, list[float]] = defaultdict(list)
    free = [(float(index) / 100, index) for index in range(workers)]
    busy: dict[int, Shoot] = {}
    while free[0][0] < until_s:
        now, index = heapq.heappop(free)
        clock.at(now)
        if index in busy:
            shoot = busy.pop(index)
            with tenancy.company_scope(shoot.company_id):
                transitions.shoot_done(shoot)
        claimed = claims.claim("studio", f"w{index}")
        if claimed is None:
            heapq.heappush(free, (now + 5.0, index))
            continue
        busy[index] = claimed
        started[names[claimed.company_id]].append(now)
        heapq.heappush(free, (now + TAKES_S, index))
    return started


@pytest.mark.slow
@pytest.mark.django_db
def test_a_launch_of_five_thousand_does_not_hold_the_others_up(clock: Clock) -> None:
    company("giant", 5000, 0)
    for number in range(3):
        company(f"small{number}", 8, 300)
    started = work(clock, 4, 900)
    # First come, first served would have them wait for more than ten hours.
    for number in range(3):
        times = started[f"small{number}"]
        assert len(times) == 8
        assert times[0] - 300 <= TAKES_S + 1
        # 24 shoots of 30 s on four workers are 180 s; one more round for what already ran.
        assert times[-1] <= 300 + 180 + TAKES_S
    # No worker idles while somebody waits: 4 workers, 900 s, 30 s each.
    assert sum(map(len, started.values())) == 4 * 900 / TAKES_S
    assert len(started["giant"]) > 60


@pytest.mark.django_db
def test_a_companys_quota_holds_and_the_rest_goes_to_the_others(clock: Clock) -> None:
    company("bounded", 40, 0, max_running=1)
    company("other", 40, 10)
    started = work(clock, 3, 300)
    assert len(started["bounded"]) == 300 / TAKES_S
    assert len(started["other"]) == pytest.approx(2 * 290 / TAKES_S, abs=2)


@pytest.mark.django_db
def test_alone_within_its_quota_a_company_leaves_workers_idle(clock: Clock) -> None:
    company("bounded", 40, 0, max_running=2)
    assert len(work(clock, 4, 300)["bounded"]) == 2 * 300 / TAKES_S


@pytest.mark.django_db
@pytest.mark.parametrize("workers", [1, 3])
def test_weights_divide_the_workers(clock: Clock, workers: int) -> None:
    company("three", 400, 0, share_weight=3.0)
    company("one", 400, 0, share_weight=1.0)
    started = work(clock, workers, 1200)
    everything = workers * 1200 / TAKES_S
    assert len(started["three"]) == pytest.approx(everything * 3 / 4, abs=2)
    assert len(started["one"]) == pytest.approx(everything / 4, abs=2)


@pytest.mark.django_db
def test_within_a_company_who_asked_first_comes_first(clock: Clock) -> None:
    house = company("orderly", 5, 0)
    clock.at(1)
    order = [claims.claim("studio", "w") for _ in range(5)]
    with tenancy.company_scope(house.pk):
        names = [one.employee.name for one in order if one is not None]
    assert names == ["P0", "P1", "P2", "P3", "P4"]
    assert claims.claim("studio", "w") is None


@pytest.mark.django_db
def test_a_company_that_was_away_has_no_hours_saved_up(clock: Clock) -> None:
    company("busy", 400, 0)
    company("back", 400, 3600)
    started = work(clock, 2, 3600 + 1800)
    late = [when for when in started["busy"] if when > 3600]
    # It catches up for at most half the window, then both take turns.
    assert 3600 < late[0] <= 3600 + 300 + TAKES_S
    rest = 3600 + 600
    share = [sum(when > rest for when in started[name]) for name in ("busy", "back")]
    assert share[0] == pytest.approx(share[1], abs=3)


@pytest.mark.django_db
def test_queues_do_not_mix(clock: Clock) -> None:
    company("one", 1, 0)
    clock.at(1)
    assert claims.claim("gpu", "w") is None
    assert claims.claim("studio", "w") is not None


@pytest.mark.django_db
def test_the_claim_names_its_worker(clock: Clock) -> None:
    company("one", 1, 0)
    clock.at(1)
    shoot = claims.claim("studio", "host:worker.2")
    assert shoot is not None
    assert (shoot.worker, shoot.attempt, shoot.status) == ("host:worker.2", 1, "running")


@pytest.mark.django_db
def test_what_a_stopped_worker_left_comes_back_without_counting(clock: Clock) -> None:
    house = company("one", 1, 0)
    for attempt, (politely, failures) in enumerate([(True, 1), (False, 1), (True, 2)], start=1):
        clock.at(attempt * 100)
        shoot = claims.claim("studio", "host:w")
        assert shoot is not None
        assert (shoot.attempt, shoot.failures) == (attempt, failures)
        assert claims.left_behind("host:w", politely=politely) == 1
    with tenancy.company_scope(house.pk):
        assert Shoot.objects.get().status == "queued"


def test_the_last_attempt_that_is_lost_is_told_by_mail(cast: Cast, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 1
    with cast.northwind.scope():
        shoot = factories.make_shoot(cast.northwind.employees["ines"], "queued")
    claims.claim("studio", "host:w")
    claims.left_behind("host:w", politely=False)
    with cast.northwind.scope():
        shoot.refresh_from_db()
        assert (shoot.status, shoot.error_kind, shoot.error_code) == ("failed", "engine", "worker_lost")
        assert Mail.objects.get().kind == "shoot_failed"


def test_workers_are_alive_only_while_they_say_so(db: None) -> None:
    factories.make_worker("studio mail")
    factories.make_worker("gpu")
    factories.make_worker("studio", beat_at=timezone.now() - timedelta(minutes=1))
    factories.make_worker("studio", doing="stopping")
    assert len(turns.workers_alive("studio")) == 1
    assert len(turns.workers_alive("gpu")) == 1
