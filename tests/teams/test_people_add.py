"""HR adds a person by hand."""

from django.test import Client

from teams.models import AuditEvent, Department, Employee
from tests.cast import Cast

FORM = {"name": "  Nora   Lind ", "email": "nora@northwind.test", "department": "studio", "title": "Editor"}


def _add(client: Client, **change: str) -> object:
    return client.post("/c/northwind/people/add/", {**FORM, **change})


def test_a_person_is_added_with_tidy_name_and_known_department(cast: Cast) -> None:
    assert _add(cast.client("hana")).status_code == 302
    with cast.northwind.scope():
        nora = Employee.objects.get(email="nora@northwind.test")
        assert nora.name == "Nora Lind"
        # "studio" is the department "Studio" that is there already.
        assert nora.department is not None and nora.department.name == "Studio"
        assert Department.objects.count() == 1
        event = AuditEvent.objects.get(employee_id=nora.pk)
        assert (event.action, event.actor_name) == ("employee.added", "Hana")


def test_a_new_department_is_made_by_name(cast: Cast) -> None:
    _add(cast.client("hana"), department="Night shift")
    with cast.northwind.scope():
        assert Department.objects.filter(name="Night shift").count() == 1


def test_the_same_address_is_refused_in_any_case_and_nothing_is_lost(cast: Cast) -> None:
    response = _add(cast.client("hana"), email="INES@northwind.test")
    assert response.status_code == 422
    assert "already has this e-mail address" in response.content.decode()
    assert 'value="Editor"' in response.content.decode()
    with cast.northwind.scope():
        assert Employee.objects.count() == 3


def test_the_same_employee_number_is_refused(cast: Cast) -> None:
    client = cast.client("hana")
    _add(client, external_id="17")
    response = _add(client, email="other@northwind.test", external_id="17")
    assert response.status_code == 422
    assert "already has this number" in response.content.decode()


def test_another_company_may_have_the_same_address(cast: Cast) -> None:
    assert _add(cast.client("hana"), email="sven@southbay.test").status_code == 302


def test_missing_name_and_bad_address_are_said_beside_the_fields(cast: Cast) -> None:
    page = _add(cast.client("hana"), name=" ", email="nora(at)northwind").content.decode()
    assert "This field is required" in page
    assert "Enter a valid email address" in page
