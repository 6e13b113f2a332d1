"""dlib's face network in ONNX Runtime gives dlib's own numbers, and refuses what is not dlib's file."""

from pathlib import Path

import dlib
import numpy as np
import pytest

from generation.imaging import samples
from generation.imaging.decode import decode_photo
from generation.imaging.errors import EngineError
from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import dlib_network, encoder
from generation.imaging.models.wheels import IDENTITY_ENCODER


def _chips() -> list[np.ndarray]:
    """Two faces and noise, as the network gets them."""
    rng = np.random.default_rng(0)
    chips = [rng.integers(0, 256, (150, 150, 3), dtype=np.uint8)]
    for content in samples.portrait_files().values():
        pixels = decode_photo(content).pixels
        points = detect_faces(pixels)[0].landmarks[list(encoder.FIVE_POINTS), :2].round().astype(int)
        box = dlib.rectangle(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        shape = dlib.full_object_detection(box, [dlib.point(*one) for one in points.tolist()])
        chips.append(dlib.get_face_chip(pixels, shape, 150, 0.25))
    return chips


def test_it_gives_the_numbers_of_dlib() -> None:
    chips = _chips()
    file = IDENTITY_ENCODER.locate()
    theirs = np.array(dlib.face_recognition_model_v1(str(file)).compute_face_descriptor(chips))

    ours = dlib_network.FaceNetwork(file).describe(chips)

    assert len(chips) >= 3
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("kept", [0, 1000, 22_000_000])
def test_a_file_that_is_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    file = tmp_path / "network.dat"
    file.write_bytes(IDENTITY_ENCODER.locate().read_bytes()[:kept])

    with pytest.raises(EngineError) as refused:
        dlib_network.FaceNetwork(file)

    assert refused.value.code == "model_changed"
