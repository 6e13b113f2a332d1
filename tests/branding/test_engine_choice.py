"""A style may ask for the engines that are installed and that the company allows, and for no other."""

from collections.abc import Iterator

import pytest

from branding import engines, services
from branding.controls import differences
from branding.forms import look_data
from branding.look import Look
from branding.models import Style
from generation.services.engines import for_styles
from tests.cast import Cast


@pytest.fixture
def style(cast: Cast) -> Iterator[Style]:
    with cast.northwind.scope():
        yield Style.objects.get(pk=cast.northwind.style.pk)


@pytest.fixture
def drawing() -> Iterator[None]:
    """An installation that has more than the studio."""
    engines.offer_by(lambda company: ("studio", "wardrobe", "sdxl"))
    yield
    engines.offer_by(for_styles)


def _page(cast: Cast, style: Style) -> str:
    return str(cast.client("hana").get(f"/c/northwind/styles/{style.pk}/").content.decode())


def _save(cast: Cast, style: Style, **more: str) -> int:
    data = {"name": style.name, "seen": services.seen_of(style), **look_data(style.draft_look), **more}
    answer = cast.client("hana").post(f"/c/northwind/styles/{style.pk}/save/", data)
    style.refresh_from_db()
    return int(answer.status_code)


def test_with_the_studio_alone_there_is_nothing_to_choose(cast: Cast, style: Style) -> None:
    assert 'name="engine"' not in _page(cast, style)
    assert _save(cast, style, engine="sdxl") == 302
    assert style.draft_look.engine == "studio"


def test_what_is_installed_can_be_chosen_and_says_what_it_means(
    cast: Cast, style: Style, drawing: None
) -> None:
    page = _page(cast, style)
    assert page.count('name="engine"') == 3
    assert "Face and hair stay as photographed" in page
    assert 'value="edit"' not in page
    assert _save(cast, style, engine="wardrobe") == 302
    assert style.draft_look.engine == "wardrobe"


def test_an_engine_that_is_not_offered_is_refused(cast: Cast, style: Style, drawing: None) -> None:
    assert _save(cast, style, engine="edit") == 422
    assert style.draft_look.engine == "studio"


def test_a_page_from_before_there_was_a_choice_keeps_the_engine(
    cast: Cast, style: Style, drawing: None
) -> None:
    _save(cast, style, engine="sdxl")
    assert _save(cast, style) == 302
    assert style.draft_look.engine == "sdxl"


def test_versions_say_that_the_engine_changed() -> None:
    (found,) = differences(Look(), Look(engine="wardrobe"))
    assert str(found.sentence) == (
        "How pictures are made from The person's own photo to Their own head, other clothes"
    )


def test_nothing_is_offered_that_is_not_installed_or_allowed(cast: Cast) -> None:
    pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")
    from tests.imaging.engines import shoots

    company = cast.northwind.company
    company.allow_generated, company.engines_off = True, []
    assert for_styles(company) == ("studio",)
    with shoots.using(shoots.store()):
        assert for_styles(company) == ("studio", "sdxl", "wardrobe")
        company.engines_off = ["sdxl"]
        assert for_styles(company) == ("studio", "wardrobe")
        company.allow_generated = False
        assert for_styles(company) == ("studio",)
