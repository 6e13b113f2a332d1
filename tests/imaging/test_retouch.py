"""Retouch: what goes away in a week goes, what belongs to the person stays."""

from typing import Any

import numpy as np
import pytest

from generation.imaging import color
from generation.imaging.finishing import retouch
from generation.imaging.landmarks import face_unit, skin_region
from generation.imaging.types import LinearRGB, MasterLayers
from tests.imaging import people

# Forehead, cheek: points of the mesh with smooth skin around them.
FOREHEAD, CHEEK = 151, 280
# Of a face that is a little turned 280 lies on the outline of the skin that is looked at.
OTHER_CHEEK = 50


def _painted(master: MasterLayers, at: int, lab: tuple[float, float, float], shape: Any) -> LinearRGB:
    """The skin with a mark of this Lab difference; `shape` gives its strength by place in units of size."""
    unit = face_unit(master.landmarks)
    x, y = master.landmarks[at, :2]
    ys, xs = np.mgrid[: master.alpha.shape[0], : master.alpha.shape[1]]
    strength = shape((xs - x) / unit, (ys - y) / unit)[..., None]
    marked = color.linear_to_lab(master.foreground) + strength * np.array(lab)
    return np.asarray(np.clip(color.lab_to_linear(marked), 0, 1), np.float32)


def _spot(size: float) -> Any:
    return lambda x, y: np.exp(-(x**2 + y**2) / (2 * size**2))


def _line(x: Any, y: Any) -> Any:
    return np.exp(-(y**2) / (2 * 0.012**2)) * (np.abs(x) < 0.14)


def _left(master: MasterLayers, marked: LinearRGB) -> float:
    """Share of the mark that is still there after a full retouch."""
    out = retouch.soften_blemishes(marked, master.landmarks, 1.0)
    clean = retouch.soften_blemishes(master.foreground, master.landmarks, 1.0)
    before = np.abs(marked - master.foreground)
    where = before.max(axis=-1) > 0.5 * before.max()
    return float(np.abs(out - clean)[where].mean() / before[where].mean())


@pytest.mark.parametrize(
    ("photo", "at"),
    [
        ("portraits/byron-donalds.jpg", FOREHEAD),
        ("portraits/don-young.jpg", FOREHEAD),
        ("portraits/don-young.jpg", OTHER_CHEEK),
        ("", CHEEK),
    ],
)
@pytest.mark.parametrize("size", [0.012, 0.018])
def test_a_pimple_goes(photo: str, at: int, size: float) -> None:
    master = people.master(photo)
    assert _left(master, _painted(master, at, (-2.0, 14.0, 3.0), _spot(size))) < 0.6


@pytest.mark.parametrize("photo", ["portraits/byron-donalds.jpg", "portraits/don-young.jpg", ""])
@pytest.mark.parametrize(
    ("lab", "shape"),
    [
        pytest.param((-22.0, 3.0, 2.0), _spot(0.018), id="mole"),
        pytest.param((-7.0, 3.0, 5.0), _spot(0.012), id="freckle"),
        pytest.param((8.0, -2.0, -2.0), _line, id="pale scar"),
        pytest.param((-2.0, 12.0, 3.0), _line, id="red scar"),
        pytest.param((-2.0, 14.0, 3.0), _spot(0.09), id="birthmark"),
    ],
)
def test_what_belongs_to_the_person_stays(photo: str, lab: Any, shape: Any) -> None:
    master = people.master(photo)
    assert _left(master, _painted(master, FOREHEAD, lab, shape)) > 0.85


@pytest.mark.parametrize("photo", ["portraits/byron-donalds.jpg", "portraits/don-young.jpg"])
def test_pores_stay(photo: str) -> None:
    """No plastic skin: the finest detail is what it was, even at full strength."""
    master = people.master(photo)
    out = retouch.soften_blemishes(master.foreground, master.landmarks, 1.0)
    skin = skin_region(master.landmarks, master.alpha.shape) > 0

    def fine(picture: LinearRGB) -> float:
        grey = np.sqrt(color.luminance(picture))
        return float((grey[1:-1, 1:-1] - (grey[:-2, 1:-1] + grey[2:, 1:-1]) / 2)[skin[1:-1, 1:-1]].std())

    assert fine(out) > 0.985 * fine(master.foreground)
    changed = np.abs(out - master.foreground).max(axis=-1)[skin] > 0.01
    assert changed.mean() < 0.1


def test_nothing_is_touched_at_zero_or_beside_the_face() -> None:
    master = people.master()
    assert retouch.soften_blemishes(master.foreground, master.landmarks, 0.0) is master.foreground
    out = retouch.soften_blemishes(master.foreground, master.landmarks, 1.0)
    chin = int(master.landmarks[152, 1]) + 20
    np.testing.assert_array_equal(out[chin:], master.foreground[chin:])
