"""Answers that overtake each other never bring a removed photo back, nor leave it standing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from generation.models import SourcePhoto
from tests import factories
from tests.browser.conftest import Site
from tests.browser.test_employee_phone import SMALL_PHONE, _portrait
from tests.workers import eventually

LIST, REMOVE = "**/photos/list/**", "**/remove/"


def _held(page: Page, pattern: str) -> list[Route]:
    routes: list[Route] = []
    page.route(pattern, lambda route: routes.append(route))
    return routes


def _until(page: Page, done: Callable[[], object]) -> None:
    # Routes are handed over while Playwright's own loop runs, so a plain sleep would never see one.
    for _ in range(100):
        if done():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen within ten seconds")


def _waiting(page: Page, routes: list[Route]) -> Route:
    _until(page, lambda: routes)
    return routes.pop(0)


def _removing_while_the_list_is_fetched(site: Site, tmp_path: Path) -> tuple[Page, list[Route], list[Route]]:
    house = site.cast.northwind
    (tmp_path / "me.jpg").write_bytes(_portrait())
    with house.scope():
        factories.give_consent(house.employees["ines"])
    phone = site.open(SMALL_PHONE, touch=True)
    phone.goto(house.me("ines", "photos/"))
    phone.set_input_files("input[multiple]", tmp_path / "me.jpg")
    expect(phone.get_by_role("button", name="Make my headshots")).to_be_enabled(timeout=60_000)
    lists, removals = _held(phone, LIST), _held(phone, REMOVE)
    phone.set_input_files("input[multiple]", tmp_path / "me.jpg")
    expect(phone.locator("#sending")).to_contain_text("You already sent this photo")
    phone.get_by_role("button", name="Remove me.jpg").click()
    return phone, lists, removals


@pytest.mark.slow
def test_a_list_that_comes_first_leaves_no_removed_photo(site: Site, tmp_path: Path) -> None:
    phone, lists, removals = _removing_while_the_list_is_fetched(site, tmp_path)
    removal = _waiting(phone, removals)
    before = phone.locator("#photo-state").element_handle()
    _waiting(phone, lists).continue_()
    _until(phone, lambda: not before.evaluate("element => element.isConnected"))
    phone.unroute(LIST)
    removal.continue_()
    expect(phone.locator("#photo-state .photo-card")).to_have_count(0)
    assert phone.evaluate("document.activeElement !== document.body")


@pytest.mark.slow
def test_a_list_that_comes_last_does_not_bring_a_removed_photo_back(site: Site, tmp_path: Path) -> None:
    phone, lists, removals = _removing_while_the_list_is_fetched(site, tmp_path)
    late = _waiting(phone, lists)
    stale = late.fetch()
    assert "me.jpg" in stale.text()
    _waiting(phone, removals).continue_()
    expect(phone.locator("#photo-state .photo-card")).to_have_count(0)
    late.fulfill(response=stale)
    phone.wait_for_timeout(1000)
    expect(phone.locator("#photo-state .photo-card")).to_have_count(0)
    with site.cast.northwind.scope():
        eventually(lambda: SourcePhoto.objects.get().status == "deleted", within_s=10)
