"""Two reviewers at once: the second one hears who was faster."""

import threading

from django.db import connection

from generation.models import Headshot
from generation.services import reviews
from teams.models import AuditEvent
from tests.cast import Cast, make_cast
from tests.generation.reviewing import in_review


def test_the_second_reviewer_is_told_who_was_faster(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    cast.client("hana").post(f"/c/northwind/review/{headshot.pk}/approve/")
    note = {"reason": "other", "note": "Please take off the hat."}
    for path, data in (("approve", {}), ("return", note)):
        response = cast.client("rafael").post(f"/c/northwind/review/{headshot.pk}/{path}/", data, follow=True)
        assert response.status_code == 200
        assert "was already approved by Hana" in response.content.decode()
    with cast.northwind.scope():
        headshot.refresh_from_db()
        assert (headshot.status, headshot.return_note) == ("approved", "")


def test_the_page_of_a_decided_headshot_says_by_whom(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    cast.client("hana").post(f"/c/northwind/review/{headshot.pk}/approve/")
    page = cast.client("rafael").get(f"/c/northwind/review/{headshot.pk}/").content.decode()
    assert "by Hana" in page
    assert "/approve/" not in page


def test_two_clicks_in_the_same_instant_are_one_decision(transactional_db: None) -> None:
    house = make_cast().northwind
    with house.scope():
        headshot = in_review(house, "ines")
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def click(who: str) -> None:
        with house.scope():
            row = Headshot.objects.select_related("employee__company").get(pk=headshot.pk)
            gate.wait(10)
            try:
                reviews.approve(row, house.members[who])
                outcomes.append("approved")
            except reviews.AlreadyDecided:
                outcomes.append("late")
            finally:
                connection.close()

    threads = [threading.Thread(target=click, args=[who]) for who in ("hana", "rafael")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["approved", "late"]
    with house.scope():
        assert AuditEvent.objects.filter(action="headshot.approved").count() == 1
