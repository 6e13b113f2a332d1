"""A whole shoot through the queue by the edit engine: Qwen-Image-Edit and FLUX.2-klein with tiny random
weights, which the model store installed, in a worker process without a graphics card."""

from typing import Any

import pytest
from django.test import Client

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.samples import portrait_files
from generation.models import Worker
from tests.generation import drawn_shoots
from tests.imaging.engines import tiny_sizes
from tests.imaging.engines.conftest import edit_store

__all__ = ["edit_store"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("quality", "steps", "retries"), [("final", 20, 0), ("preview", 4, 1)])
def test_what_random_weights_draw_is_never_shown_and_the_person_is_told_why(
    transactional_db: None, settings: Any, edit_store: ModelStore, quality: str, steps: int, retries: int
) -> None:
    settings.SHOOT_CANDIDATES = 2
    options = {"quality": quality, "steps": 20, "retries": retries}
    house = drawn_shoots.generating(Look.model_validate({"engine": "edit", "engine_options": options}))
    shoot = drawn_shoots.asked(house)
    assert (shoot.engine, shoot.queue) == ("edit", "gpu")
    tiny = {tiny_sizes.VARIABLE: "1", "MODELS_DIR": str(edit_store.root)}
    with drawn_shoots.in_progress(house, shoot, **tiny) as seen:
        assert Worker.objects.get().device == "cpu"
    assert any(stage.startswith("generate:") and stage.endswith(f"/{steps}") for stage in seen), seen
    shown = drawn_shoots.pictures(house, shoot)
    # Nobody is in what was drawn: the studio's picture is offered instead, and says why.
    assert shown and {one.source for one in shown} == {"retouched"}
    assert {one.variation["fallback"] for one in shown} == {"generated_failed"}
    assert {one.variation["because"] for one in shown} == {"drawn_no_face"}
    page = Client().get(house.me("ines", "choose/")).content.decode()
    assert "Nothing that was drawn looked enough like you" in page
    assert "Retouched" in page and "Generated" not in page


def test_what_keeps_the_person_arrives_and_is_labelled(
    transactional_db: None, settings: Any, edit_store: ModelStore
) -> None:
    settings.SHOOT_CANDIDATES = 1
    options = {"steps": 20, "retries": 0}
    house = drawn_shoots.generating(Look.model_validate({"engine": "edit", "engine_options": options}))
    shoot = drawn_shoots.asked(house, data=portrait_files()["grace-hopper.png"])
    perfect = {tiny_sizes.VARIABLE: tiny_sizes.PERFECT, "MODELS_DIR": str(edit_store.root)}
    with drawn_shoots.in_progress(house, shoot, **perfect):
        pass
    (shown,) = drawn_shoots.pictures(house, shoot)
    assert drawn_shoots.passed(shown)
    assert (shown.variation["model"], shown.variation["steps"]) == (shipped.QWEN_EDIT, 20)
    assert {"hands", "own_skin_ita", "geometry"} <= set(shown.gates)
    page = Client().get(house.me("ines", "choose/")).content.decode()
    assert "Generated" in page and "Nothing that was drawn" not in page
