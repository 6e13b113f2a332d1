"""Uploaded rosters do not lie about: the clock forgets them."""

import datetime as dt

from django.utils import timezone

from teams import reaper
from teams.models import RosterImport
from tests.cast import Cast

TABLE = {"header": ["Name"], "rows": [["Ines"]], "lines": [2], "columns": {}}


def test_unconfirmed_rosters_go_and_confirmed_ones_keep_their_counts(cast: Cast) -> None:
    company, now = cast.northwind.company, timezone.now()
    with cast.northwind.scope():
        for name, days, confirmed in (
            ("old", 8, False),
            ("new", 6, False),
            ("done", 31, True),
            ("late", 29, True),
        ):
            at = now - dt.timedelta(days=days)
            RosterImport.objects.create(
                company=company, file_name=name, table=TABLE, created_at=at,
                applied_at=at if confirmed else None, result={"new": 1},
            )  # fmt: skip
    reaper.reap()
    with cast.northwind.scope():
        left = {row.file_name: bool(row.table["rows"]) for row in RosterImport.objects.all()}
        assert left == {"new": True, "done": False, "late": True}
        assert RosterImport.objects.get(file_name="done").result == {"new": 1}
    page = cast.client("hana").get(f"/c/northwind/people/import/{_pk(cast, 'done')}/errors.csv")
    assert page.status_code == 200


def _pk(cast: Cast, name: str) -> str:
    with cast.northwind.scope():
        return str(RosterImport.objects.get(file_name=name).pk)
