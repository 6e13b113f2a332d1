"""Importing a roster through the pages: dry run first, everything or nothing, once."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from teams.models import Department, Employee, RosterImport
from teams.services import tables
from tests.cast import Cast

GOOD = (
    b"Name,E-mail,Department\n"
    b"Nora Lind,nora@northwind.test,Design\n"
    b"Ines Renamed,ines@northwind.test,Studio\n"
    b"Jonas Northwind,jonas@northwind.test,Studio\n"
)
BAD = (
    b"Name;E-Mail;Abteilung\n"
    b"Nora Lind;nora@northwind.test;Design\n"
    b";missing@northwind.test;\n"
    b"Bob;not-an-address;\n"
    b"Eve;NORA@northwind.test;\n"
)


def _upload(client: Client, data: bytes, name: str = "roster.csv") -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post("/c/northwind/people/import/", {"file": file}, follow=True)


def _confirm(client: Client, page: Any, **ticks: str) -> Any:
    return client.post(
        f"/c/northwind/people/import/{page.context['imported'].pk}/confirm/", ticks, follow=True
    )


def _people(cast: Cast) -> dict[str, str]:
    with cast.northwind.scope():
        return dict(Employee.objects.filter(archived_at=None).values_list("email", "name"))


def test_the_dry_run_tells_and_writes_nothing(cast: Cast) -> None:
    before = _people(cast)
    page = _upload(cast.client("hana"), GOOD)
    plan = page.context["plan"]
    assert (len(plan.new), len(plan.changed), len(plan.same), len(plan.missing)) == (1, 1, 1, 1)
    assert plan.missing[0].values["name"] == "Kofi Northwind"
    assert [(change.field, change.old, change.new) for change in plan.changed[0].changes] == [
        ("name", "Ines Northwind", "Ines Renamed")
    ]
    assert _people(cast) == before


def test_confirming_writes_it_and_makes_departments(cast: Cast) -> None:
    hana = cast.client("hana")
    page = _confirm(hana, _upload(hana, GOOD))
    assert page.context["result"] == {"new": 1, "changed": 1, "unchanged": 1, "bad": 0, "archived": 0}
    assert _people(cast)["nora@northwind.test"] == "Nora Lind"
    assert _people(cast)["ines@northwind.test"] == "Ines Renamed"
    with cast.northwind.scope():
        assert set(Department.objects.values_list("name", flat=True)) == {"Studio", "Design"}


def test_a_second_click_and_the_back_button_import_once(cast: Cast) -> None:
    hana = cast.client("hana")
    page = _upload(hana, GOOD)
    first = _confirm(hana, page)
    with cast.northwind.scope():
        Employee.objects.filter(email="nora@northwind.test").update(name="Edited Since")
    assert _confirm(hana, page).context["result"] == first.context["result"]
    assert _people(cast)["nora@northwind.test"] == "Edited Since"
    assert (
        hana.get(f"/c/northwind/people/import/{page.context['imported'].pk}/").context["result"]["new"] == 1
    )


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    hana = cast.client("hana")
    _confirm(hana, _upload(hana, GOOD))
    plan = _upload(hana, GOOD).context["plan"]
    assert (len(plan.new), len(plan.changed), len(plan.same)) == (0, 0, 3)


def test_bad_rows_are_named_and_stop_everything_until_they_are_left_out(cast: Cast) -> None:
    hana, before = cast.client("hana"), _people(cast)
    page = _upload(hana, BAD)
    bad = {row.line: " ".join(row.problems) for row in page.context["plan"].bad}
    assert bad == {
        3: "The name is missing.",
        4: "“not-an-address” is not an e-mail address.",
        5: "The same e-mail address stands in line 2.",
    }
    refused = _confirm(hana, page)
    assert refused.status_code == 409
    assert "leave out the bad rows" in refused.content.decode()
    assert _people(cast) == before
    assert _confirm(hana, page, leave_out_bad="on").context["result"]["bad"] == 3
    assert set(_people(cast)) - set(before) == {"nora@northwind.test"}


def test_the_error_file_can_be_corrected_and_uploaded_again(cast: Cast) -> None:
    hana = cast.client("hana")
    evil = b"Name,E-mail\n=HYPERLINK(1),not-an-address\n"
    page = _upload(hana, evil)
    answer = hana.get(f"/c/northwind/people/import/{page.context['imported'].pk}/errors.csv")
    text = answer.content.decode("utf-8-sig")
    # No spreadsheet takes the cell for a formula; reading it back gives the cell as it was.
    assert text.splitlines()[1].startswith("'=HYPERLINK(1),not-an-address,")
    again = tables.read_table(answer.content, "errors.csv")
    assert again.rows[0][0] == "=HYPERLINK(1)"


def test_people_who_left_are_archived_only_when_asked(cast: Cast) -> None:
    hana = cast.client("hana")
    _confirm(hana, _upload(hana, GOOD), archive_missing="on")
    assert "kofi@northwind.test" not in _people(cast)
    back = b"Name,E-mail\nKofi Northwind,kofi@northwind.test\n"
    page = _upload(hana, back)
    assert [change.field for change in page.context["plan"].changed[0].changes] == ["archived"]
    _confirm(hana, page)
    assert "kofi@northwind.test" in _people(cast)


def test_the_employee_number_finds_somebody_whose_address_changed(cast: Cast) -> None:
    hana = cast.client("hana")
    _confirm(hana, _upload(hana, b"Name,E-mail,Employee number\nNora,old@northwind.test,0042\n"))
    _confirm(hana, _upload(hana, b"Name,E-mail,Employee number\nNora,new@northwind.test,0042\n"))
    people = _people(cast)
    assert "new@northwind.test" in people and "old@northwind.test" not in people


def test_number_and_address_of_two_different_people_are_a_problem(cast: Cast) -> None:
    hana = cast.client("hana")
    _confirm(hana, _upload(hana, b"Name,E-mail,Employee number\nNora,nora@northwind.test,7\n"))
    page = _upload(hana, b"Name,E-mail,Employee number\nNora,ines@northwind.test,7\n")
    assert "The employee number belongs to Nora" in page.context["plan"].bad[0].problems[0]


def test_columns_that_were_not_recognised_can_be_said(cast: Cast) -> None:
    hana = cast.client("hana")
    page = _upload(hana, b"Wer,Wohin\nNora Lind,nora@northwind.test\n")
    assert page.context["plan"] is None
    address = f"/c/northwind/people/import/{page.context['imported'].pk}/"
    wrong = hana.post(address, {"name": "0"})
    assert wrong.status_code == 422
    page = hana.post(address, {"name": "0", "email": "1"}, follow=True)
    assert len(page.context["plan"].new) == 1


def test_an_empty_cell_leaves_what_is_on_the_roster(cast: Cast) -> None:
    hana = cast.client("hana")
    plan = _upload(hana, b"Name,E-mail,Department\nInes Northwind,ines@northwind.test,\n").context["plan"]
    assert len(plan.same) == 1


def test_files_that_are_no_tables_are_refused_in_words(cast: Cast) -> None:
    hana = cast.client("hana")
    for data, words in (
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither a CSV nor an Excel file"),
        (b"PK\x03\x04 not really a zip", "cannot be read"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (b"Name,E-mail\n", "no rows below"),
        (b" \n", "This file is empty"),
        (b"Name,E-mail\n" + b"a,b\n" * (tables.MAX_ROWS + 1), "more than 50000 rows"),
    ):
        page = _upload(hana, data)
        assert page.status_code == 422
        assert words in page.content.decode(), words
    with cast.northwind.scope():
        assert not RosterImport.objects.exists()


def test_a_discarded_file_is_gone(cast: Cast) -> None:
    hana = cast.client("hana")
    page = _upload(hana, GOOD)
    hana.post(f"/c/northwind/people/import/{page.context['imported'].pk}/discard/")
    with cast.northwind.scope():
        assert not RosterImport.objects.exists()


def test_one_bad_row_is_one_row(cast: Cast) -> None:
    head, good, *bad = BAD.splitlines(keepends=True)
    one = _upload(cast.client("hana"), head + good + bad[0]).content.decode()
    assert "<span>row with a problem</span>" in one
    more = _upload(cast.client("hana"), BAD).content.decode()
    assert "<span>rows with a problem</span>" in more
