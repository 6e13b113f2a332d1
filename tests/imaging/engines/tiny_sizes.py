"""The edit engine's sizes made small, in a process that draws with tiny weights on a processor."""

import os
from typing import Any

SIZE = (64, 80)
# A worker process of a test makes them small when this variable is set; see `tests.settings`.
VARIABLE = "TEST_TINY_EDIT"
# Instead of small sizes: weights that keep a person perfectly would give back their first reference. Random
# ones cannot, so this one step is played; loading, words, references, seeds and what follows are real.
PERFECT = "perfect"


def shrink() -> None:
    """What `conftest.edit_models` does to the test's own process, for good."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as qwen

    from generation.imaging.engines import edit, edit_pipelines

    if os.environ.get(VARIABLE) == PERFECT:
        edit_pipelines.draw_qwen = _first_reference
        return
    qwen.VAE_IMAGE_SIZE, qwen.CONDITION_IMAGE_SIZE = 64 * 64, 56 * 56
    edit.FINAL_SIZE = edit.PREVIEW_SIZE = SIZE


def _first_reference(loaded: Any, request: Any, steps: Any, guidance: float) -> Any:
    for step in range(steps.count):
        steps.tell(step)
    return request.references[0]
