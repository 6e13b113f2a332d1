"""What the edit engine asks for, tells, and does when something is wrong."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.imaging.engines import edit, edit_pipelines, runtime
from generation.imaging.engines.edit import Plan
from generation.imaging.errors import Cancelled, EngineError
from generation.imaging.messages import sentence
from generation.imaging.models import configured, shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.prompt import KEEP
from tests.imaging import people
from tests.imaging.engines import sitters, tiny_edit
from tests.imaging.engines.sitters import apart, gallery, look, portraits


def test_a_final_has_a_megapixel_and_its_references_have_its_grid() -> None:
    assert Plan.of(look()).size == (928, 1152)
    # What `calculate_dimensions(1024 * 1024, …)` of the pipeline makes of a reference of that shape.
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import calculate_dimensions

    assert calculate_dimensions(1024 * 1024, 928 / 1152) == (928, 1152)
    assert edit.reference(sitters.photos()[0], (928, 1152)).size == (928, 1152)


def test_a_reference_shows_hair_and_shoulders_even_at_the_edge_of_the_photo() -> None:
    photo = sitters.photos()[2]
    assert photo.decoded is not None
    whole = Image.fromarray(photo.decoded.pixels)
    cut = edit.reference(photo, (whole.width, round(whole.width * 1.25)))
    # The photo is narrower than the wanted part: all of its width is there, nothing invented or stretched.
    found = people.check(np.asarray(cut))
    assert found.face is not None
    width = found.face.box[2] - found.face.box[0]
    height = found.face.box[3] - found.face.box[1]
    assert photo.face is not None
    own = (photo.face.box[2] - photo.face.box[0]) / (photo.face.box[3] - photo.face.box[1])
    assert width / height == pytest.approx(own, abs=0.03)


@pytest.mark.usefixtures("edit_models")
def test_the_words_name_the_photos_and_ask_for_flat_grey() -> None:
    (final,) = portraits(gallery(), look(backdrop={"kind": "paper", "color": "#aa2211"}))
    words = str(final.how["prompt"])
    assert words.startswith("Photograph the person of picture 1 anew in a studio. Pictures 2 and 3 show the")
    assert "grey" in words and "red" not in words
    assert KEEP.capitalize() in words
    (preview,) = portraits(gallery(0, 1), look("preview"))
    assert "person of image 1" in str(preview.how["prompt"])
    assert "Image 2 shows the same person." in str(preview.how["prompt"])


@pytest.mark.usefixtures("edit_models")
def test_how_a_picture_was_made_is_told_so_that_it_can_be_made_again() -> None:
    first, second = portraits(gallery(), look("preview"), seed=9, count=2)
    assert first.source == "generated"
    assert second.how["references"] == "mirrored.jpg, closer.jpg, front.jpg"
    assert (second.how["model"], second.how["steps"]) == (shipped.FLUX2_KLEIN, 4)
    seeds = [one.how["seed"] for one in portraits(gallery(), look("preview"), seed=9, count=1)]
    assert seeds == [first.how["seed"]]
    (final,) = portraits(gallery(0), look(guidance=5.0))
    assert (final.how["model"], final.how["guidance"]) == (shipped.QWEN_EDIT, 4.0)


@pytest.mark.usefixtures("edit_models")
def test_words_that_do_not_fit_are_left_out_by_importance_and_said_so() -> None:
    # The tiny tokenizer has a token per byte: its 512 are few.
    (made,) = portraits(gallery(0), look("preview", wardrobe="dark wool suit, " * 12))
    assert "natural skin texture" in str(made.how["prompt_left_out"])
    assert KEEP.capitalize() in str(made.how["prompt"])
    assert len(str(made.how["prompt"])) <= edit_pipelines.KLEIN_TOKENS


@pytest.mark.usefixtures("edit_models")
@pytest.mark.parametrize("quality", ["preview", "final"])
def test_stopping_between_two_steps_leaves_the_engine_usable(quality: str) -> None:
    style, told = look(quality), []  # type: ignore[arg-type]

    def stop(stage: str, share: float) -> None:
        told.append(stage)
        if stage.startswith("generate:1/"):
            raise Cancelled("asked")

    with pytest.raises(Cancelled):
        portraits(gallery(0), style, progress=stop)
    assert told == ["choose", "generate", f"generate:1/{Plan.of(style).steps}"]
    assert runtime.shared().heartbeat.age_s() is None
    (after,), (again,) = portraits(gallery(0), style), portraits(gallery(0), style)
    assert apart(after, again) == 0


@pytest.mark.usefixtures("edit_models")
def test_progress_goes_on_over_all_pictures() -> None:
    shares: list[float] = []
    portraits(gallery(0), look(), count=3, progress=lambda stage, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(set(shares)) == 1 + 3 * 2


@pytest.mark.usefixtures("edit_models")
def test_an_empty_picture_is_a_failure_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edit_pipelines, "draw_qwen", lambda *_: Image.new("RGB", (64, 80)))
    with pytest.raises(EngineError) as error:
        portraits(gallery(0), look())
    assert error.value.code == "drawn_empty"
    assert "qwen" in sentence("drawn_empty", **error.value.data)


def test_missing_weights_name_the_model(edit_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configured, "_current", configured.Configuration(ModelStore(edit_models / "none")))
    with pytest.raises(EngineError) as final:
        portraits(gallery(0), look())
    with pytest.raises(EngineError) as preview:
        portraits(gallery(0), look("preview"))
    assert [error.value.code for error in (final, preview)] == ["model_missing"] * 2
    assert final.value.data["model"] == shipped.FIRERED_EDIT
    assert preview.value.data["model"] == shipped.FLUX2_KLEIN
    # Nothing to warm up is no failure.
    edit.Edit().warm_up()


def test_weights_that_are_no_pipeline_are_a_clear_failure(
    edit_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_edit.save_klein(tmp_path / "klein")
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    store = ModelStore(tmp_path / "store")
    monkeypatch.setattr(ModelStore, "locate", lambda self, name: folder)
    monkeypatch.setattr(configured, "_current", configured.Configuration(store))
    with pytest.raises(EngineError) as error:
        portraits(gallery(0), look("preview"))
    assert error.value.code == "weights_unreadable"
    assert shipped.FLUX2_KLEIN in sentence(error.value.code, **error.value.data)
    assert runtime.shared().residents() == {}


@pytest.mark.usefixtures("edit_models")
def test_warming_up_loads_both_models_which_then_stay() -> None:
    edit.Edit().warm_up()
    assert set(runtime.shared().residents()) == {shipped.FLUX2_KLEIN, shipped.QWEN_EDIT}
    loaded = runtime.shared()._residents[shipped.FLUX2_KLEIN].pipe
    portraits(gallery(0), look("preview"))
    assert runtime.shared()._residents[shipped.FLUX2_KLEIN].pipe is loaded


def test_without_the_packages_the_engine_says_what_to_install() -> None:
    code = (
        "import sys\n"
        "class Without:\n"
        "    def __init__(self, finder): self.finder = finder\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        gone = name.split('.')[0] in {'torch', 'diffusers', 'transformers', 'accelerate'}\n"
        "        return None if gone else self.finder.find_spec(name, path, target)\n"
        "sys.meta_path[:] = [Without(one) for one in sys.meta_path]\n"
        "from generation.imaging.engines import edit, runtime\n"
        "from generation.imaging.messages import sentence\n"
        "try: runtime.shared()\n"
        "except runtime.EngineError as error: print(sentence(error.code, **error.data))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "lacks the packages torch, diffusers, transformers, accelerate" in done.stdout, done.stderr[-800:]
