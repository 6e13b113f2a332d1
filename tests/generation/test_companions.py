"""Whom a worker may draw together: only those whose turn it would be anyway."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from branding.models import StyleVersion
from generation import turns
from generation.models import Shoot, Worker
from generation.services import claims
from teams import tenancy
from teams.models import Company
from tests.generation.test_fair_claims import Clock, clock, company

__all__ = ["clock"]
pytestmark = pytest.mark.django_db

ME = "gpu.0"


@pytest.fixture(autouse=True)
def _drawn(clock: Clock) -> None:
    """All shoots of these tests are drawn."""
    clock.at(60)


def _company(name: str, people: int, asked_s: float, **columns: object) -> Company:
    house = company(name, people, asked_s, **columns)
    with tenancy.company_scope(house.pk):
        Shoot.objects.update(engine="sdxl", queue="gpu")
    return house


def _taken(most: int = 4) -> list[str]:
    """The people of one go: who is claimed, and who comes with them."""
    first = claims.claim("gpu", ME)
    if first is None:
        return []
    row = [first, *claims.companions(first, ME, most)]
    with tenancy.system_scope():
        return [f"{one.company.slug} {one.employee.name}" for one in row]


def _change(house: Company, place: int, **columns: Any) -> None:
    with tenancy.company_scope(house.pk):
        shoot = Shoot.objects.order_by("created_at")[place]
        Shoot.objects.filter(pk=shoot.pk).update(**columns)


def _worker(name: str, doing: str = "ready") -> None:
    now = timezone.now()
    Worker.objects.create(name=name, pid=1, queues="gpu", doing=doing, started_at=now, beat_at=now)


def test_those_who_wait_for_the_same_style_come_along_as_far_as_there_is_room() -> None:
    _company("one", 6, 0)
    assert _taken(most=4) == ["one P0", "one P1", "one P2", "one P3"]
    assert _taken(most=4) == ["one P4", "one P5"]
    assert _taken() == []


def test_nobody_comes_along_where_the_engine_draws_one() -> None:
    _company("one", 3, 0)
    assert _taken(most=1) == ["one P0"]


def test_the_row_ends_where_another_companys_turn_comes() -> None:
    _company("first", 5, 0)
    _company("second", 5, 1)
    # Alike in use, they take turns as they would one by one.
    assert _taken() == ["first P0"]
    assert _taken() == ["second P0"]
    with tenancy.system_scope():
        Company.objects.filter(slug="first").update(share_weight=3)
    # Of three shares to one three may come in a row before the other's turn.
    assert _taken() == ["first P1", "first P2", "first P3"]
    assert _taken() == ["second P1"]


def test_a_quota_holds_within_a_row() -> None:
    _company("bounded", 5, 0, max_running=2)
    assert _taken() == ["bounded P0", "bounded P1"]


def test_idle_workers_keep_their_share() -> None:
    _company("one", 4, 0)
    _worker(ME)
    _worker("gpu.1")
    _worker("gpu.2", doing="busy")
    # Of three that wait the idle one could begin one.
    assert _taken() == ["one P0", "one P1", "one P2"]


def test_who_failed_before_is_drawn_alone() -> None:
    house = _company("one", 4, 0)
    _change(house, 1, attempt=1)
    _change(house, 2, attempt=1, spared=1)
    assert _taken() == ["one P0"]
    assert _taken() == ["one P1"]
    # Who was only given back when a worker stopped has not failed.
    assert _taken() == ["one P2", "one P3"]


@pytest.mark.parametrize("other", [{"engine": "edit"}, {"count": 2}, {"style_version": None}])
def test_another_engine_number_or_version_of_the_style_is_no_company(other: dict[str, Any]) -> None:
    house = _company("one", 3, 0)
    if "style_version" in other:
        with tenancy.company_scope(house.pk):
            version = StyleVersion.objects.get()
            other = {"style_version": StyleVersion.objects.create(
                company=house, style=version.style, number=2, data=version.data)}  # fmt: skip
    _change(house, 1, **other)
    assert _taken() == ["one P0"]


def test_a_forecast_knows_that_one_worker_makes_them_one_after_the_other(clock: Clock) -> None:
    _company("one", 4, 0)
    _worker(ME)
    assert len(_taken(most=3)) == 3
    usual = turns.sharing.UNMEASURED_S
    with tenancy.system_scope():
        seen = turns.compute("gpu", timezone.now())
    (start,) = next(iter(seen.starts.values()))
    assert start == pytest.approx(3 * usual, rel=0.1)


def test_each_of_them_counts_with_the_seconds_it_had_the_worker(clock: Clock) -> None:
    from generation import transitions

    house = _company("one", 2, 0)
    first = claims.claim("gpu", ME)
    assert first is not None
    (second,) = claims.companions(first, ME, 2)
    begun = timezone.now()
    with tenancy.company_scope(house.pk):
        clock.now = begun + timedelta(seconds=50)
        transitions.shoot_done(first)
        claims.begin_turn([second])
        clock.now = begun + timedelta(seconds=60)
        transitions.shoot_done(second)
    with tenancy.system_scope():
        took = sorted(seconds for _, _, seconds in turns.recent("gpu", timezone.now()))
        assert took == [10.0, 50.0]
        assert turns.durations("gpu")["sdxl"] == 30.0
