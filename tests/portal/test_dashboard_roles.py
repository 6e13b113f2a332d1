"""Everybody's dashboard shows their own next step, and nothing they may not see."""

from django.test import Client

from branding.models import StyleVersion
from teams import tenancy
from teams.models import Company, Employee, Membership
from tests.cast import PASSWORD, Cast
from tests.generation.reviewing import approved, in_review
from tests.portal.exporting import ask, packed


def _page(cast: Cast, who: str) -> str:
    return cast.client(who).get("/c/northwind/").content.decode()


def test_a_new_company_is_shown_the_three_steps(cast: Cast) -> None:
    company = Company.objects.create(slug="fresh", name="Fresh")
    with tenancy.company_scope(company.pk):
        Membership.objects.create(company=company, user=cast.otto, role="owner")
    page = cast.client("otto").get("/c/fresh/").content.decode()
    for words in ("Publish a style", "Add people", "Send the invites"):
        assert words in page
    assert "/c/fresh/styles/new/" in page
    assert "Remind" not in page


def test_a_step_that_is_done_is_ticked_and_the_next_one_offered(cast: Cast) -> None:
    company = Company.objects.create(slug="fresh", name="Fresh")
    with tenancy.company_scope(company.pk):
        Membership.objects.create(company=company, user=cast.otto, role="owner")
        Employee.objects.create(company=company, name="Ada", email="ada@fresh.test")
    page = cast.client("otto").get("/c/fresh/").content.decode()
    assert "Invite 1 person" in page
    assert page.count('<li class="done">') == 1


def test_the_reviewer_is_led_to_the_queue(cast: Cast) -> None:
    with cast.northwind.scope():
        in_review(cast.northwind, "ines")
    page = _page(cast, "rafael")
    assert "1 headshot waits for you" in page
    assert "Remind" not in page
    # Reviewers may not see the roster.
    assert "/people/" not in page


def test_marketing_is_told_what_has_not_been_exported(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = [approved(house, "ines"), approved(house, "kofi")]
        packed(ask(house, rows[:1], presets=["microsoft365", "slack", "web", "master"]))
    page = _page(cast, "mara")
    assert "1 headshot has not been exported yet" in page
    assert "/review/bulk/" not in page
    assert "/people/" not in page


def test_before_it_has_begun_others_are_told_to_wait(cast: Cast) -> None:
    with cast.northwind.scope():
        Employee.objects.all().delete()
        StyleVersion.objects.all().delete()
    assert "It has not begun yet" in _page(cast, "rafael")


def test_somebody_in_several_companies_chooses(cast: Cast) -> None:
    user = cast.user("mara")
    with cast.southbay.scope():
        Membership.objects.create(company=cast.southbay.company, user=user, role="reviewer")
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    page = client.get("/").content.decode()
    assert 'href="/c/northwind/"' in page
    assert 'href="/c/southbay/"' in page
    assert "Reviewer" in page


def test_somebody_without_a_company_is_told_whom_to_ask(cast: Cast) -> None:
    assert "no company has made you a member yet" in cast.client("otto").get("/").content.decode()
