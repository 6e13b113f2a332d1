"""The reviewer's list of checks speaks to people; the numbers behind it are a tap away."""

import re

import pytest
from django.utils import translation

from generation import verdicts
from generation.models import Candidate
from tests.cast import Cast
from tests.generation.reviewing import PASSED, in_review

GATES = {
    **PASSED,
    "skin_ita": {"value": 1.4, "bound": 7.0, "passed": True},
    "skin_lightness": {"value": -0.6, "bound": 3.5, "passed": True},
    "light": {"value": 2.1, "bound": 7.0, "passed": True},
    "shadow": {"value": 0.2, "bound": 0.43, "passed": True},
}


def _page(cast: Cast, language: str = "en") -> str:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
        Candidate.objects.filter(pk=headshot.candidate_id).update(gates=GATES)
    path = f"/c/{cast.northwind.slug}/review/{headshot.pk}/"
    client = cast.client("rafael")
    return client.get(path, headers={"Accept-Language": language}).content.decode()


def test_no_check_is_named_by_a_symbol_of_colorimetry(cast: Cast) -> None:
    page = _page(cast)
    assert "Skin tone is true" in page
    assert "ITA" not in page
    assert "L*" not in page


def test_the_numbers_are_there_behind_a_tap(cast: Cast) -> None:
    page = _page(cast)
    behind = re.search(r"<summary[^>]*>The numbers behind these checks</summary>(.*?)</details>", page, re.S)
    assert behind is not None
    assert "Change of skin tone, in degrees 1.4, limit 7" in behind.group(1)
    # And nowhere before it.
    assert "limit 7" not in page[: behind.start()]


def test_in_german_as_well(cast: Cast) -> None:
    page = _page(cast, "de")
    translation.deactivate()
    assert "Die Zahlen zu diesen Prüfungen" in page
    assert "Änderung des Hauttons, in Grad 1,4" in page


@pytest.mark.parametrize(("language", "level"), [("en", "0.0°"), ("de", "0,0°")])
def test_a_level_head_is_tilted_by_zero_not_by_minus_zero(cast: Cast, language: str, level: str) -> None:
    with cast.northwind.scope():
        picture = in_review(cast.northwind, "ines").candidate
    picture.framing = picture.framing | {"roll_deg": -0.03}
    picture.light = {"azimuth_deg": -0.2, "elevation_deg": -0.2}
    picture.gates = {"skin_lightness": {"value": -0.001, "bound": 3.5, "passed": True}}
    with translation.override(language), cast.northwind.scope():
        here = [shown for _what, shown, _wanted in verdicts.numbers(picture)]
        numbers = [one.number for one in verdicts.gates(picture)]
    assert level in here
    assert not [text for text in [*here, *numbers] if "-0" in text]
