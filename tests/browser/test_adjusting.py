"""A picture is adjusted on a small phone, by keyboard, without script; every state by axe."""

import pytest
from playwright.sync_api import expect

from generation.models import Candidate, Headshot
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Site
from tests.generation.nudging import finished

SMALL_PHONE = {"width": 360, "height": 740}


@pytest.mark.slow
def test_a_picture_is_adjusted_compared_and_chosen(site: Site) -> None:
    house = site.cast.northwind
    with house.scope():
        picture = finished(house)
    phone = site.open(SMALL_PHONE, touch=True)
    phone.goto(house.me("ines", f"choose/{picture.pk}/"))
    # The scales lie below the fold; the dock leads there.
    phone.get_by_role("link", name="Adjust").tap()
    expect(phone.locator("#adjust-form")).to_be_in_viewport()
    assert_accessible(phone, "This one?")
    for box in phone.locator(".scale label").all():
        size = box.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
    # By keyboard: the arrows of a group of radio buttons.
    phone.get_by_label("a little lighter").focus()
    phone.keyboard.press("Space")
    phone.get_by_role("group", name="Size of the head").get_by_label("0, as made").focus()
    phone.keyboard.press("ArrowRight")
    expect(phone.get_by_label("head a little larger")).to_be_checked()
    phone.get_by_role("button", name="Show me").tap()
    expect(phone.locator("#adjust-progress")).to_contain_text("%")
    assert_accessible(phone, "This one?")
    expect(phone.get_by_role("button", name="Choose the adjusted picture")).to_be_visible(timeout=120_000)
    expect(phone.locator("#announce")).to_contain_text("Ready: a little lighter, head a little larger")
    assert_accessible(phone, "This one?")
    wide = phone.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    # Flipped in place, where the eye sees what has changed.
    phone.locator("a[data-loupe]").first.tap()
    expect(phone.locator("[data-loupe-caption]")).to_have_text("As made")
    # However long its words are, the loupe is no wider than the phone.
    rights = "[...document.querySelectorAll('#loupe *')].map((one) => one.getBoundingClientRect().right)"
    phone.get_by_role("button", name="Next").tap()
    expect(phone.locator("[data-loupe-caption]")).to_have_text("A little lighter, head a little larger")
    assert max(phone.evaluate(rights)) <= SMALL_PHONE["width"]
    phone.get_by_role("button", name="Close").tap()
    phone.get_by_role("button", name="Choose the adjusted picture").tap()
    expect(phone.get_by_role("heading", name="In review")).to_be_visible()
    with house.scope():
        assert Headshot.objects.get().candidate == Candidate.objects.get(nudged_from=picture)


@pytest.mark.slow
def test_without_script_it_works_as_well_and_back(site: Site) -> None:
    house = site.cast.northwind
    with house.scope():
        picture = finished(house)
    context = site.chromium.new_context(
        viewport=SMALL_PHONE,  # type: ignore[arg-type]
        base_url=site.url,
        java_script_enabled=False,
        locale="en-GB",
    )
    phone = context.new_page()
    phone.goto(house.me("ines", f"choose/{picture.pk}/"))
    phone.locator("#adjust > summary").click()
    phone.locator(".scale label", has_text="-1".replace("-", "\N{MINUS SIGN}")).first.click()
    phone.get_by_role("button", name="Show me").click()
    # The page comes again by itself until the picture is there.
    expect(phone.get_by_role("button", name="Choose the adjusted picture")).to_be_visible(timeout=120_000)
    phone.get_by_role("button", name="Undo the change").click()
    expect(phone.get_by_role("button", name="Choose this picture")).to_be_visible()
    with house.scope():
        assert not Candidate.objects.exclude(nudged_from=None).exists()
