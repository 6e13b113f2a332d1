"""The dashboard: how far everybody is, who is stuck, what happened today, one light."""

import datetime as dt
import re

from django.utils import timezone

from portal import overview
from teams import audit, transitions
from teams.actor import SYSTEM, Actor
from teams.models import Company, Employee, Invite
from tests import factories
from tests.cast import Cast
from tests.generation.reviewing import FRAMED, approved, in_review


def _page(cast: Cast, who: str = "hana") -> str:
    return cast.client(who).get("/c/northwind/").content.decode()


def _funnel(page: str) -> dict[str, int]:
    found = re.findall(r'<span>([A-Z][a-z]+)</span><strong>(\d+)</strong><svg class="bar"', page)
    return {label: int(count) for label, count in found}


def test_the_funnel_counts_who_has_come_at_least_this_far(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        for who in ("ines", "jonas"):
            transitions.invite_opened(house.invites[who], SYSTEM)
            factories.give_consent(house.employees[who])
        approved(house, "ines")
    assert _funnel(_page(cast)) == {
        "Invited": 3,
        "Opened": 2,
        "Consented": 2,
        "Photos": 1,
        "Made": 1,
        "Chosen": 1,
        "Approved": 1,
    }


def test_each_part_of_the_funnel_filters_the_people(cast: Cast) -> None:
    page = _page(cast)
    address = re.search(r'href="(/c/northwind/people/\?[^"]*invited[^"]*)"', page)
    assert address is not None
    people = cast.client("hana").get(address[1]).content.decode()
    assert "Ines Northwind" in people


def test_who_is_stuck_is_named_with_since_when(cast: Cast) -> None:
    house = cast.northwind
    long_ago = timezone.now() - dt.timedelta(days=5)
    with house.scope():
        Invite.objects.filter(employee=house.employees["kofi"]).update(created_at=long_ago)
        Employee.objects.filter(pk=house.employees["kofi"].pk).update(created_at=long_ago)
        [stuck] = overview.stuck(house.company)
        assert (stuck.employee.name, stuck.since) == ("Kofi Northwind", long_ago)
    page = _page(cast)
    assert "Kofi Northwind" in page
    assert "for 5\xa0days" in page


def test_somebody_whose_headshot_is_in_review_is_not_stuck(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        in_review(house, "kofi")
        Invite.objects.all().update(created_at=timezone.now() - dt.timedelta(days=5))
        Employee.objects.all().update(created_at=timezone.now() - dt.timedelta(days=5))
        assert "Kofi Northwind" not in {one.employee.name for one in overview.stuck(house.company)}


def test_one_button_reminds_everybody_whose_move_it_is(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
    page = _page(cast)
    assert "Remind 2 people" in page
    assert 'href="/c/northwind/people/remind/"' in page


def test_the_due_date_counts_down(cast: Cast) -> None:
    for days, words in ((3, "3 days left"), (0, "Due today"), (-2, "Was due")):
        day = timezone.localdate() + dt.timedelta(days=days)
        Company.objects.filter(slug="northwind").update(due_on=day)
        assert words in _page(cast)


def test_today_is_told_in_words_and_the_same_thing_once(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        by = Actor.member(house.members["hana"])
        for who, employee in house.employees.items():
            audit.record("reminder.sent", house.invites[who], by, employee_id=employee.pk)
        [happened] = overview.today(house.company)
        assert (str(happened.line.words), happened.more) == ("Reminder sent", 2)
    assert re.search(r"Reminder sent<strong> \w+ Northwind</strong>\s+and 2 more", _page(cast))


def test_the_consistency_score_names_who_sticks_out(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        approved(cast.northwind, "kofi", framing=FRAMED | {"roll_deg": 3.0})
    page = _page(cast)
    assert "Kofi Northwind: head 3.0° clockwise" in page
    assert "Consistency of 100" in page
