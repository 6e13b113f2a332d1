"""The library: approved headshots, found by name, department, location and day."""

import datetime as dt
import re

from django.utils import timezone

from generation.models import Headshot
from teams.models import AuditEvent, Department
from tests.cast import Cast
from tests.generation.reviewing import approved, in_review


def _names(cast: Cast, query: str = "") -> list[str]:
    page = cast.client("mara").get(f"/c/northwind/library/{query}").content.decode()
    return re.findall(r"<figcaption><strong>(\w+) Northwind", page)


def test_only_approved_headshots_stand_in_it_by_name(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "kofi")
        approved(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    assert _names(cast) == ["Ines", "Kofi"]


def test_it_is_narrowed_by_name_department_location_and_day(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        approved(house, "ines")
        old = approved(house, "kofi")
        Headshot.objects.filter(pk=old.pk).update(decided_at=timezone.now() - dt.timedelta(days=40))
        legal = Department.objects.create(company=house.company, name="Legal")
        type(house.employees["kofi"]).objects.filter(pk=house.employees["kofi"].pk).update(
            department=legal, location="Lyon"
        )
    since = (timezone.localdate() - dt.timedelta(days=7)).isoformat()
    assert _names(cast, "?q=kof") == ["Kofi"]
    assert _names(cast, f"?department={legal.pk}") == ["Kofi"]
    assert _names(cast, "?location=Lyon") == ["Kofi"]
    assert _names(cast, f"?since={since}") == ["Ines"]
    assert _names(cast, "?q=nobody") == []


def test_words_that_make_no_sense_are_left_out(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
    assert _names(cast, "?department=x&since=yesterday&at=zzz") == ["Ines"]


def test_paging_shows_everybody_once(cast: Cast) -> None:
    from generation import review_selectors as selectors

    with cast.northwind.scope():
        for who in ("ines", "jonas", "kofi"):
            approved(cast.northwind, who)
        first = selectors.library_page(selectors.Search(), size=2)
        second = selectors.library_page(selectors.Search(), first.next, size=2)
    names = [row.employee.name for row in [*first.rows, *second.rows]]
    assert names == ["Ines Northwind", "Jonas Northwind", "Kofi Northwind"]
    assert not second.next


def test_a_single_download_is_a_file_in_the_presets_size_and_is_remembered(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = approved(cast.northwind, "ines")
    response = cast.client("mara").get(f"/c/northwind/library/{headshot.pk}/web/")
    assert response["Content-Disposition"] == 'attachment; filename="ines-northwind-web.jpg"'
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    with cast.northwind.scope():
        event = AuditEvent.objects.get(action="headshot.downloaded")
        assert (event.actor_name, event.data["preset"]) == ("Mara", "web")


def test_an_unknown_size_or_a_headshot_in_review_is_not_found(cast: Cast) -> None:
    with cast.northwind.scope():
        done, open_ = approved(cast.northwind, "ines"), in_review(cast.northwind, "jonas")
    client = cast.client("mara")
    assert client.get(f"/c/northwind/library/{done.pk}/poster/").status_code == 404
    assert client.get(f"/c/northwind/library/{open_.pk}/web/").status_code == 404
    assert client.get(f"/c/northwind/library/{open_.pk}/").status_code == 404
