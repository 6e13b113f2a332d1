"""States of the portal that several of its tests start from."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.cast import Cast


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Two of Northwind wait, one of Southbay runs, one was done in 40 s; one worker works, one is silent."""
    now = timezone.now()
    with cast.northwind.scope():
        factories.make_shoot(
            cast.northwind.employees["ines"], started_at=now - timedelta(seconds=40), finished_at=now
        )
        for who in ("jonas", "kofi"):
            factories.make_shoot(cast.northwind.employees[who], "queued")
    with cast.southbay.scope():
        factories.make_shoot(cast.southbay.employees["sven"], "running")
        factories.make_shoot(
            cast.southbay.employees["sven"],
            "failed",
            error_kind="engine",
            error_code="model_missing",
            finished_at=now,
        )
    factories.make_worker("studio mail", name="box:worker.2", doing="busy", shoots=4, busy_s=100.0)
    factories.make_worker("gpu", name="box:gpu0", device="H100", beat_at=now - timedelta(minutes=3))
    return cast
