"""A long e-mail address wraps where a reader expects it, and stays what it is."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.templatetags.addresses import breakable
from tests.cast import Cast

LONG = "maximiliane.von-hohenstein+photos@accounting.northwind-trading.example"


def test_it_wraps_behind_the_at_sign_and_before_dots_only() -> None:
    assert breakable("ann.lee@north.test") == "ann<wbr>.lee@<wbr>north<wbr>.test"


@given(st.text())
def test_nothing_but_places_to_wrap_is_added(text: str) -> None:
    assert html.unescape(breakable(text).replace("<wbr>", "")) == text
    assert not set(breakable(text).replace("<wbr>", "")) & set("<>")


@pytest.mark.parametrize("drawer", [True, False])
def test_the_person_page_and_drawer_show_it_so(cast: Cast, drawer: bool) -> None:
    ines = cast.northwind.employees["ines"]
    with cast.northwind.scope():
        ines.email = LONG
        ines.save()
    headers = {"HX-Request": "true"} if drawer else {}
    path = f"/c/{cast.northwind.slug}/people/{ines.pk}/"
    page = cast.client("hana").get(path, headers=headers).content.decode()
    assert breakable(LONG) in page
