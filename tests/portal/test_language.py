"""The language of a page ends with its request: what runs next in this process starts in English."""

from django.utils.translation import get_language, gettext

from tests.cast import Cast


def test_a_german_visitor_reads_german(cast: Cast) -> None:
    page = cast.client("hana").get("/c/northwind/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in page


def test_the_next_test_starts_in_english_again() -> None:
    # Runs after the one above, in its process: both in one file, and tests without a database come last.
    assert get_language() == "en"
    assert gettext("Styles") == "Styles"
