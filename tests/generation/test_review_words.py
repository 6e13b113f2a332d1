"""The reviewer's list of checks speaks to people; the numbers behind it are a tap away."""

import re

from django.utils import translation

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
