"""Pictures of a shoot arrive one by one; interrupted, it goes on; at the end the best are first."""

import io
from typing import Any

import pytest

from generation import copies, pipeline
from generation.imaging.errors import Cancelled
from generation.imaging.samples import portrait_files
from generation.models import Candidate, Shoot
from generation.services import uploads
from portal.lib import storage
from teams.actor import Actor
from tests import factories
from tests.cast import Cast, House

SIZE = (320, 400)


@pytest.fixture
def shoot(cast: Cast) -> Shoot:
    house = cast.northwind
    with house.scope():
        _upload(house)
        ines = house.employees["ines"]
        return factories.make_shoot(ines, "running", count=3, seed=7)


def _upload(house: House) -> None:
    ines = house.employees["ines"]
    factories.give_consent(ines)
    data = portrait_files()["grace-hopper.png"]
    photo = uploads.receive_file(ines, Actor.employee(ines), "me.png", io.BytesIO(data), len(data)).photo
    photo.status = "checked"
    photo.verdict = "accept"
    photo.save()


def _rows(shoot: Shoot) -> list[Candidate]:
    return list(Candidate.objects.filter(shoot=shoot).order_by("rank"))


class _Stopped:
    """Progress that stops the shoot once so many pictures are stored."""

    def __init__(self, shoot: Shoot, most: int) -> None:
        self._shoot, self._most = shoot, most
        self.seen: list[tuple[int, str, float]] = []

    def __call__(self, stage: str, done: float) -> None:
        stored = self._shoot.candidates.count()
        self.seen.append((stored, stage, done))
        if stored >= self._most:
            raise Cancelled("lost_claim")


@pytest.mark.slow
def test_they_arrive_while_others_are_made(cast: Cast, shoot: Shoot) -> None:
    with cast.northwind.scope():
        told = _Stopped(shoot, 99)
        pipeline.photograph(shoot, SIZE, told)
        rows = _rows(shoot)
    assert [row.rank for row in rows] == [1, 2, 3]
    finishing = {stored for stored, stage, _ in told.seen if stage == "finish"}
    assert {0, 1, 2} <= finishing
    shares = [done for _, _, done in told.seen]
    assert shares == sorted(shares)
    # The style itself first; its variations say how they differ.
    assert rows[0].variation["take"]["plain"]
    assert "key_azimuth_deg" in rows[1].variation


@pytest.mark.slow
def test_an_interrupted_shoot_ends_in_the_same_pictures(
    cast: Cast, shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cast.northwind.scope():
        with pytest.raises(Cancelled):
            pipeline.photograph(shoot, SIZE, _Stopped(shoot, 1))
        (first,) = _rows(shoot)
        written = storage.read(storage.renditions(), first.image)
        made: list[str] = []
        real = pipeline._store
        monkeypatch.setattr(pipeline, "_store", lambda s, p: (made.append(p.take.key), real(s, p)))
        pipeline.photograph(shoot, SIZE, lambda stage, done: None)
        rows = _rows(shoot)
        assert len(made) == 2 and first.variation["take"]["key"] not in made
        assert [row.rank for row in rows] == [1, 2, 3]
        assert storage.read(storage.renditions(), first.image) == written
        Shoot.objects.filter(pk=shoot.pk).update(status="done")
        again = factories.make_shoot(shoot.employee, "running", count=3, seed=7, attempt=1)
        monkeypatch.setattr(pipeline, "_store", real)
        pipeline.photograph(again, SIZE, lambda stage, done: None)
        fresh = [storage.read(storage.renditions(), row.image) for row in _rows(again)]
        assert fresh == [storage.read(storage.renditions(), row.image) for row in rows]


def test_copies_keep_to_their_picture_when_ranks_change(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.make_photo(ines)
        one, two = factories.make_shoot(ines).candidates.all()
        before = copies.large(one)
        one.rank, two.rank = 2, 1
        assert copies.large(two) != before == copies.large(one)


def test_a_worker_that_lost_its_shoot_stores_nothing(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.make_photo(ines)
        ghost = factories.make_shoot(ines, "running", attempt=1)
        Shoot.objects.filter(pk=ghost.pk).update(attempt=2)
        with pytest.raises(Cancelled) as stopped:
            pipeline._store(ghost, _picture())
        assert stopped.value.code == "lost_claim"
        assert not ghost.candidates.exists()
        # The other worker writes the same names: they are not this one's to delete.
        assert storage.renditions().exists(pipeline.shoot_key(ghost, "0.1.1.png"))


def test_nothing_stays_of_somebody_erased_meanwhile(cast: Cast) -> None:
    with cast.northwind.scope():
        ines = cast.northwind.employees["ines"]
        factories.make_photo(ines)
        gone = factories.make_shoot(ines, "running", attempt=1)
        stale = Shoot.objects.get(pk=gone.pk)
        gone.delete()
        with pytest.raises(Cancelled) as stopped:
            pipeline._store(stale, _picture())
        assert stopped.value.code == "shoot_gone"
        for store, name in ((storage.renditions(), "0.1.1.png"), (storage.renditions(), "0.1.1-small.jpg"),
                            (storage.masters(), "0.1.1.master")):  # fmt: skip
            assert not store.exists(pipeline.shoot_key(stale, name))


def _picture() -> Any:
    import numpy as np

    from generation.imaging.types import Candidate as Picture
    from generation.imaging.types import Light, MasterLayers, Take

    light = Light(0.0, 0.0, 1.0, 5600.0)
    master = MasterLayers(np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32),
                          np.zeros((478, 3), np.float32), light, 0.0, "a")  # fmt: skip
    return Picture(np.zeros((40, 32, 3), np.uint8), 1, "retouched", 0.9, {}, {}, light, 0.5, 0.34, 0.0, 0.1,
                   master, take=Take("0.1.1", "a"))  # fmt: skip
