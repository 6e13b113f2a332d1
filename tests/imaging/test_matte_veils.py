"""What an eye found beside people at 100 %: veils and blots beside hair, frayed shoulders, slivers along the
jaw that a face turns away, backdrop between braids, and what stands before the chest.

Each place in a shared portrait is a polygon that an eye named, with the mean alpha that it had and may have.
"""

import numpy as np
import pytest

from generation.imaging import color
from generation.imaging.face.detect import detect_faces
from generation.imaging.gates import MOST_UNSURE
from generation.imaging.landmarks import eye_middle, face_unit
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.veil import without_veil
from generation.imaging.types import Alpha
from tests.imaging import people
from tests.imaging.test_matte_leftovers import before, plain
from tests.imaging.test_matte_witnesses import matte, mean_alpha

# Name, corners, alpha at the most. It was 1.00 (pale flag beside a jaw that is turned away), 0.12 (a shelf
# beside the hair), 0.10 (flag beside the brow), 0.30 (flag beside the hair), 0.9 (wall between braids).
GONE = [
    ("bobby-rush", [(318, 676), (330, 677), (329, 696), (317, 695)], 0.60),
    ("mazie-hirono", [(800, 191), (831, 185), (838, 238), (808, 241)], 0.05),
    ("tim-scott", [(283, 251), (303, 252), (300, 299), (280, 298)], 0.07),
    ("kweisi-mfume", [(279, 158), (296, 157), (298, 186), (281, 187)], 0.15),
    ("cori-bush", [(266, 530), (272, 530), (277, 575), (270, 575)], 0.30),
]


@pytest.mark.parametrize(("name", "corners", "most"), GONE)
def test_nothing_stays_beside_a_real_person(name: str, corners: list[tuple[int, int]], most: float) -> None:
    assert mean_alpha(name, corners) < most


def test_a_burned_out_cheek_before_a_white_wall_has_no_hole() -> None:
    assert mean_alpha("bonnie-watson-coleman", [(702, 530), (741, 527), (745, 577), (706, 581)]) > 0.95


def test_a_jaw_before_a_red_flag_is_not_green() -> None:
    """Alpha that is too low at a jaw takes the flag's red out of the skin and leaves its complement."""
    found = matte("clarence-owens")
    there = np.s_[640:760, 285:345]
    seen = found.alpha[there] > 0.3
    lab = color.linear_to_lab(found.foreground[there][seen])
    assert np.quantile(lab[:, 1], 0.05) > -2


def head() -> tuple[Alpha, Alpha, float, tuple[int, int]]:
    """The wheel's person as a hard mask and as alpha, eyes to chin, and the eyes' middle."""
    master = people.master()
    hard = np.asarray(master.alpha > 0.5, np.float32)
    x, y = eye_middle(master.landmarks)
    return hard, hard.copy(), face_unit(master.landmarks), (int(x), int(y))


def test_a_veil_goes_and_a_strand_in_it_stays() -> None:
    hard, alpha, unit, (_, y) = head()
    rows = slice(y - int(0.4 * unit), y)
    edge = int(np.flatnonzero(hard[rows].any(axis=0))[0])
    columns = slice(edge - int(0.4 * unit), edge - int(0.1 * unit))
    alpha[rows, columns] = 0.2
    strand = slice(y - int(0.2 * unit), y - int(0.2 * unit) + 3)
    alpha[strand, columns] = 0.9
    found = without_veil(alpha, hard, np.zeros_like(hard), people.master().landmarks)
    assert found[y - int(0.38 * unit) : y - int(0.22 * unit), columns].max() < 0.01
    assert found[strand, columns].min() > 0.65
    assert (found[hard > 0] == 1).mean() > 0.995


def test_solid_hair_that_the_segmenter_missed_stays() -> None:
    hard, alpha, unit, (_, y) = head()
    rows = slice(y - int(0.3 * unit), y)
    edge = int(np.flatnonzero(hard[rows].any(axis=0))[0])
    lock = np.s_[rows, edge - int(0.15 * unit) : edge]
    alpha[lock] = 0.9
    assert without_veil(alpha, hard, np.zeros_like(hard), people.master().landmarks)[
        lock
    ].min() == pytest.approx(0.9)


def test_cloth_is_not_frayed() -> None:
    """A thin spike on a shoulder goes, with and without the segmenter's word for it."""
    hard, alpha, unit, (x, y) = head()
    column = x + int(1.2 * unit)
    top = int(np.flatnonzero(hard[:, column])[0])
    spike = np.s_[top - int(0.15 * unit) : top - int(0.05 * unit), column : column + 4]
    alpha[spike] = 0.8
    assert top > y + unit
    for opinion in (hard, np.maximum(hard, alpha)):
        assert (
            without_veil(alpha, opinion, np.zeros_like(hard), people.master().landmarks)[spike].max() < 0.01
        )


def test_a_name_plate_before_the_chest_is_not_shown() -> None:
    """Every view of the person net takes a plate in front of somebody for a part of them."""
    pixels = before(plain())
    assert cut_out(pixels, detect_faces(pixels)[0]).unsure < MOST_UNSURE
    assert matte("eddie-bernice-johnson").unsure > MOST_UNSURE


@pytest.mark.parametrize("name", ["bennie-thompson", "danny-davis", "earl-blumenauer"])
def test_a_suit_that_the_second_net_loses_is_no_plate(name: str) -> None:
    assert matte(name).unsure < MOST_UNSURE
