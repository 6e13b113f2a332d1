"""An identity pack that the operator names judges the pictures of the portal's workers."""

import io
from pathlib import Path

import pytest

from generation.imaging.samples import portrait_files
from generation.models import Shoot, SourcePhoto
from generation.services import shoots, uploads
from teams.actor import Actor
from teams.services import consents
from tests.cast import Cast, House, make_cast
from tests.workers import eventually, start_worker, worker

pytest.importorskip("insightface", reason="packs need the diffusion extra")
from tests.imaging.test_identity_judges import add

DLIB = "dlib-resnet-v1"


@pytest.fixture
def told_cast(transactional_db: None) -> Cast:
    return make_cast()


def _photo(house: House) -> SourcePhoto:
    ines = house.employees["ines"]
    consents.give(ines, house.invites["ines"], generated=False, signature=ines.name, language="en")
    data = portrait_files()["grace-hopper.png"]
    return uploads.receive_file(ines, Actor.employee(ines), "me.png", io.BytesIO(data), len(data)).photo


@pytest.mark.slow
def test_every_candidate_says_who_judged_it(told_cast: Cast, tmp_path: Path) -> None:
    house, root = told_cast.northwind, tmp_path / "models"
    root.mkdir()
    add(root, "pack-a")
    settings = {"MODELS_DIR": str(root), "IDENTITY_ENCODERS": f"{DLIB},pack-a"}
    with house.scope(), worker("intake", "studio", **settings):
        photo = _photo(house)
        eventually(lambda: SourcePhoto.objects.filter(pk=photo.pk, status="checked").exists())
        photo.refresh_from_db()
        # What is stored of a photo stays dlib's.
        assert len(photo.embedding or []) == 128
        shoot = shoots.start(house.employees["ines"], Actor.employee(house.employees["ines"]))
        eventually(lambda: Shoot.objects.filter(pk=shoot.pk, status="done").exists(), within_s=240)
        candidates = list(shoot.candidates.all())
        assert candidates
        for one in candidates:
            assert one.variation["judged_by"] == f"{DLIB} pack-a"
            assert {f"likeness {DLIB}", "likeness pack-a"} <= set(one.measures)


def test_a_worker_does_not_start_with_a_judge_that_cannot_be_used(told_cast: Cast, tmp_path: Path) -> None:
    settings = {"MODELS_DIR": str(tmp_path), "IDENTITY_ENCODERS": "insightface-buffalo-l"}
    process = start_worker("studio", **settings)
    assert process.wait(timeout=120) == 1
