"""A whole shoot through the queue, drawn by SDXL's real pipeline on tiny random weights, by a worker process
without a graphics card."""

import pytest
from django.test import Client

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from generation.models import Worker
from tests.generation import drawn_shoots
from tests.imaging.engines import shoots as tiny

pytestmark = pytest.mark.slow


def test_sdxl_draws_a_shoot_step_by_step(transactional_db: None) -> None:
    house = drawn_shoots.generating(tiny.with_options(retries=0))
    shoot = drawn_shoots.asked(house)
    assert (shoot.engine, shoot.queue) == ("sdxl", "gpu")
    with drawn_shoots.in_progress(house, shoot, MODELS_DIR=str(tiny.store().root)) as seen:
        assert Worker.objects.get().device == "cpu"
    assert any(stage.startswith("generate:") and stage.endswith("/2") for stage in seen), seen
    candidates = drawn_shoots.pictures(house, shoot)
    assert candidates
    for one in candidates:
        # Random weights may draw nobody: a picture passed every gate, or says that it is not drawn.
        assert drawn_shoots.passed(one) or one.variation["fallback"] == "generated_failed"
    page = Client().get(house.me("ines", "choose/")).content.decode()
    assert "Generated" in page or "Nothing that was drawn looked enough like you" in page
