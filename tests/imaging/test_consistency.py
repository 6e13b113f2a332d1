"""Is it one team, and who stands out why."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branding.look import Look
from generation.imaging.consistency import MEASURES, Shown, measure

BACKDROP = "backdrop colour %s off (from 2 on one sees it)"
NUMBERS = {"skin_l_drift": 0.0, "contrast": 0.1, "backdrop_l": 60.0, "backdrop_a": 0.0, "backdrop_b": 0.0}
TEAM = [Shown(name, 35.0, 1.8, 5600.0, 0.50, 0.34, 0.0, NUMBERS) for name in ("Ada", "Ben", "Cleo", "Dan")]
# One measure of a person moved by about two and a half tolerances, and what is said about it.
MOVED: dict[str, tuple[dict[str, Any], str]] = {
    "backdrop": ({"measures": {**NUMBERS, "backdrop_l": 62.5}}, BACKDROP % 2.5),
    "azimuth_deg": ({"azimuth_deg": 5.0}, "key light 30° too far left"),
    "key_fill": ({"key_fill_ratio": 3.4}, "light 64 % too hard"),
    "temperature": ({"temperature_k": 1e6 / (1e6 / 5600 + 25)}, "light 688 K too warm"),
    "exposure": ({"measures": {**NUMBERS, "skin_l_drift": -3.8}}, "skin 3.8 % too dark"),
    "eye_line": ({"eye_line": 0.521}, "eye line 2.1 % low"),
    "head_height": ({"head_height": 0.30}, "head 4.0 % too small"),
    "roll_deg": ({"roll_deg": 1.8}, "head 1.8° clockwise"),
    "contrast": ({"measures": {**NUMBERS, "contrast": 0.23}}, "face contrast 13.0 % higher"),
}

FACES = st.builds(
    Shown,
    name=st.text(max_size=8),
    azimuth_deg=st.floats(-80, 80),
    key_fill_ratio=st.floats(1, 8),
    temperature_k=st.floats(3000, 9000),
    eye_line=st.floats(0.4, 0.6),
    head_height=st.floats(0.2, 0.4),
    roll_deg=st.floats(-5, 5),
    measures=st.fixed_dictionaries(
        {"skin_l_drift": st.floats(-5, 5), "contrast": st.floats(0, 0.3), "backdrop_l": st.floats(0, 100)}
    ),
)


def test_a_perfect_team_has_a_hundred_points_and_no_outlier() -> None:
    found = measure(TEAM)
    assert found["score"] == 100.0 and found["outliers"] == []
    json.dumps(found)


@pytest.mark.parametrize("name", MOVED)
def test_whatever_is_moved_costs_points_and_is_named(name: str) -> None:
    how, words = MOVED[name]
    found = measure([*TEAM, replace(TEAM[0], name="Eve", **how)])
    (eve,) = found["outliers"]
    assert (eve["name"], eve["causes"]) == ("Eve", [words])
    assert found["score"] < 100
    assert found["spread"][name]["tolerances"] > 0
    others = [person["score"] for person in found["people"] if person["name"] != "Eve"]
    assert set(others) == {100.0}


def test_every_measure_of_the_standard_is_tried_above() -> None:
    assert MOVED.keys() == MEASURES.keys()


def test_the_farthest_cause_and_the_farthest_person_come_first() -> None:
    eve = replace(TEAM[0], name="Eve", eye_line=0.521, azimuth_deg=-20.0)
    fritz = replace(TEAM[0], name="Fritz", roll_deg=1.2)
    found = measure([fritz, *TEAM, eve])
    assert [one["name"] for one in found["outliers"]] == ["Eve", "Fritz"]
    assert found["outliers"][0]["causes"] == ["key light 55° too far left", "eye line 2.1 % low"]


@given(team=st.lists(FACES, min_size=1, max_size=9, unique_by=lambda one: one.name), seed=st.integers(0, 99))
def test_the_order_of_people_changes_nothing(team: list[Shown], seed: int) -> None:
    shuffled = list(team)
    random.Random(seed).shuffle(shuffled)
    one, other = measure(team, Look()), measure(shuffled, Look())
    assert one["score"] == other["score"]
    assert one["outliers"] == other["outliers"]
    by_name = {person["name"]: person for person in other["people"]}
    assert all(by_name[person["name"]] == person for person in one["people"])


@given(team=st.lists(FACES, min_size=1, max_size=6), name=st.sampled_from(list(MOVED)))
def test_moving_somebody_farther_never_helps(team: list[Shown], name: str) -> None:
    """Against a fixed reference: a team's own median would move along."""
    reference, look = measure(TEAM)["reference"], Look()
    how, _ = MOVED[name]
    near, far = TEAM[0], replace(TEAM[0], **how)
    scores = [measure([*team, one], look, reference)["people"][-1]["score"] for one in (near, far)]
    assert scores[0] > scores[1]
    assert 0 <= scores[1] <= scores[0] <= 100


def test_a_newcomer_is_measured_against_the_brand() -> None:
    """Two years later there is nobody to compare with but the style."""
    alone = measure([replace(TEAM[0], eye_line=0.46)], Look())
    assert alone["outliers"][0]["causes"] == ["eye line 4.0 % high"]


def test_a_newcomer_is_measured_against_the_team_that_was() -> None:
    """A stored reference holds what no style says: how hard and warm this team's light came out."""
    reference = json.loads(json.dumps(measure(TEAM, Look())["reference"]))
    warm = replace(TEAM[0], name="Zoe", temperature_k=4700.0, measures={**NUMBERS, "backdrop_l": 57.0})
    assert measure([warm], Look())["outliers"] == []
    late = measure([warm], Look(), reference)
    assert late["outliers"] == [{"name": "Zoe", "causes": ["light 900 K too warm", BACKDROP % 3.0]}]
    assert measure([replace(TEAM[1], name="Yan")], Look(), reference)["score"] == 100.0


def test_nobody_gives_no_score() -> None:
    assert measure([])["score"] is None
