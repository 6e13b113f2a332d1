"""From the edit engine's drawing to finished headshots: the studio's stages, gates and honesty after it."""

import numpy as np
import pytest
from PIL import Image

from generation.imaging import photocheck, run
from generation.imaging.engines import edit_pipelines
from generation.imaging.engines.edit_pipelines import Request
from generation.imaging.types import Gallery
from tests.imaging import people
from tests.imaging.engines.sitters import look

pytestmark = pytest.mark.usefixtures("edit_models")

SIZE = (320, 400)
PHOTO = "portraits/byron-donalds.jpg"


def _gallery() -> Gallery:
    return photocheck.build_gallery([people.checked(PHOTO)])


def _one_round(**values: object) -> object:
    style = look(**values)  # type: ignore[arg-type]
    options = style.engine_options.model_copy(update={"retries": 0})
    return style.model_copy(update={"engine_options": options})


def test_what_a_random_model_draws_is_never_shown() -> None:
    made = list(run.headshots(_gallery(), _one_round(), seed=3, count=1, size=SIZE))  # type: ignore[arg-type]
    assert [one.source for one in made] == ["retouched"]
    assert made[0].variation["fallback"] == "generated_failed"
    assert made[0].variation["because"] == "drawn_no_face"


def test_a_drawn_person_is_developed_on_the_brands_backdrop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that kept the person perfectly would give back its first reference."""
    seen: list[Request] = []

    def perfect(loaded: object, request: Request, *_: object) -> Image.Image:
        seen.append(request)
        return request.references[0]

    from generation.imaging.engines import edit

    monkeypatch.setattr(edit, "FINAL_SIZE", (928, 1152))
    monkeypatch.setattr(edit_pipelines, "draw_qwen", perfect)
    (made,) = run.headshots(_gallery(), _one_round(), seed=3, count=1, size=SIZE)  # type: ignore[arg-type]
    (plain,) = run.headshots(_gallery(), look().model_copy(update={"engine": "studio"}), seed=3, count=1,
                             size=SIZE)  # fmt: skip
    assert made.source == "generated"
    assert made.variation["seed"] == seen[0].seed
    assert all(gate.passed for gate in made.gates.values())
    assert made.likeness > 0.5
    np.testing.assert_array_equal(made.image[:20, :20], plain.image[:20, :20])
