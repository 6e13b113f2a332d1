"""A master that is lit again is not looked at again, unless something of it differs."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from branding.look import Look
from generation.imaging import rig, run
from generation.imaging.finishing.vary import Variation
from generation.imaging.lighting import scene
from generation.imaging.types import MasterLayers
from tests.imaging import people

SIZE = (160, 200)


@cache
def _developed() -> MasterLayers:
    return run.develop(people.checked("portraits/byron-donalds.jpg"))


@pytest.fixture
def master() -> MasterLayers:
    own = _developed()
    return replace(own, foreground=own.foreground.copy(), alpha=own.alpha.copy())


@pytest.fixture(autouse=True)
def looked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """One entry for each time that a picture is looked at."""
    found: list[float] = []
    real = scene.scene

    def noted(*told: float) -> scene.Scene:
        found.append(told[-1])
        return real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(scene, "scene", noted)
    rig._seen.clear()
    yield found
    rig._seen.clear()


def test_variations_of_a_photo_share_one_look_and_change_nothing(
    master: MasterLayers, looked: list[float]
) -> None:
    varied = Variation(azimuth_deg=3.0, rim=0.1)
    run.finish(master, Look(), SIZE)
    kept = run.finish(master, Look(), SIZE, varied)
    assert len(looked) == 1
    rig._seen.clear()
    np.testing.assert_array_equal(kept, run.finish(master, Look(), SIZE, varied))


def test_another_matte_place_or_white_is_looked_at_anew(master: MasterLayers, looked: list[float]) -> None:
    run.finish(master, Look(), SIZE)
    run.finish(replace(master, alpha=master.alpha.copy()), Look(), SIZE)
    run.finish(replace(master, landmarks=master.landmarks + np.float32(0.5)), Look(), SIZE)
    run.finish(replace(master, light=replace(master.light, temperature_k=4000.0)), Look(), SIZE)
    assert len(looked) == 4


def test_nothing_is_kept_of_a_master_that_is_gone(master: MasterLayers) -> None:
    mine = replace(master, foreground=master.foreground.copy())
    run.finish(mine, Look(), SIZE)
    assert rig._seen
    del mine
    gc.collect()
    assert not rig._seen
