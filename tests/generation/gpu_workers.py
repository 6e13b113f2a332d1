"""Worker processes of the gpu queue with an engine that tests can stop, kill or hang in the middle."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from branding.look import STARTERS
from branding.models import StyleVersion
from generation import jobs
from generation.imaging.engines import table
from generation.imaging.samples import portrait_files
from generation.models import Shoot
from generation.services import shoots, uploads
from teams.actor import Actor
from teams.models import Company, StatusEvent
from teams.services import consents
from tests import engines
from tests.cast import Cast, House, make_cast
from tests.workers import called, kill, start_worker


@pytest.fixture
def generating(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The cast, whose companies allow generated pictures and have a style that asks for them."""
    monkeypatch.setitem(table.ENGINES, engines.NAME, engines.OFFER)
    told = make_cast()
    Company.objects.update(allow_generated=True)
    look = STARTERS["corporate"].model_copy(update={"engine": engines.NAME}).model_dump(mode="json")
    for house in (told.northwind, told.southbay):
        with house.scope():
            StyleVersion.objects.filter(pk=house.version.pk).update(data=look)
            house.company.refresh_from_db()
    return told


@pytest.fixture
def gpu(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts a worker of the gpu queue; what still runs at the end is killed."""
    started: list[Any] = []

    def start(name: str = "gpu.test", **environment: str) -> Any:
        process = start_worker("gpu", "--as", called(name), TEST_ENGINE=str(tmp_path), **environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            kill(process)


def ask(house: House, who: str = "ines") -> Shoot:
    """A queued shoot of a consented person with one checked photo."""
    person = house.employees[who]
    with house.scope():
        person.company.refresh_from_db()
        consents.give(person, house.invites[who], generated=True, signature=person.name, language="en")
        data = portrait_files()["grace-hopper.png"]
        arrived = uploads.receive_file(person, Actor.employee(person), "me.png", io.BytesIO(data), len(data))
        jobs.check_photo(str(person.company_id), str(arrived.photo.pk))
        return shoots.start(person, Actor.employee(person))


def steps(folder: Path) -> int:
    """Steps that workers have taken."""
    file = folder / "steps"
    return len(file.read_text().splitlines()) if file.exists() else 0


def status(house: House, shoot: Shoot) -> str:
    """The shoot's status now."""
    with house.scope():
        return str(Shoot.objects.get(pk=shoot.pk).status)


def moves(house: House, shoot: Shoot) -> list[str]:
    """All statuses that the shoot has had."""
    with house.scope():
        rows = StatusEvent.objects.filter(object_id=str(shoot.pk), object_type="shoot").order_by("at")
        return list(rows.values_list("to_status", flat=True))
