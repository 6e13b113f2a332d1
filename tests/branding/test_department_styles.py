"""A style for one department: its people are photographed in it, everybody else in the company's."""

import re
from typing import Any

import pytest
from django.urls import reverse

from branding import selectors, services
from branding.look import STARTERS, Framing
from branding.models import DepartmentStyle, Style, StyleVersion
from generation.services import shoots
from teams.actor import Actor
from teams.models import AuditEvent, Department
from tests import factories
from tests.cast import Cast, House

PAGE = "/c/northwind/styles/departments/"


def _published(house: House, name: str = "Speakers", look: str = "creative") -> Style:
    by = house.members["hana"]
    style = services.create_style(house.company, name, STARTERS[look], by)
    services.publish(style, services.seen_of(style), by, default=False)
    return style


def _department(house: House) -> Department:
    return Department.objects.get(company=house.company, name="Studio")


def _give(house: House, style: Style | None) -> None:
    services.dress_departments(house.company, {_department(house).pk: style}, house.members["hana"])


def _shoot(house: House, who: str) -> StyleVersion:
    employee = house.employees[who]
    factories.give_consent(employee)
    factories.make_photo(employee)
    return shoots.start(employee, Actor.employee(employee)).style_version


def _post(cast: Cast, **data: Any) -> str:
    return cast.client("hana").post(PAGE, data, follow=True).content.decode()


def test_a_departments_people_are_photographed_in_its_style(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        style = _published(house)
        _give(house, style)
        house.employees["kofi"].department = None
        house.employees["kofi"].save()
        assert _shoot(house, "ines").style == style
        assert _shoot(house, "kofi") == house.version
        _give(house, None)
        assert _shoot(house, "jonas") == house.version


def test_the_newest_version_of_it_counts(cast: Cast) -> None:
    house, hana = cast.northwind, cast.user("hana")
    with house.scope():
        style = _published(house)
        _give(house, style)
        changed = style.draft_look.model_copy(update={"retouch": 0.7})
        style = services.save_draft(style, style.name, changed, services.seen_of(style), hana)
        newest = services.publish(style, services.seen_of(style), hana, default=False)
        assert selectors.version_for(house.employees["ines"]) == newest


def test_photos_are_judged_against_the_framing_they_are_for(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        style = _published(house)
        _give(house, style)
        assert selectors.framing_for(house.employees["ines"]) == STARTERS["creative"].framing
        house.employees["ines"].department = None
        assert selectors.framing_for(house.employees["ines"]) == house.version.look.framing
        StyleVersion.objects.filter(style__is_default=True).delete()
        assert selectors.framing_for(house.employees["ines"]) == Framing()


def test_hr_chooses_on_one_page_and_it_is_on_record(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        style, studio = _published(house), _department(house)
        for name in ("Web", "Legal", "Finance", "Design", "Sales", "People", "Brand", "Audit"):
            Department.objects.create(company=house.company, name=name)
    page = cast.client("hana").get(PAGE).content.decode()
    assert "3 people" in page
    names = re.findall(r'<th scope="row"><label[^>]*>(\w+)', page)
    assert len(names) == 9 and names == sorted(names)
    page = _post(cast, **{f"department-{studio.pk}": str(style.pk)})
    assert "Saved. Pictures that are there already stay as they are." in page
    with house.scope():
        assert DepartmentStyle.objects.get().style == style
        event = AuditEvent.objects.get(action="department.style")
        assert event.data == {"name": "Studio", "to": "Speakers"}
    gallery = cast.client("hana").get("/c/northwind/styles/").content.decode()
    assert "For Studio" in gallery
    person = reverse("people:person", args=["northwind", house.employees["ines"].pk])
    assert "Speakers v1" in cast.client("hana").get(person).content.decode()
    assert "Nothing has changed." in _post(cast, **{f"department-{studio.pk}": str(style.pk)})
    _post(cast, **{f"department-{studio.pk}": ""})
    with house.scope():
        assert not DepartmentStyle.objects.exists()


def test_only_published_styles_of_this_company_can_be_chosen(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        studio = _department(house)
        draft = services.create_style(house.company, "Draft", STARTERS["legal"], cast.user("hana"))
        gone = _published(house, "Gone", "legal")
        services.archive(gone, cast.user("hana"))
    with cast.southbay.scope():
        other = _published_elsewhere(cast)
    for style in (draft, gone, other):
        answer = cast.client("hana").post(PAGE, {f"department-{studio.pk}": str(style.pk)})
        assert answer.status_code == 422
        assert "Choose one of these." in answer.content.decode()
    with house.scope():
        assert not DepartmentStyle.objects.exists()
        with pytest.raises(services.StyleRefused, match="unpublished"):
            _give(house, draft)


def _published_elsewhere(cast: Cast) -> Style:
    return cast.southbay.style


def test_a_style_that_dresses_a_department_is_not_archived(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        style = _published(house)
        _give(house, style)
    path = f"/c/northwind/styles/{style.pk}/archive/"
    page = cast.client("hana").post(path, follow=True).content.decode()
    assert "“Speakers” is the style of Studio. Choose another style for it first." in page
    with house.scope():
        assert Style.objects.get(pk=style.pk).archived_at is None


def test_a_department_alone_has_a_style_before_the_company_has_one(cast: Cast) -> None:
    """Who has a style goes on; who has none hears that the studio is not open yet."""
    house = cast.northwind
    with house.scope():
        _give(house, _published(house))
        house.employees["kofi"].department = None
        house.employees["kofi"].save()
        Style.objects.update(is_default=False)
        assert selectors.version_for(house.employees["kofi"]) is None
        factories.give_consent(house.employees["kofi"])
        factories.make_photo(house.employees["kofi"])
        with pytest.raises(shoots.StartRefused, match="no_style"):
            shoots.start(house.employees["kofi"], Actor.employee(house.employees["kofi"]))
        assert _shoot(house, "ines").style.name == "Speakers"


def test_without_departments_the_page_says_where_they_come_from(cast: Cast) -> None:
    with cast.northwind.scope():
        Department.objects.all().delete()
    page = cast.client("hana").get(PAGE).content.decode()
    assert "No departments yet" in page
    assert reverse("people:import", args=["northwind"]) in page
