"""File names: placeholders, safe on every system, nobody overwrites anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exports import names
from teams.models import Department, Employee


def _person(name: str, **fields: str) -> Employee:
    department = Department(name=fields.pop("department")) if "department" in fields else None
    return Employee(name=name, email="ines@northwind.test", department=department, **fields)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{first}_{last}", "Ana-María_Núñez"),
        ("{last}-{first}", "Núñez-Ana-María"),
        ("{email}", "ines@northwind.test"),
        ("{department}_{id}", "People-Culture_E-7"),
        ("{name}.{preset}", "Ana-María-Núñez.web"),
    ],
)
def test_placeholders_are_filled_in(pattern: str, expected: str) -> None:
    person = _person("Ana María  Núñez", external_id="E/7", department="People & Culture")
    assert names.stem(pattern, person, "web") == expected


@pytest.mark.parametrize("name", ["王小明", "Ольга Петрова", "محمد علي", "Łukasz Żółć"])
def test_letters_of_every_script_are_kept(name: str) -> None:
    assert names.stem("{name}", _person(name), "web") == name.replace(" ", "-")


def test_a_single_name_leaves_no_dangling_separator() -> None:
    assert names.stem("{first}_{last}", _person("Madonna"), "web") == "Madonna"


def test_a_name_of_signs_only_falls_back_to_the_number() -> None:
    assert names.stem("{name}", _person("***", external_id="E7"), "web") == "E7"


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "LPT9"])
def test_device_names_of_windows_are_avoided(name: str) -> None:
    assert names.stem("{name}", _person(name), "web") == f"_{name}"


def test_a_path_cannot_be_smuggled_in() -> None:
    assert names.stem("{name}", _person("../../etc/passwd"), "web") == "etc-passwd"
    assert names.stem("../{name}", _person("Ines"), "web") == "Ines"


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_makes_an_unsafe_name(name: str, pattern: str) -> None:
    stem = names.stem(pattern + "{name}", _person(name), "web")
    assert stem
    assert not set(stem) & set('/\\:*?"<>|\0')
    assert stem[-1] not in ". "
    assert len(stem.encode()) <= 200


def test_two_people_of_one_name_do_not_overwrite_each_other() -> None:
    taken = names.Names()
    assert taken.take("web", "Ines", "jpg") == "web/Ines.jpg"
    assert taken.take("web", "INES", "jpg") == "web/INES-2.jpg"
    assert taken.take("slack", "Ines", "jpg") == "slack/Ines.jpg"


def test_unknown_placeholders_and_constant_patterns_are_found() -> None:
    assert names.unknown("{first}-{vorname}") == ["vorname"]
    assert names.is_constant("team-{preset}")
    assert not names.is_constant("team-{id}")
