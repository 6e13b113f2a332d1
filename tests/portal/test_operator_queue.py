"""The operator's page of the queues: what waits and for whom, who works, what went wrong."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect

from generation.models import Worker
from teams.models import User
from tests import factories
from tests.browser.axe import assert_accessible
from tests.cast import Cast


def _operator(cast: Cast) -> Client:
    User.objects.filter(pk=cast.user("otto").pk).update(is_staff=True)
    return cast.client("otto")


def _rows(page: str) -> list[str]:
    """The rows of all tables as text."""
    found = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).replace("\xa0", " ").split()) for row in found]


def _page(client: Client, **headers: str) -> str:
    return client.get(reverse("operator_queue"), headers=headers).content.decode()


def test_what_waits_who_works_and_when_the_next_start(busy: Cast) -> None:
    rows = _rows(_page(_operator(busy)))
    own = next(row for row in rows if row.startswith("Own photos"))
    assert re.fullmatch(r"Own photos studio 2 1 1 in \d+ s studio 40 s", own)
    assert "Drawn gpu 0 0 0 – not measured yet" in rows
    worker = next(row for row in rows if row.startswith("box:worker.2"))
    assert worker.startswith("box:worker.2 studio mail cpu Busy")
    assert worker.endswith("4 25 s")
    silent = next(row for row in rows if row.startswith("box:gpu0"))
    assert "Silent" in silent and "3 min ago" in silent


def test_shares_of_companies_and_our_failures_are_said(busy: Cast) -> None:
    page = _page(_operator(busy))
    company = next(row for row in _rows(page) if row.startswith("northwind"))
    assert re.match(r"northwind 2 0 1 any \d+ % 100 % in \d+ s in \d+ s", company)
    assert "model_missing" in page
    assert "1 shoot given up within a day" in page


def test_work_that_nobody_does_stands_out(busy: Cast) -> None:
    client = _operator(busy)
    assert "no worker serves" not in _page(client)
    Worker.objects.all().delete()
    page = _page(client)
    assert "2 shoots wait on “studio” and no worker serves it." in page
    assert "No worker has given a sign of life within the hour." in page


def test_the_figures_renew_by_themselves(busy: Cast) -> None:
    client = _operator(busy)
    assert 'hx-trigger="every 5s"' in _page(client)
    part = _page(client, hx_request="true")
    assert "<html" not in part and "box:worker.2" in part


def test_operators_and_nobody_else_are_led_there(busy: Cast) -> None:
    link = reverse("operator_queue")
    models = reverse("operator_models")
    assert link in _operator(busy).get(models).content.decode()
    assert link not in busy.client("olga").get(reverse("dashboard", args=["northwind"])).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_and_axe_finds_nothing(chromium: Browser, live_server: Any, busy: Cast, width: int) -> None:
    session = _operator(busy).cookies["sessionid"].value
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}{reverse('operator_queue')}")
    assert_accessible(page, "Queues")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with busy.northwind.scope():
        factories.make_shoot(busy.northwind.employees["ines"], "queued")
    expect(page.get_by_role("row", name="Own photos").get_by_role("cell").first).to_contain_text("3")
    context.close()
