"""Making headshots: one shoot per wish, from the usable photos, within the company's limit."""

import threading

import django_rq
import pytest
from django.db import connection
from django.test import Client

from branding.models import StyleVersion
from generation.models import Shoot
from generation.services import shoots
from teams.actor import Actor
from teams.models import AuditEvent, StatusEvent
from tests import factories
from tests.cast import Cast, House, make_cast


def _ready(house: House, photos: int = 1) -> None:
    with house.scope():
        ines = house.employees["ines"]
        factories.give_consent(ines)
        for _ in range(photos):
            factories.make_photo(ines)


def _start(house: House, **data: str) -> str:
    return str(Client().post(house.me("ines", "making/start/"), data, follow=True).content.decode())


def test_starts_from_the_usable_photos(cast: Cast, django_capture_on_commit_callbacks: object) -> None:
    house = cast.northwind
    _ready(house, photos=2)
    with house.scope():
        ines = house.employees["ines"]
        factories.make_photo(ines, verdict="reject", embedding=None)
        factories.make_photo(ines, status="deleted")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        page = _start(house, why="hair")
    assert "In the studio" in page
    with house.scope():
        shoot = Shoot.objects.get()
        assert shoot.photos.count() == 2
        assert (shoot.status, shoot.engine, shoot.count, shoot.retake_reason) == (
            "queued",
            "studio",
            4,
            "hair",
        )
        assert shoot.style_version == house.version
        assert StatusEvent.objects.filter(object_id=str(shoot.pk), to_status="queued").count() == 1
        assert AuditEvent.objects.filter(action="shoot_started", employee_id=ines.pk).count() == 1
    assert [job.func_name for job in django_rq.get_queue("studio").jobs] == ["generation.jobs.next_shoot"]


def test_a_second_click_finds_the_first_shoot(cast: Cast) -> None:
    _ready(cast.northwind)
    for _ in range(2):
        assert "In the studio" in _start(cast.northwind)
    with cast.northwind.scope():
        assert Shoot.objects.count() == 1


def test_two_tabs_at_the_same_moment(transactional_db: None) -> None:
    house = make_cast().northwind
    _ready(house)
    barrier = threading.Barrier(2)
    found: list[object] = []

    def tab() -> None:
        barrier.wait()
        try:
            with house.scope():
                ines = house.employees["ines"]
                found.append(shoots.start(ines, Actor.employee(ines)).pk)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    tabs = [threading.Thread(target=tab) for _ in range(2)]
    for thread in tabs:
        thread.start()
    for thread in tabs:
        thread.join()
    with house.scope():
        assert found == [Shoot.objects.get().pk] * 2


def test_without_a_published_style_the_page_is_friendly(cast: Cast) -> None:
    house = cast.northwind
    _ready(house)
    with house.scope():
        StyleVersion.objects.all().delete()
    assert "The studio is not open yet" in _start(house)
    assert "not published yet" in Client().get(house.me("ines", "photos/")).content.decode()


def test_the_limit(cast: Cast) -> None:
    house = cast.northwind
    house.company.max_shoots = 2
    house.company.save()
    _ready(house)
    with house.scope():
        for status in ("done", "failed", "cancelled", "done"):
            factories.make_shoot(house.employees["ines"], status)
    page = _start(house)
    assert "You have used all 2 of your shoots." in page
    assert "Make my headshots" not in page
    with house.scope():
        assert not Shoot.objects.filter(status="queued").exists()


def test_nothing_to_start_from(cast: Cast) -> None:
    _ready(cast.northwind, photos=0)
    assert "Add at least one photo that can be used." in _start(cast.northwind)


def test_a_photo_still_being_checked_is_waited_for(cast: Cast) -> None:
    _ready(cast.northwind)
    with cast.northwind.scope():
        factories.make_photo(cast.northwind.employees["ines"], status="received", verdict="")
    assert "still being looked at" in _start(cast.northwind)


def test_the_seed_follows_from_person_and_number(cast: Cast) -> None:
    ines, jonas = cast.northwind.employees["ines"], cast.northwind.employees["jonas"]
    assert shoots.seed_of(ines, 1) == shoots.seed_of(ines, 1)
    assert len({shoots.seed_of(ines, 1), shoots.seed_of(ines, 2), shoots.seed_of(jonas, 1)}) == 3


@pytest.mark.parametrize("why", ["robots", "x" * 500])
def test_an_invented_reason_is_not_kept(cast: Cast, why: str) -> None:
    _ready(cast.northwind)
    _start(cast.northwind, why=why)
    with cast.northwind.scope():
        assert Shoot.objects.get().retake_reason == ""
