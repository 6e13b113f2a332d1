"""Asking for an export: who, which sizes, which names; what cannot work is said before anything is made."""

import re
import uuid

from django.http import HttpResponse
from django.test import Client

from portal.models import Export
from teams.models import Department, Employee
from tests.cast import Cast
from tests.portal.exporting import ask, crew, packed

PATH = "/c/northwind/exports/new/"


def _data(**fields: object) -> dict[str, object]:
    values = {"presets": ["web"], "choice": "all", "pattern": "{name}", "request_key": str(uuid.uuid4())}
    return values | fields


def _people(page: HttpResponse) -> set[str]:
    export = Export.objects.get(pk=page["Location"].rstrip("/").rpartition("/")[2])
    return set(export.headshots)


def test_everybody_approved_is_frozen_into_the_export(cast: Cast) -> None:
    with cast.northwind.scope():
        rows = crew(cast.northwind, "ines", "jonas")
    response = cast.client("mara").post(PATH, _data())
    with cast.northwind.scope():
        assert _people(response) == {str(row.pk) for row in rows}


def test_the_form_shows_real_names_before_anything_is_typed(cast: Cast) -> None:
    with cast.northwind.scope():
        crew(cast.northwind, "ines")
    assert "microsoft365/Ines_Northwind.jpg" in cast.client("mara").get(PATH).content.decode()


def test_the_preview_follows_the_pattern(cast: Cast) -> None:
    with cast.northwind.scope():
        crew(cast.northwind, "ines")
    query = {"presets": "slack", "choice": "all", "pattern": "{email}"}
    page = cast.client("mara").get(f"{PATH}preview/", query).content.decode()
    assert "slack/ines@northwind.test.jpg" in page
    assert "<html" not in page


def test_two_people_with_one_file_name_are_refused_by_name(cast: Cast) -> None:
    with cast.northwind.scope():
        crew(cast.northwind, "ines", "jonas")
        Employee.objects.filter(name__startswith="Jonas").update(name="INES  Northwind")
    response = cast.client("mara").post(PATH, _data())
    assert response.status_code == 422
    page = response.content.decode()
    assert "Add {id} or {email} to tell them apart." in page
    with cast.northwind.scope():
        assert not Export.objects.exists()
    assert cast.client("mara").post(PATH, _data(pattern="{name}_{email}")).status_code == 302


def test_a_pattern_that_cannot_work_is_refused(cast: Cast) -> None:
    with cast.northwind.scope():
        crew(cast.northwind, "ines")
    client = cast.client("mara")
    for pattern, words in (("{vorname}", "There is no {vorname}."), ("team", "Everybody would get the same")):
        response = client.post(PATH, _data(pattern=pattern))
        assert response.status_code == 422
        assert words in response.content.decode()


def test_a_selection_from_the_library_and_a_department(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        ines, jonas = crew(house, "ines", "jonas")
        legal = Department.objects.create(company=house.company, name="Legal")
        Employee.objects.filter(pk=jonas.employee_id).update(department=legal)
    client = cast.client("mara")
    page = client.get(PATH, {"headshot": str(ines.pk)}).content.decode()
    assert re.search(r'value="selection"\s+checked', page)
    picked = client.post(PATH, _data(choice="selection", headshot=[str(ines.pk)]))
    one = client.post(PATH, _data(choice="department", department=str(legal.pk)))
    with house.scope():
        assert _people(picked) == {str(ines.pk)}
        assert _people(one) == {str(jonas.pk)}
        assert Export.objects.get(choice="department").choice_name == "Legal"


def test_only_what_is_new_leaves_out_what_was_delivered_in_all_these_sizes(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        ines, jonas = crew(house, "ines", "jonas")
        packed(ask(house, [ines], presets=["web"]))
    client = cast.client("mara")
    fresh = client.post(PATH, _data(choice="changed", presets=["web"]))
    other = client.post(PATH, _data(choice="changed", presets=["web", "slack"]))
    with house.scope():
        assert _people(fresh) == {str(jonas.pk)}
        assert _people(other) == {str(ines.pk), str(jonas.pk)}


def test_when_nothing_is_new_that_is_said(cast: Cast) -> None:
    with cast.northwind.scope():
        packed(ask(cast.northwind, crew(cast.northwind, "ines"), presets=["web"]))
    response = cast.client("mara").post(PATH, _data(choice="changed"))
    assert response.status_code == 422
    assert "has been exported in these sizes" in response.content.decode()


def test_a_double_click_is_one_export(cast: Cast) -> None:
    with cast.northwind.scope():
        crew(cast.northwind, "ines")
    client: Client = cast.client("mara")
    data = _data()
    assert client.post(PATH, data)["Location"] == client.post(PATH, data)["Location"]
    with cast.northwind.scope():
        assert Export.objects.count() == 1


def test_headshots_of_another_company_cannot_be_selected(cast: Cast) -> None:
    with cast.southbay.scope():
        [foreign] = crew(cast.southbay, "sven")
    response = cast.client("mara").post(PATH, _data(choice="selection", headshot=[str(foreign.pk)]))
    assert response.status_code == 422
