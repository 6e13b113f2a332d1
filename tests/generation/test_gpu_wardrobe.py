"""A whole shoot through the queue in other clothes: inpainted by SDXL's real pipeline on tiny weights around
the untouched head, by a worker process without a graphics card."""

import pytest
from django.test import Client

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation import jobs, nudging
from generation.imaging.nudge import Nudge as Steps
from generation.imaging.samples import portrait_files
from generation.models import Candidate
from generation.services import nudges
from teams.actor import Actor
from tests.cast import House
from tests.generation import drawn_shoots
from tests.imaging.engines import shoots as tiny

pytestmark = pytest.mark.slow


def test_other_clothes_under_the_own_head_arrive_and_are_labelled(
    transactional_db: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    look = tiny.with_options(Look(engine="wardrobe"), steps=20, strength=0.05, refine=0.0, retries=0)
    house = drawn_shoots.generating(look)
    # Of the wheels' two the portrait whose matte is sure: what random weights draw as clothes adds to that.
    shoot = drawn_shoots.asked(house, data=portrait_files()["grace-hopper.png"], seed=1001)
    assert (shoot.engine, shoot.queue) == ("wardrobe", "gpu")
    large = tiny.large_store(tmp_path_factory.mktemp("large"))
    with drawn_shoots.in_progress(house, shoot, MODELS_DIR=str(large.root)) as seen:
        pass
    assert any(stage.startswith("generate:") for stage in seen), seen
    shown = drawn_shoots.pictures(house, shoot)
    assert shown and all(drawn_shoots.passed(one) for one in shown)
    assert {one.variation["kept"] for one in shown} == {"head"}
    page = Client().get(house.me("ines", "choose/")).content.decode()
    assert "Generated" in page and "Nothing that was drawn" not in page
    _adjust(house, shown[0])


def _adjust(house: House, drawn: Candidate) -> None:
    """A small change of what was drawn: from its layers, judged as drawn, without the engine."""
    with house.scope():
        assert nudges.obstacle(drawn) == ""
        steps = Steps(size=1 if nudging.room(drawn).size[1] else -1)
        wish = nudges.ask(drawn, steps, Actor.employee(house.employees["ines"]))
    jobs.nudge_picture(str(house.company.pk), str(wish.pk))
    with house.scope():
        wish.refresh_from_db()
        assert wish.result is not None, (wish.error_code, wish.error_data)
        assert drawn_shoots.passed(wish.result)
        assert wish.result.framing["head_height"] != drawn.framing["head_height"]
