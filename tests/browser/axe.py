"""Accessibility checks by axe in the running page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.workers import eventually

_AXE = Axe()
# WCAG 2.0 to 2.2, levels A and AA, and axe's best practices.
_OPTIONS = {"resultTypes": ["violations"]}


def assert_accessible(page: Page, title: str) -> None:
    """Wait for the page with this heading, then fail with what axe finds on it."""
    expect(page.locator("h1", has_text=title)).to_be_attached()
    page.wait_for_load_state()
    # A dialog that still fades in has the contrast of half a dialog.
    # (Asked again and again from here: the CSP keeps the page from evaluating what it should wait for.)
    eventually(lambda: page.evaluate("document.getAnimations().every((one) => one.playState !== 'running')"))
    results = _AXE.run(page, options=_OPTIONS)
    found = [
        f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']][:3]}"
        for violation in results.response["violations"]
    ]
    assert found == [], f"{page.url}\n" + "\n".join(found)
