"""A real browser on a real web server with real workers."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.cast import PASSWORD, Cast, make_cast
from tests.workers import ROOT, eventually, kill, worker

expect.set_options(timeout=30_000)
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """The running portal and its people."""

    url: str
    cast: Cast
    chromium: Browser

    def open(self, size: dict[str, int], dark: bool = False, touch: bool = False) -> Page:
        """A page in a browser profile of its own, that fails on any script error or CSP violation."""
        context: BrowserContext = self.chromium.new_context(
            viewport=size,  # type: ignore[arg-type]
            base_url=self.url,
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            accept_downloads=True,
            locale="en-GB",
        )
        page = context.new_page()
        # Long, since a loaded machine is slow; nothing waits longer than it must.
        page.set_default_timeout(60_000)
        self.problems: list[str] = getattr(self, "problems", [])
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                self.problems.append(f"{page.url}: {message.text}")
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        return page

    def signed_in(self, name: str, size: dict[str, int] = DESK, dark: bool = False) -> Page:
        """A page of a member who has signed in through the form."""
        page = self.open(size, dark)
        page.goto("/accounts/login/")
        page.get_by_label("E-mail").fill(self.cast.user(name).email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/c/**")
        return page


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(transactional_db: None, chromium: Browser) -> Iterator[Site]:
    """Gunicorn and two workers on this test's database; the cast is there."""
    url = f"http://localhost:{_free_port()}"
    cast = make_cast()
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "BASE_URL": url}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "portal.wsgi",
        "--threads",
        "4",
        "--bind",
        url.split("//")[1],
    ]
    server = subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True)
    with worker("intake", "mail", BASE_URL=url), worker("studio", "exports", BASE_URL=url):
        try:
            eventually(lambda: _answers(url), within_s=30)
            running = Site(url, cast, chromium)
            yield running
            assert getattr(running, "problems", []) == []
        finally:
            kill(server)
            _keep_pictures(chromium)
            for context in chromium.contexts:
                context.close()


def _keep_pictures(chromium: Browser) -> None:
    """Where SHOTS names a folder, keep how each page looked at the end (of a failed test, mostly)."""
    folder = os.environ.get("SHOTS")
    if not folder:
        return
    pages = [page for context in chromium.contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=f"{folder}/{number}.png", full_page=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz") as response:
            return bool(response.status == 200)
    except OSError:
        return False
