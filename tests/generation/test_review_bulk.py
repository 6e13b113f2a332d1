"""Approving many at once: those who passed all gates, seen together, confirmed."""

import re

from generation.models import Headshot
from tests.cast import Cast
from tests.generation.reviewing import FRAMED, in_review

FAILED = {"eyes": {"value": 0.1, "bound": 0.3, "passed": False}}


def test_only_pictures_that_passed_every_gate_are_offered(cast: Cast) -> None:
    with cast.northwind.scope():
        good, soft = in_review(cast.northwind, "ines"), in_review(cast.northwind, "jonas", gates=FAILED)
        unjudged = in_review(cast.northwind, "kofi", gates={})
    page = cast.client("rafael").get("/c/northwind/review/bulk/").content.decode()
    assert str(good.pk) in page
    assert str(soft.pk) not in page
    assert str(unjudged.pk) not in page


def test_who_sticks_out_of_the_team_is_not_ticked_beforehand(cast: Cast) -> None:
    with cast.northwind.scope():
        fits = in_review(cast.northwind, "ines")
        tilted = in_review(cast.northwind, "jonas", framing=FRAMED | {"roll_deg": 3.0})
    page = cast.client("rafael").get("/c/northwind/review/bulk/").content.decode()
    boxes = re.findall(r'(<input[^>]*value="([^"]+)"[^>]*data-row[^>]*>)', page)
    ticks = {pk: " checked" in box for box, pk in boxes}
    assert ticks == {str(fits.pk): True, str(tilted.pk): False}
    assert "Head 3.0° clockwise" in page
    assert "<span data-selected>1</span>" in page


def test_the_ticked_ones_are_approved_and_the_others_wait(cast: Cast) -> None:
    with cast.northwind.scope():
        ines, jonas = in_review(cast.northwind, "ines"), in_review(cast.northwind, "jonas")
    response = cast.client("rafael").post(
        "/c/northwind/review/bulk/", {"headshot": [str(ines.pk)]}, follow=True
    )
    assert "1 headshot is approved." in response.content.decode()
    with cast.northwind.scope():
        statuses = dict(Headshot.objects.values_list("pk", "status"))
        assert statuses == {ines.pk: "approved", jonas.pk: "chosen"}


def test_a_picture_that_failed_a_gate_is_not_approved_by_asking_for_it(cast: Cast) -> None:
    with cast.northwind.scope():
        soft = in_review(cast.northwind, "jonas", gates=FAILED)
    cast.client("rafael").post("/c/northwind/review/bulk/", {"headshot": [str(soft.pk)]})
    with cast.northwind.scope():
        assert Headshot.objects.get(pk=soft.pk).status == "chosen"


def test_all_of_them_can_be_undone_together(cast: Cast) -> None:
    with cast.northwind.scope():
        both = [in_review(cast.northwind, "ines"), in_review(cast.northwind, "jonas")]
    client, ids = cast.client("rafael"), [str(one.pk) for one in both]
    client.post("/c/northwind/review/bulk/", {"headshot": ids})
    client.post("/c/northwind/review/undo/", {"headshot": ids})
    with cast.northwind.scope():
        assert set(Headshot.objects.values_list("status", flat=True)) == {"chosen"}
