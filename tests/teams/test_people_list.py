"""The people page: search, filters, sorting, pages, and the step everybody has reached."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from generation.models import Candidate, Headshot, Shoot, SourcePhoto
from portal.people import Filter, Step, funnel_counts, people, people_page, step_counts, step_of
from teams.models import Consent, Employee, Invite
from tests.cast import Cast, House


def _names(cast: Cast, query: str) -> list[str]:
    page = cast.client("hana").get(f"/c/northwind/people/?{query}")
    return [person.name for person in page.context["people"]]


def test_search_finds_by_parts_of_name_and_address(cast: Cast) -> None:
    assert _names(cast, "q=KOFI") == ["Kofi Northwind"]
    assert _names(cast, "q=jonas@north") == ["Jonas Northwind"]
    assert _names(cast, "q=north+ines") == ["Ines Northwind"]
    assert _names(cast, "q=%25") == []
    assert _names(cast, "q=%00ines") == ["Ines Northwind"]


def test_sorting_by_name_ignores_case(cast: Cast) -> None:
    with cast.northwind.scope():
        Employee.objects.create(company=cast.northwind.company, name="aaron", email="a@northwind.test")
        Employee.objects.create(company=cast.northwind.company, name="Zoe", email="z@northwind.test")
    assert _names(cast, "")[0] == "aaron"
    assert _names(cast, "sort=-name")[0] == "Zoe"


def test_words_that_make_no_sense_narrow_nothing(cast: Cast) -> None:
    assert len(_names(cast, "step=flying&department=x&sort=%27;drop&at=garbage")) == 3


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-department", "added", "-added"])
def test_every_person_stands_on_exactly_one_page_in_both_directions(cast: Cast, sort: str) -> None:
    house = cast.northwind
    with house.scope():
        for number in range(23):
            # Equal names: the id decides, and nobody falls between two pages.
            person = Employee(company=house.company, name=f"Same {number % 3}", email=f"{number}@n.test")
            person.save()
        forward, cursor = [], ""
        while True:
            page = people_page(house.company, Filter(sort=sort), cursor, size=4)
            forward.append([person.pk for person in page.rows])
            cursor = page.next
            if not cursor:
                break
        backward = [forward[-1]]
        while page.previous:
            page = people_page(house.company, Filter(sort=sort), page.previous, size=4)
            backward.insert(0, [person.pk for person in page.rows])
        everybody = [pk for part in forward for pk in part]
        assert len(everybody) == len(set(everybody)) == 26
        assert [pk for part in backward for pk in part] == everybody


def _photo(house: House, person: Employee) -> SourcePhoto:
    return SourcePhoto.objects.create(
        company=house.company, employee=person, upload_key=uuid.uuid4(), original_name="a.jpg", original="k",
        sha256=uuid.uuid4().hex, size_bytes=1,
    )  # fmt: skip


def _headshot(house: House, person: Employee) -> Headshot:
    shoot = Shoot.objects.create(
        company=house.company, employee=person, style_version=house.version, status="done"
    )
    candidate = Candidate.objects.create(
        company=house.company, shoot=shoot, rank=1, source="retouched", image="i", small="s", master="m",
        width_px=4, height_px=5, likeness=0.9,
    )  # fmt: skip
    return Headshot.objects.create(company=house.company, employee=person, candidate=candidate)


def test_the_step_follows_the_person_all_the_way(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        kofi = house.employees["kofi"]
        Invite.objects.filter(employee=kofi).update(status="expired")
        assert step_of(kofi) == Step.NOT_INVITED
        expires = timezone.now() + dt.timedelta(days=1)
        invite = Invite.objects.create(company=house.company, employee=kofi, expires_at=expires)
        assert step_of(kofi) == Step.INVITED
        Invite.objects.filter(pk=invite.pk).update(status="opened")
        assert step_of(kofi) == Step.OPENED
        Consent.objects.create(
            company=house.company,
            employee=kofi,
            text_version="1",
            headshot=True,
            biometrics=True,
            signature="K",
        )
        assert step_of(kofi) == Step.CONSENTED
        photo = _photo(house, kofi)
        assert step_of(kofi) == Step.PHOTOS
        SourcePhoto.objects.filter(pk=photo.pk).update(status="deleted")
        assert step_of(kofi) == Step.CONSENTED
        headshot = _headshot(house, kofi)
        assert step_of(kofi) == Step.CHOSEN
        for status, step in (
            ("returned", Step.RETURNED),
            ("approved", Step.APPROVED),
            ("withdrawn", Step.MADE),
        ):
            Headshot.objects.filter(pk=headshot.pk).update(status=status)
            assert step_of(kofi) == step
            assert [one.pk for one in people(house.company, Filter(step=step))] == [kofi.pk]


def test_the_funnel_counts_who_came_at_least_so_far(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        headshot = _headshot(house, house.employees["ines"])
        reached = {step: n for _label, step, n in funnel_counts(step_counts(house.company))}
        assert (reached[Step.INVITED], reached[Step.MADE], reached[Step.CHOSEN]) == (3, 1, 1)
        Headshot.objects.filter(pk=headshot.pk).update(status="returned")
        reached = {step: n for _label, step, n in funnel_counts(step_counts(house.company))}
        # The choice is open again.
        assert (reached[Step.MADE], reached[Step.CHOSEN]) == (1, 0)


def test_the_reminder_goes_to_those_whose_turn_it_is(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        _headshot(house, house.employees["ines"])
    page = cast.client("hana").get("/c/northwind/people/remind/", follow=True)
    assert page.context["count"] == 2
    assert "Ines" not in page.context["form"].initial["body"]
    assert [person.name for person in page.context["people"]] == ["Jonas Northwind", "Kofi Northwind"]


def test_an_empty_archive_says_what_archiving_is_not_that_a_search_failed(cast: Cast) -> None:
    client, path = cast.client("hana"), f"/c/{cast.northwind.slug}/people/"
    assert "Nobody is archived" in client.get(path + "?archived=1").content.decode()
    assert "Nobody fits this" in client.get(path + "?archived=1&q=zzz").content.decode()
