"""The edit engine's sizes made small, in a process that draws with tiny weights on a processor."""

SIZE = (64, 80)
# A worker process of a test makes them small when this variable is set; see `tests.settings`.
VARIABLE = "TEST_TINY_EDIT"


def shrink() -> None:
    """What `conftest.edit_models` does to the test's own process, for good."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as qwen

    from generation.imaging.engines import edit

    qwen.VAE_IMAGE_SIZE, qwen.CONDITION_IMAGE_SIZE = 64 * 64, 56 * 56
    edit.FINAL_SIZE = edit.PREVIEW_SIZE = SIZE
