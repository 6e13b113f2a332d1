"""Is it one team, and who stands out why."""

import json
from dataclasses import replace

from branding.look import Look
from generation.imaging.consistency import Shown, measure

NUMBERS = {"skin_l_drift": 0.0, "contrast": 0.1, "backdrop_l": 60.0, "backdrop_a": 0.0, "backdrop_b": 0.0}
TEAM = [Shown(name, 35.0, 1.8, 5600.0, 0.50, 0.34, 0.0, NUMBERS) for name in ("Ada", "Ben", "Cleo", "Dan")]


def test_a_perfect_team_has_a_hundred_points_and_no_outlier() -> None:
    found = measure(TEAM)
    assert found["score"] == 100.0 and found["outliers"] == []
    json.dumps(found)


def test_an_outlier_is_named_with_cause_in_words() -> None:
    found = measure([*TEAM, replace(TEAM[0], name="Eve", eye_line=0.521, azimuth_deg=-20.0)])
    (eve,) = found["outliers"]
    assert eve["name"] == "Eve"
    assert "eye line 2.1 % low" in eve["causes"]
    assert "key light 55° too far left" in eve["causes"]
    assert found["score"] < 100


def test_a_newcomer_is_measured_against_the_brand() -> None:
    """Two years later there is nobody to compare with but the style."""
    alone = measure([replace(TEAM[0], eye_line=0.46)], Look())
    assert alone["outliers"][0]["causes"] == ["eye line 4.0 % high"]


def test_nobody_gives_no_score() -> None:
    assert measure([])["score"] is None
