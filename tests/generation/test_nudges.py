"""An employee adjusts a picture a little: checked, undoable, and part of everything that follows."""

import io
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

import generation.reaper
from generation import jobs, nudging, transitions
from generation.models import Candidate, Headshot, Nudge, Rendition, SourcePhoto
from generation.services import nudges, renditions, reviews
from portal.exports.manifest import COLUMNS
from portal.lib import storage
from teams.actor import Actor
from teams.models import AuditEvent
from tests import factories
from tests.cast import Cast, House

LIGHTER = {"brightness": "1", "size": "0", "side": "0"}
LARGER = {"brightness": "0", "size": "1", "side": "-1"}


def _post(house: House, picture: Candidate, steps: dict[str, str], who: str = "ines", part: str = "") -> int:
    path = house.me(who, f"choose/{picture.pk}/adjust/{part}")
    return int(Client().post(path, steps).status_code)


def _page(house: House, path: str, **headers: str) -> str:
    return Client().get(house.me("ines", path), headers=headers).content.decode()


def _carry_out(house: House, picture: Candidate) -> Nudge:
    """What a worker does with the newest wish."""
    with house.scope():
        wish = Nudge.objects.get(candidate=picture)
    jobs.nudge_picture(str(house.company.pk), str(wish.pk))
    with house.scope():
        return Nudge.objects.select_related("result").get(pk=wish.pk)


def _adjusted(house: House, picture: Candidate, steps: dict[str, str] = LIGHTER) -> Candidate:
    assert _post(house, picture, steps) == 302
    wish = _carry_out(house, picture)
    assert wish.result is not None, (wish.status, wish.error_code, wish.error_data)
    return wish.result


def test_the_page_offers_it_in_words_and_without_a_script(house: House, picture: Candidate) -> None:
    page = _page(house, f"choose/{picture.pk}/")
    assert "Adjust light and crop" in page
    assert "a little lighter" in page
    assert 'name="brightness" value="1"' in page


