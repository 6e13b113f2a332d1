"""Who may be drawn: the company's settings, the person's own choice, and what happens to shoots under way."""

from typing import Any

import django_rq
import pytest
from django.test import Client

from branding.look import STARTERS
from branding.models import StyleVersion
from generation import jobs, pipeline
from generation.imaging.engines import table
from generation.imaging.errors import EngineError, SubjectError
from generation.models import Shoot
from generation.services import claims, engines
from teams.actor import SYSTEM
from teams.models import AuditEvent, Company, Consent
from tests import factories
from tests.cast import Cast, House
from tests.engines import NAME, OFFER

ENGINES = "/c/northwind/settings/engines/"


@pytest.fixture(autouse=True)
def drawing_style(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Northwind allows generated pictures, and its style asks for them."""
    monkeypatch.setitem(table.ENGINES, NAME, OFFER)
    look = STARTERS["corporate"].model_copy(update={"engine": NAME}).model_dump(mode="json")
    with cast.northwind.scope():
        StyleVersion.objects.filter(pk=cast.northwind.version.pk).update(data=look)
    _allow(cast.northwind, True)


def _allow(house: House, generated: bool, off: tuple[str, ...] = ()) -> None:
    Company.objects.filter(pk=house.company.pk).update(allow_generated=generated, engines_off=list(off))
    for person in house.employees.values():
        person.company.refresh_from_db()


def _ready(house: House, *, generated: bool) -> None:
    with house.scope():
        factories.give_consent(house.employees["ines"], generated=generated)
        factories.make_photo(house.employees["ines"])


def _start(house: House, **data: str) -> Shoot:
    Client().post(house.me("ines", "making/start/"), data)
    with house.scope():
        return Shoot.objects.latest("created_at")


def _page(house: House, page: str = "making/") -> str:
    return Client().get(house.me("ines", page), follow=True).content.decode()


# --- which engine photographs --------------------------------------------------------------------


def test_who_agreed_is_drawn(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    _ready(cast.northwind, generated=True)
    with django_capture_on_commit_callbacks(execute=True):
        shoot = _start(cast.northwind)
    assert (shoot.engine, shoot.queue, shoot.fallback) == (NAME, "gpu", "")
    assert [job.args for job in django_rq.get_queue("gpu").jobs] == [("gpu",)]
    assert not django_rq.get_queue("studio").jobs


def test_who_did_not_agree_gets_their_own_photo_and_is_told(cast: Cast) -> None:
    _ready(cast.northwind, generated=False)
    shoot = _start(cast.northwind)
    assert (shoot.engine, shoot.queue, shoot.fallback) == ("studio", "studio", "person")
    assert "Pictures are only generated for people who agreed to it" in _page(cast.northwind)
    with cast.northwind.scope():
        assert pipeline.look_of(shoot).engine == "studio"


@pytest.mark.parametrize("off", [(), (NAME,)])
def test_what_the_company_forbids_nobody_gets(cast: Cast, off: tuple[str, ...]) -> None:
    _ready(cast.northwind, generated=True)
    _allow(cast.northwind, bool(off), off)
    shoot = _start(cast.northwind)
    assert (shoot.engine, shoot.fallback) == ("studio", "company")
    assert "Your company uses no generated pictures" in _page(cast.northwind)


def test_a_style_of_the_studio_says_nothing(cast: Cast) -> None:
    _ready(cast.northwind, generated=False)
    with cast.northwind.scope():
        StyleVersion.objects.update(data=STARTERS["corporate"].model_dump(mode="json"))
    shoot = _start(cast.northwind)
    assert (shoot.engine, shoot.fallback) == ("studio", "")
    page = _page(cast.northwind)
    assert "own photo" not in page


def test_an_engine_that_is_gone_is_no_dead_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _ready(cast.northwind, generated=True)
    monkeypatch.delitem(table.ENGINES, NAME)
    shoot = _start(cast.northwind)
    assert (shoot.engine, shoot.fallback) == ("studio", "unknown")


# --- changed minds -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_company_that_forbids_takes_back_what_is_under_way(cast: Cast, status: str) -> None:
    house = cast.northwind
    _ready(house, generated=True)
    shoot = _start(house)
    if status == "running":
        claims.claim("gpu", "w")
    response = cast.client("hana").post(ENGINES, {"pictures": "own"}, follow=True)
    assert "Saved." in response.content.decode()
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.status, shoot.engine, shoot.queue, shoot.fallback) == (
            "queued",
            "studio",
            "studio",
            "company",
        )
        assert shoot.failures == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_person_takes_their_leave_back(cast: Cast, status: str) -> None:
    house = cast.northwind
    _ready(house, generated=True)
    shoot = _start(house)
    if status == "running":
        claims.claim("gpu", "w")
    page = Client().post(house.me("ines", "generated/"), {"on": "0"}, follow=True).content.decode()
    assert "Only your own photos are used from now on." in page
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.status, shoot.engine, shoot.fallback) == ("queued", "studio", "person")
        assert Consent.objects.count() == 2
        standing = Consent.objects.get(withdrawn_at=None)
        assert (standing.generated, standing.headshot, standing.signature) == (False, True, "Ines Northwind")
        assert AuditEvent.objects.filter(action="consent.changed").count() == 1


def test_a_person_can_allow_it_later(cast: Cast) -> None:
    house = cast.northwind
    _ready(house, generated=False)
    assert "Your own photos are relit. Nothing about you is drawn." in _page(house, "photos/")
    Client().post(house.me("ines", "generated/"), {"on": "1"})
    assert "Your pictures may be generated" in _page(house, "photos/")
    assert _start(house).engine == NAME


def test_a_person_cannot_allow_what_the_company_forbids(cast: Cast) -> None:
    house = cast.northwind
    _ready(house, generated=False)
    _allow(house, False)
    Client().post(house.me("ines", "generated/"), {"on": "1"})
    with house.scope():
        assert not Consent.objects.filter(generated=True).exists()
    assert "Allow generated pictures" not in _page(house, "photos/")


def test_a_worker_looks_again_before_it_draws(cast: Cast) -> None:
    """The choice changed by a way that knew nothing of shoots, such as another release."""
    house = cast.northwind
    _ready(house, generated=True)
    shoot = _start(house)
    with house.scope():
        Consent.objects.update(generated=False)
    jobs.next_shoot("gpu")
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.status, shoot.engine, shoot.failures) == ("queued", "studio", 0)


def test_their_own_photo_instead_of_waiting_is_one_tap(cast: Cast) -> None:
    house = cast.northwind
    _ready(house, generated=True)
    shoot = _start(house)
    assert "Use my own photo instead" in _page(house)
    assert _start(house, own="1").pk == shoot.pk
    with house.scope():
        shoot.refresh_from_db()
        assert (shoot.engine, shoot.fallback) == ("studio", "asked")
    page = _page(house)
    assert "Made from your own photo, as you wished." in page
    assert "Use my own photo instead" not in page


# --- failures ------------------------------------------------------------------------------------


def _fail(cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Shoot:
    def fails(*args: Any) -> None:
        raise error

    _ready(cast.northwind, generated=True)
    shoot = _start(cast.northwind)
    monkeypatch.setattr(pipeline, "photograph", fails)
    jobs.next_shoot("gpu")
    with cast.northwind.scope():
        shoot.refresh_from_db()
    return shoot


def test_what_was_drawn_badly_is_explained_and_the_studio_offered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot = _fail(cast, monkeypatch, SubjectError("gate_likeness", value=0.4, bound=0.6))
    assert shoot.status == "failed"
    page = _page(cast.northwind)
    assert "No drawn picture was good enough" in page
    assert "does not look enough like your photos" in page
    assert "What does not look like you is never shown." in page
    assert "Make it from my own photo" in page
    again = _start(cast.northwind, own="1")
    assert again.pk != shoot.pk
    assert (again.engine, again.fallback) == ("studio", "asked")


def test_an_error_that_trying_again_cannot_help_is_final_at_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot = _fail(cast, monkeypatch, EngineError("model_missing", model="sdxl-base"))
    assert (shoot.status, shoot.attempt) == ("failed", 1)
    page = _page(cast.northwind)
    assert "That was us" in page
    assert "Make it from my own photo" in page


def test_an_error_of_ours_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot = _fail(cast, monkeypatch, EngineError("gpu_memory"))
    assert (shoot.status, shoot.failures) == ("queued", 1)
    assert shoot.not_before is not None


def test_pictures_of_ones_own_photo_say_why(cast: Cast) -> None:
    house = cast.northwind
    _ready(house, generated=True)
    with house.scope():
        shoot = factories.make_shoot(house.employees["ines"], engine=NAME, queue="gpu")
        shoot.candidates.update(variation={"fallback": "generated_failed", "because": "gate_likeness"})
    page = _page(house, "choose/")
    assert "Nothing that was drawn looked enough like you, so it is not shown." in page
    assert "Retouched" in page


# --- settings ------------------------------------------------------------------------------------


def test_the_settings_are_kept_and_audited(cast: Cast) -> None:
    _allow(cast.northwind, False)
    client = cast.client("hana")
    page = client.get(ENGINES).content.decode()
    assert "Draws clothes and shoulders" in page
    assert "Used by House style." in page
    assert "Its models are not installed on this server." in page
    client.post(ENGINES, {"pictures": "generated", "engines": [NAME]})
    company = Company.objects.get(slug="northwind")
    assert company.allow_generated
    assert NAME not in company.engines_off
    assert set(company.engines_off) == {one.name for one in engines.offered()} - {NAME}
    with cast.northwind.scope():
        event = AuditEvent.objects.get(action="engines.changed")
        assert event.actor_name == "Hana"
        assert event.data["generated"] is True
    assert (
        "Nothing was changed."
        in client.post(ENGINES, {"pictures": "generated", "engines": [NAME]}, follow=True).content.decode()
    )
    with cast.northwind.scope():
        assert AuditEvent.objects.filter(action="engines.changed").count() == 1


@pytest.mark.parametrize("form", [{}, {"pictures": "robots"}, {"pictures": "generated"},
                                  {"pictures": "generated", "engines": ["nothing"]}])  # fmt: skip
def test_a_form_that_makes_no_sense_changes_nothing(cast: Cast, form: dict[str, Any]) -> None:
    assert cast.client("olga").post(ENGINES, form).status_code == 422
    assert Company.objects.get(slug="northwind").allow_generated


def test_engines_of_another_release_stay_off(cast: Cast) -> None:
    _allow(cast.northwind, True, ("of-tomorrow",))
    every = [one.name for one in engines.offered()]
    cast.client("olga").post(ENGINES, {"pictures": "generated", "engines": every})
    assert Company.objects.get(slug="northwind").engines_off == ["of-tomorrow"]


def test_another_company_is_not_touched(cast: Cast) -> None:
    company = Company.objects.get(slug="southbay")
    with cast.southbay.scope():
        engines.choose(company, generated=True, off=[], by=SYSTEM)
    cast.client("hana").post(ENGINES, {"pictures": "own"})
    company.refresh_from_db()
    assert company.allow_generated
