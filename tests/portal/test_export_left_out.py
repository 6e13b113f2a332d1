"""Who withdrew or changed meanwhile is not in the archive, and that is said; erasure reaches archives."""

import pytest

from generation import transitions as moves
from generation.models import Headshot
from generation.services import erasure
from portal.exports import packing
from portal.lib import storage
from portal.models import Export
from teams.actor import SYSTEM, Actor
from tests.cast import Cast
from tests.generation.reviewing import approved
from tests.portal.exporting import about, archive, ask, crew, packed


def test_who_withdrew_before_packing_is_left_out_without_a_name(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house)
        export = ask(house, rows)
        moves.headshot_withdrawn(rows[0])
        export = packed(export)
        assert export.status == "ready"
        assert "Ines" not in " ".join(archive(export).namelist())
        assert about(export)["left_out"] == [{"headshot": str(rows[0].pk), "name": "", "code": "withdrawn"}]
    page = cast.client("mara").get(f"/c/northwind/exports/{export.pk}/").content.decode()
    assert "1 person is not in it" in page
    assert "has withdrawn" in page


def test_a_headshot_replaced_meanwhile_is_left_out_by_name(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house, "ines", "jonas")
        export = ask(house, rows)
        approved(house, "ines")
        export = packed(export)
        assert [(row["name"], row["code"]) for row in export.skipped] == [("Ines Northwind", "superseded")]


def test_who_withdraws_while_it_is_packed_is_not_in_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house, "ines", "jonas")
        export = ask(house, rows)
        write = packing._write

        def withdraw_meanwhile(*args: object) -> object:
            headshot = Headshot.objects.get(pk=rows[0].pk)
            if headshot.status == "approved":
                moves.headshot_withdrawn(headshot)
            return write(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(packing, "_write", withdraw_meanwhile)
        export = packed(export)
        assert "Ines" not in " ".join(archive(export).namelist())
        assert len(export.skipped) == 1


def test_a_lost_file_costs_only_its_person(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house, "ines", "jonas")
        storage.renditions().delete(rows[0].candidate.image)
        export = packed(ask(house, rows))
        assert export.status == "ready"
        assert [row["code"] for row in export.skipped] == ["file_lost"]


def test_when_everybody_has_left_the_archive_is_empty_but_ready(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house, "ines")
        export = ask(house, rows)
        moves.headshot_withdrawn(rows[0])
        export = packed(export)
        assert (export.status, export.file_count) == ("ready", 0)


def test_erasing_a_person_deletes_archives_that_hold_them(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house)
        with_ines, without = packed(ask(house, rows)), packed(ask(house, rows[1:]))
        file = with_ines.file
        ines = house.employees["ines"]
        erasure.erase(ines, Actor.employee(ines))
        assert not storage.exports().exists(file)
        assert Export.objects.get(pk=with_ines.pk).status == "expired"
        assert Export.objects.get(pk=without.pk).status == "ready"


def test_erasing_a_person_disturbs_an_export_that_is_being_packed(cast: Cast) -> None:
    from portal.exports import transitions

    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house))
        transitions.export_claimed(export)
        ines = house.employees["ines"]
        erasure.erase(ines, Actor.employee(ines))
        with pytest.raises(moves.TransitionRefused):
            transitions.export_ready(export, file="x", sha256="", size_bytes=1, file_count=1, skipped=[])
        Export.objects.filter(pk=export.pk).update(not_before=None)
        export = packed(export)
        assert "Ines" not in " ".join(archive(export).namelist())


def test_the_page_warns_when_an_archive_has_become_old(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        rows = crew(house, "ines", "jonas")
        export = packed(ask(house, rows))
        moves.headshot_withdrawn(Headshot.objects.get(pk=rows[1].pk), SYSTEM)
    page = cast.client("mara").get(f"/c/northwind/exports/{export.pk}/").content.decode()
    assert "1 person in it has a newer headshot or has withdrawn since." in page