def test_it_stands_beside_the_picture_as_made_fully_checked(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    with house.scope():
        before = Candidate.objects.get(pk=picture.pk)
        assert (before.image, before.gates) == (picture.image, picture.gates)
        assert storage.renditions().exists(picture.image)
    assert result.gates.keys() == picture.gates.keys()
    assert all(gate["passed"] for gate in result.gates.values())
    assert result.gates != picture.gates
    assert result.nudge_steps == {"brightness": 1, "size": 0, "side": 0}
    page = _page(house, f"choose/{picture.pk}/")
    assert page.index("As made") < page.index("A little lighter")
    assert f"candidate/{picture.pk}/small/" in page
    assert f"candidate/{result.pk}/small/" in page
    gallery = _page(house, "choose/")
    assert gallery.index(str(picture.pk)) < gallery.index(str(result.pk))


def test_progress_is_a_number_and_a_refusal_a_sentence(house: House, picture: Candidate) -> None:
    _post(house, picture, LARGER)
    with house.scope():
        wish = Nudge.objects.get()
        transitions.nudge_claimed(wish)
        Nudge.objects.update(stage="judge", progress=0.7)
    page = _page(house, f"choose/{picture.pk}/", **{"HX-Request": "true"})
    assert "70 %" in page
    assert "Checking that it is still you" in page
    assert '<meta http-equiv="refresh"' in _page(house, f"choose/{picture.pk}/")
    with house.scope():
        transitions.nudge_failed(wish, "subject", "crop_too_tight", {})
    answer = Client().get(house.me("ines", f"choose/{picture.pk}/"), headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#pick"
    assert "Your photo ends too soon for that." in answer.content.decode()


def test_undone_only_the_picture_as_made_is_left(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    assert _post(house, picture, {}, part="undo/") == 302
    with house.scope():
        assert not Candidate.objects.filter(pk=result.pk).exists()
        assert not storage.renditions().exists(result.image)
        assert storage.renditions().exists(picture.image)
        actions = list(AuditEvent.objects.order_by("at").values_list("action", flat=True))
        assert actions[-2:] == ["picture_nudged", "picture_nudge_undone"]
    assert "A little lighter" not in _page(house, f"choose/{picture.pk}/")
    # Twice, or with all scales at 0, is the same.
    assert _post(house, picture, {}, part="undo/") == 302
    assert _post(house, picture, {"brightness": "0", "size": "0", "side": "0"}) == 302


def test_a_newer_wish_replaces_the_older_one_and_its_files(house: House, picture: Candidate) -> None:
    first = _adjusted(house, picture)
    second = _adjusted(house, picture, LARGER)
    with house.scope():
        assert [row.pk for row in picture.nudged.all()] == [second.pk]
        assert not storage.renditions().exists(first.image)
        assert second.framing["head_height"] > picture.framing["head_height"]


def test_chosen_it_reaches_review_renditions_and_their_metadata(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    path = house.me("ines", f"choose/{result.pk}/")
    assert "In review" in Client().post(path, follow=True).content.decode()
    with house.scope():
        headshot = Headshot.objects.select_related("candidate__shoot__style_version", "company").get()
        assert headshot.candidate_id == result.pk
        reviews.approve(headshot, house.members["olga"])
        file = renditions.rendition(headshot, "master").file
        data = storage.read(storage.renditions(), file)
        square = renditions.rendition(headshot, "microsoft365")
        light = _mean(storage.read(storage.renditions(), square.file))
        result_pixels = storage.read(storage.renditions(), result.image)
    assert Image.open(io.BytesIO(data)).tobytes() == Image.open(io.BytesIO(result_pixels)).tobytes()
    assert b"brightness of the person, steps: +1" in data
    assert b"compositeSynthetic" in data
    assert "adjusted" in COLUMNS
    # The square is framed anew from the layers: it is lighter too.
    with house.scope():
        Rendition.objects.all().delete()
        Headshot.objects.update(candidate=picture)
        plain = Headshot.objects.select_related("candidate__shoot__style_version", "company").get()
        file = renditions.rendition(plain, "microsoft365").file
        assert _mean(storage.read(storage.renditions(), file)) < light


def _mean(data: bytes) -> float:
    return float(np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.float64).mean())


def test_the_reviewer_reads_what_was_changed_and_sees_it_as_made(
    cast: Cast, house: House, picture: Candidate
) -> None:
    result = _adjusted(house, picture)
    Client().post(house.me("ines", f"choose/{result.pk}/"))
    with house.scope():
        headshot = Headshot.objects.get()
    page = cast.client("rafael").get(f"/c/{house.slug}/review/{headshot.pk}/").content.decode()
    assert "Changed by the person shown: a little lighter." in page
    assert f"candidate/{picture.pk}/large/" in page


def test_taken_back_after_it_was_chosen_the_choice_stays(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    Client().post(house.me("ines", f"choose/{result.pk}/"))
    _post(house, picture, {}, part="undo/")
    with house.scope():
        assert Headshot.objects.get().candidate_id == result.pk
        assert storage.renditions().exists(result.image)


@pytest.mark.parametrize(
    "steps",
    [{"size": "3"}, {"side": "-9"}, {"brightness": "x"}, {"brightness": ""}, {"side": "99999999999"}],
)
def test_forged_steps_make_nothing(house: House, picture: Candidate, steps: dict[str, str]) -> None:
    assert _post(house, picture, LIGHTER | steps) == 302
    with house.scope():
        assert not Nudge.objects.exists()


def test_more_than_the_picture_leaves_is_refused_in_words(house: House, picture: Candidate) -> None:
    with house.scope():
        Candidate.objects.filter(pk=picture.pk).update(variation=picture.variation | {"crop": 0.010})
    path = house.me("ines", f"choose/{picture.pk}/adjust/")
    page = Client().post(path, LARGER, follow=True).content.decode()
    assert "This picture does not leave that much room." in page
    with house.scope():
        assert not Nudge.objects.exists()


def test_a_company_can_forbid_it(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    house.company.allow_nudges = False
    house.company.save()
    assert _post(house, picture, LARGER) == 403
    assert Client().post(house.me("ines", f"choose/{result.pk}/")).status_code == 403
    page = _page(house, f"choose/{picture.pk}/")
    assert "Adjust light and crop" not in page
    assert str(result.pk) not in page + _page(house, "choose/")


def test_forbidden_while_it_waited_it_is_not_made(house: House, picture: Candidate) -> None:
    _post(house, picture, LIGHTER)
    house.company.allow_nudges = False
    house.company.save()
    wish = _carry_out(house, picture)
    assert (wish.status, wish.error_code, wish.result) == ("failed", "nudge_off", None)


def test_a_colleagues_picture_is_not_found(house: House, picture: Candidate) -> None:
    with house.scope():
        factories.give_consent(house.employees["kofi"])
    for part in ("", "undo/"):
        assert _post(house, picture, LIGHTER, who="kofi", part=part) == 404


@pytest.mark.parametrize(
    ("gone", "said"),
    [("master", "stored without the layers"), ("photos", "Your photos are deleted")],
)
def test_where_nothing_can_be_changed_the_page_says_so(
    house: House, picture: Candidate, gone: str, said: str
) -> None:
    with house.scope():
        if gone == "master":
            storage.masters().delete(picture.master)
        else:
            SourcePhoto.objects.update(status="deleted", embedding=None)
    page = _page(house, f"choose/{picture.pk}/")
    assert said in page
    assert 'name="brightness"' not in page
    answer = Client().post(house.me("ines", f"choose/{picture.pk}/adjust/"), LIGHTER, follow=True)
    assert said in answer.content.decode()
    with house.scope():
        assert not Nudge.objects.exists()


def test_an_unfinished_shoots_picture_waits(house: House, picture: Candidate) -> None:
    with house.scope():
        picture.shoot.status = "running"
        picture.shoot.save()
    _post(house, picture, LIGHTER)
    with house.scope():
        assert not Nudge.objects.exists()


def test_asked_twice_it_is_made_once(house: House, picture: Candidate) -> None:
    for _ in range(2):
        _post(house, picture, LIGHTER)
    _carry_out(house, picture)
    _post(house, picture, LIGHTER)
    with house.scope():
        assert AuditEvent.objects.filter(action="picture_nudged").count() == 1
        assert Nudge.objects.get().attempt == 1


def test_a_worker_that_was_thought_dead_cannot_finish_anothers_work(house: House, picture: Candidate) -> None:
    _post(house, picture, LIGHTER)
    with house.scope():
        ghost = Nudge.objects.select_related("candidate__shoot__style_version", "company").get()
        transitions.nudge_claimed(ghost)
        Nudge.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    generation.reaper.reap()
    with house.scope():
        assert Nudge.objects.get().status == "queued"
    done = _carry_out(house, picture)
    assert (done.status, done.attempt) == ("done", 2)
    with house.scope():
        nudges.carry_out(ghost)
        assert Nudge.objects.get().result_id == done.result_id
        assert storage.renditions().exists(done.result.image)  # type: ignore[union-attr]


def test_an_error_of_ours_is_tried_again_then_said(
    house: House, picture: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr("generation.nudging.render", broken)
    _post(house, picture, LIGHTER)
    for _ in range(4):
        wish = _carry_out(house, picture)
        with house.scope():
            Nudge.objects.update(not_before=None)
    assert (wish.status, wish.attempt, wish.error_code) == ("failed", 4, "engine_broke")
    assert "Something went wrong on our side." in _page(house, f"choose/{picture.pk}/")


def test_everything_about_a_person_includes_it(house: House, picture: Candidate) -> None:
    result = _adjusted(house, picture)
    Client().post(house.me("ines", f"choose/{result.pk}/"))
    Client().post(house.me("ines", "forget/"), {"confirm": "delete"})
    with house.scope():
        assert not Nudge.objects.exists()
        assert not Candidate.objects.exists()
    assert not storage.renditions().exists(result.image)


@pytest.mark.parametrize("how", ["taken back", "erased"])
def test_given_up_while_it_was_made_nothing_stays_behind(
    house: House, picture: Candidate, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    real = nudging.pipeline.store_pictures

    def erased_meanwhile(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        if how == "erased":
            Candidate.objects.all().delete()
        else:
            nudges.undo(picture, Actor.employee(house.employees["ines"]))

    monkeypatch.setattr(nudging.pipeline, "store_pictures", erased_meanwhile)
    _post(house, picture, LIGHTER)
    with house.scope():
        wish = Nudge.objects.select_related("candidate__shoot__style_version", "company").get()
        transitions.nudge_claimed(wish)
        nudges.carry_out(wish)
        assert not Candidate.objects.exclude(nudged_from=None).exists()
    folder = picture.image.rpartition("/")[0]
    assert not [name for name in storage.renditions().listdir(folder)[1] if "nudge" in name]


def test_the_story_tells_it(cast: Cast, house: House, picture: Candidate) -> None:
    _post(house, picture, LARGER)
    ines = house.employees["ines"]
    page = cast.client("hana").get(f"/c/{house.slug}/people/{ines.pk}/").content.decode()
    assert "Light or crop of a picture adjusted" in page
    assert "size of the head +1" in page
    assert "to the side −1" in page


def test_a_drawn_picture_is_judged_as_drawn_when_it_is_changed(house: House, picture: Candidate) -> None:
    """Against the photos themselves: what a machine drew has gates that a relit photo has not."""
    with house.scope():
        Candidate.objects.filter(pk=picture.pk).update(source="generated")
    result = _adjusted(house, picture)
    assert result.source == "generated"
    assert {"own_skin_ita", "glasses", "hair", "hands"} <= result.gates.keys()
    assert all(gate["passed"] for gate in result.gates.values())
    assert "marks_detail" in result.measures
    page = _page(house, f"choose/{picture.pk}/")
    assert "Generated" in page[page.index("A little lighter") :]
