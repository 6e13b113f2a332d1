"""A whole shoot through the queue, drawn by SDXL's real pipeline on tiny random weights, by a worker process
without a graphics card."""

import io
from typing import Any

import pytest
from django.test import Client

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.models import StyleVersion
from generation import jobs
from generation.imaging.samples import portrait_files
from generation.models import Shoot, Worker
from generation.services import shoots, uploads
from teams.actor import Actor
from teams.models import Company
from teams.services import consents
from tests.cast import make_cast
from tests.imaging.engines import shoots as tiny
from tests.workers import eventually, worker

pytestmark = pytest.mark.slow


def test_sdxl_draws_a_shoot_step_by_step(transactional_db: None, settings: Any) -> None:
    house = make_cast().northwind
    Company.objects.update(allow_generated=True)
    ines = house.employees["ines"]
    look = tiny.with_options(retries=0).model_dump(mode="json")
    with house.scope():
        ines.company.refresh_from_db()
        StyleVersion.objects.filter(pk=house.version.pk).update(data=look)
        consents.give(ines, house.invites["ines"], generated=True, signature=ines.name, language="en")
        data = portrait_files()["eileen-collins.png"]
        arrived = uploads.receive_file(ines, Actor.employee(ines), "me.png", io.BytesIO(data), len(data))
        jobs.check_photo(str(ines.company_id), str(arrived.photo.pk))
        shoot = shoots.start(ines, Actor.employee(ines))
        assert (shoot.engine, shoot.queue) == ("sdxl", "gpu")
        seen: set[str] = set()

        def over() -> bool:
            now = Shoot.objects.get(pk=shoot.pk)
            seen.add(now.stage)
            return now.status in {"done", "failed"}

        with worker("gpu", "--as", "gpu.tiny", MODELS_DIR=str(tiny.store().root)):
            eventually(over, within_s=300)
            assert Worker.objects.get().device == "cpu"
        shoot.refresh_from_db()
        assert (shoot.status, shoot.error_code) == ("done", "")
        assert any(stage.startswith("generate:") and stage.endswith("/2") for stage in seen), seen
        candidates = list(shoot.candidates.all())
        assert candidates
        for one in candidates:
            # Random weights may draw nobody: a picture passed every gate, or says that it is not drawn.
            drawn = one.source == "generated" and all(gate["passed"] for gate in one.gates.values())
            assert drawn or one.variation["fallback"] == "generated_failed"
    page = Client().get(house.me("ines", "choose/")).content.decode()
    assert "Generated" in page or "Nothing that was drawn looked enough like you" in page
