"""A whole shoot through the queue with FaceID: where the operator holds its licence it steers the picture and
somebody else judges it; where they do not, it is left out, and they are told."""

from pathlib import Path

import pytest
from django.test import Client

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")
pytest.importorskip("insightface", reason="the extra `diffusion` is not installed")

from generation.imaging.models import shipped
from generation.models import Candidate
from tests.generation import drawn_shoots
from tests.imaging.engines import shoots as tiny
from tests.imaging.test_identity_judges import add

pytestmark = pytest.mark.slow

DLIB = "dlib-resnet-v1"
# Another pack of the operator's, trained as FaceID's own is.
RELATIVE = "pack-a"
LOOK = tiny.with_options(retries=0)
FACEID = f"{shipped.IP_ADAPTER_FACE} {shipped.IP_ADAPTER_FACEID}"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with FaceID, the pack that it conditions on, and one of the same family as a judge."""
    folder = tmp_path_factory.mktemp("faceid")
    root = tiny.large_store(folder, shipped.IP_ADAPTER_FACEID, shipped.BUFFALO_L).root
    add(root, RELATIVE)
    return root


def shown(models: Path, allowed: str, look: object = LOOK) -> tuple[drawn_shoots.House, list[Candidate]]:
    """The pictures of a shoot under the operator's word on non-commercial models."""
    house = drawn_shoots.generating(look)  # type: ignore[arg-type]
    shoot = drawn_shoots.asked(house)
    settings = {"IDENTITY_ENCODERS": f"{DLIB},{RELATIVE}", "MODELS_ALLOW_NONCOMMERCIAL": allowed}
    with drawn_shoots.in_progress(house, shoot, MODELS_DIR=str(models), **settings) as seen:
        pass
    assert any(stage.startswith("generate:") for stage in seen), seen
    return house, drawn_shoots.pictures(house, shoot)


def test_with_the_licence_faceid_steers_the_picture_and_another_judges(
    transactional_db: None, models: Path
) -> None:
    house, pictures = shown(models, "yes")
    assert pictures and all(drawn_shoots.passed(one) for one in pictures)
    for one in pictures:
        assert one.variation["identity_models"] == FACEID
        assert shipped.BUFFALO_L in one.variation["conditioned_by"].split()
        # Neither the pack that steered nor its relative has a say.
        assert one.variation["judged_by"] == DLIB
        assert one.gates["likeness"]["passed"] and "models_left_out" not in one.variation
    assert "Generated" in Client().get(house.me("ines", "choose/")).content.decode()


def test_without_the_licence_it_is_left_out_and_the_operator_is_told(
    transactional_db: None, models: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, pictures = shown(models, "no")
    assert pictures
    for one in pictures:
        assert one.variation["identity_models"] == shipped.IP_ADAPTER_FACE
        assert one.variation["judged_by"] == f"{DLIB} {RELATIVE}"
        assert f"{shipped.IP_ADAPTER_FACEID}: model_licence" in one.variation["models_left_out"]
    said = "".join(capfd.readouterr())
    (line,) = (
        one for one in said.splitlines() if "model left out" in one and shipped.IP_ADAPTER_FACEID in one
    )
    assert "MODELS_ALLOW_NONCOMMERCIAL=yes" in line
