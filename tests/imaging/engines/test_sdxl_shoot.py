"""Whole shoots by engines that draw: through the studio's stages and gates, or honestly not at all."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation.imaging import run, shoot_folder
from generation.imaging.engines.runtime import shared
from generation.imaging.errors import Cancelled, EngineError, SubjectError
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.types import Candidate, Gallery
from tests.imaging import people
from tests.imaging.engines import shoots, tiny_sdxl

SIZE = (320, 400)
LOOK = shoots.with_options(refine=0.1, retries=0)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return shoots.large_store(tmp_path_factory.mktemp("large"))


@pytest.fixture(autouse=True)
def _weights(large: ModelStore) -> Iterator[None]:
    with shoots.using(large):
        yield


def _shoot(look: Look, gallery: Gallery | None = None, count: int = 1) -> list[Candidate]:
    return list(run.headshots(gallery or shoots.gallery(), look, seed=1, count=count, size=SIZE))


@pytest.fixture(scope="module")
def shown(large: ModelStore) -> list[Candidate]:
    with shoots.using(large):
        return _shoot(LOOK, count=2)


def test_what_is_drawn_goes_through_the_studios_stages_and_gates(shown: list[Candidate]) -> None:
    assert shown and [one.rank for one in shown] == list(range(1, len(shown) + 1))
    plain = run.finish(run.develop(shoots.photo()), LOOK, SIZE)
    for one in shown:
        assert one.source == "generated"
        assert all(gate.passed for gate in one.gates.values())
        assert {"own_skin_lightness", "glasses", "beard", "head_covering", "hair", "geometry"} <= set(
            one.gates
        )
        assert abs(one.eye_line - LOOK.framing.eye_line) <= 0.005
        assert abs(one.head_height - LOOK.framing.head_height) <= 0.015
        # The brand's plate, bit by bit, where nobody stands.
        np.testing.assert_array_equal(one.image[:8, :8], plain[:8, :8])


def test_how_it_was_made_is_told(shown: list[Candidate]) -> None:
    for one in shown:
        how = one.variation
        assert how["steps"] == 20 and how["strength"] == 0.1 and how["refine"] == 0.1
        assert how["photo"] == "astronaut.jpg"
        assert "wearing business casual" in how["prompt"]
        assert how["conditioned_by"] == shipped.IP_ADAPTER_ENCODER
        # What is visible in the photos is said: no glasses.
        assert how["negative_prompt"].startswith("changed skin tone") and "glasses" in how["negative_prompt"]
    assert len({one.variation["seed"] for one in shown}) == len(shown)


def test_the_same_shoot_gives_the_same_bytes(shown: list[Candidate]) -> None:
    again = _shoot(LOOK, count=2)
    for one, other in zip(shown, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_a_whole_shoot_in_other_clothes() -> None:
    (one, *_) = _shoot(shoots.with_options(Look(engine="wardrobe"), steps=20, strength=0.05, refine=0.0))
    assert one.source == "generated" and one.variation["kept"] == "head"
    assert all(gate.passed for gate in one.gates.values())


def test_whose_every_picture_fails_gets_the_studios_and_is_told_why() -> None:
    """Drawn from noise by a random model there is nobody in the picture."""
    stages: list[tuple[str, float]] = []
    noise = shoots.with_options(strength=1.0, guidance=1.0, refine=0.0, retries=1)
    found = list(
        run.headshots(shoots.gallery(), noise, seed=1, count=1, size=SIZE,
                      progress=lambda stage, share: stages.append((stage, share)))
    )  # fmt: skip
    assert found and all(one.source == "retouched" for one in found)
    assert all(one.variation["fallback"] == "generated_failed" for one in found)
    assert found[0].variation["because"] == "drawn_no_face"
    # The command's report tells the person.
    order = shoot_folder.Order("eileen", (), Path(), noise, 1, 1, SIZE)
    assert "generated_failed" in [note.code for note in shoot_folder._notes(order, found)]
    # Both rounds were tried, and the page never went back.
    assert sum(stage == "generate" for stage, _ in stages) == 2
    shares = [share for stage, share in stages if stage != "rank"]
    assert shares == sorted(shares)


def test_somebody_elses_picture_is_never_shown() -> None:
    """The gallery's embedding is another person's: neither what is drawn nor the photo vouches for it."""
    if not people.PHOTOS.is_dir():
        pytest.skip("the shared photos are not on this machine")
    other = people.checked("portraits/tim-scott.jpg")
    photo = shoots.gallery().photos[0]
    mixed = Gallery((replace(photo, embedding=other.embedding),), ())
    with pytest.raises(SubjectError) as error:
        _shoot(LOOK, mixed)
    assert error.value.code == "generated_failed"
    assert error.value.data["because"] == "gate_likeness"


def test_one_can_stop_between_steps() -> None:
    def stop(stage: str, share: float) -> None:
        if stage.endswith("1/2"):
            raise Cancelled("asked")

    with pytest.raises(Cancelled):
        list(run.headshots(shoots.gallery(), LOOK, seed=1, count=1, size=SIZE, progress=stop))
    assert shared().heartbeat.age_s() is None


def test_a_prompt_that_is_too_long_says_what_was_left_out() -> None:
    words = (
        "charcoal three piece suit with a burgundy tie, white pocket square, silver cufflinks, leather belt"
    )
    long_ = LOOK.model_copy(update={"wardrobe": f"{words}, {words}, {words}"[:290]})
    engine_options = long_.engine_options.model_copy(update={"refine": 0.0})
    (one,) = _shoot(long_.model_copy(update={"engine_options": engine_options}))
    assert "natural skin texture" in one.variation["prompt_left_out"]
    assert "keep the person's skin tone" in one.variation["prompt"]


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with shoots.using(ModelStore(tmp_path, offline=True)), pytest.raises(EngineError) as error:
        _shoot(LOOK)
    assert error.value.code in {"model_missing", "model_not_accepted"}
    assert error.value.data["model"] == shipped.SDXL_BASE


@pytest.mark.parametrize("what", ["control", "base"])
def test_weights_of_another_size_are_refused_in_words(what: str, tmp_path: Path) -> None:
    _, found = shoots.sources()
    name = shipped.SDXL_CONTROL if what == "control" else shipped.SDXL_BASE
    wrong = tmp_path / "wrong"
    if what == "control":
        tiny_sdxl._control(wrong, cross_attention_dim=32)
    else:
        shutil.copytree(found[name], wrong)
        config = json.loads((wrong / "unet/config.json").read_text())
        (wrong / "unet/config.json").write_text(json.dumps(config | {"block_out_channels": [32, 32, 128]}))
    store = ModelStore(tmp_path / "store", offline=True)
    names = [one for one in found if store.entry(one).commercial]
    tiny_sdxl.install(store, found | {name: wrong}, *names)
    with shoots.using(store), pytest.raises(EngineError) as error:
        _shoot(LOOK)
    assert error.value.code == ("weights_mismatch" if what == "control" else "weights_unreadable")
