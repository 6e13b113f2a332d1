"""The model files that wheels carry: what each is for, what it is, and where it lies.

Nothing here is fetched. A file is located through the import system without importing the package that
carries it (`face_recognition_models` needs the removed `pkg_resources` when imported).
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from generation.imaging.errors import EngineError


@dataclass(frozen=True, slots=True)
class WheelModel:
    """One model file inside an installed wheel."""

    name: str
    role: str
    package: str
    # Path inside the package.
    path: str
    # Version of the wheel that the sha256 was taken from.
    version: str
    sha256: str
    licence: str
    commercial: bool
    source: str

    def locate(self) -> Path:
        """Where the file lies. Raises EngineError `package_missing` when the wheel is not installed."""
        spec = importlib.util.find_spec(self.package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            file = Path(folder, self.path)
            if file.is_file():
                return file
        raise EngineError("package_missing", model=self.name, package=self.package)

    def verify(self) -> Path:
        """`locate`, and raise EngineError `model_changed` unless the content is the one we know."""
        file = self.locate()
        if _sha256(file) != self.sha256:
            raise EngineError("model_changed", model=self.name, file=self.path)
        return file


@cache
def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


FACE_DETECTOR_NEAR: Final = WheelModel(
    name="mediapipe-face-short-range",
    role="face detection within about 2 m",
    package="mediapipe",
    path="modules/face_detection/face_detection_short_range.tflite",
    version="0.10.21",
    sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    licence="Apache-2.0",
    commercial=True,
    source="https://arxiv.org/abs/1907.05047",
)
FACE_DETECTOR_FAR: Final = WheelModel(
    name="mediapipe-face-full-range",
    role="face detection within about 5 m",
    package="mediapipe",
    path="modules/face_detection/face_detection_full_range_sparse.tflite",
    version="0.10.21",
    sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    licence="Apache-2.0",
    commercial=True,
    source="https://arxiv.org/abs/1907.05047",
)
FACE_MESH: Final = WheelModel(
    name="mediapipe-face-mesh-attention",
    role="478 landmarks with irises",
    package="mediapipe",
    path="modules/face_landmark/face_landmark_with_attention.tflite",
    version="0.10.21",
    sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
    licence="Apache-2.0",
    commercial=True,
    source="https://arxiv.org/abs/2006.10962",
)
SELFIE_SEGMENTATION: Final = WheelModel(
    name="mediapipe-selfie-segmentation",
    role="person mask",
    package="mediapipe",
    path="modules/selfie_segmentation/selfie_segmentation.tflite",
    version="0.10.21",
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    licence="Apache-2.0",
    commercial=True,
    source="https://ai.google.dev/edge/mediapipe/solutions/vision/image_segmenter",
)
HAND_DETECTOR: Final = WheelModel(
    name="mediapipe-palm-detection",
    role="hands in drawn pictures",
    package="mediapipe",
    path="modules/palm_detection/palm_detection_full.tflite",
    version="0.10.21",
    sha256="1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    licence="Apache-2.0",
    commercial=True,
    source="https://arxiv.org/abs/2006.10214",
)
HAND_LANDMARKS: Final = WheelModel(
    name="mediapipe-hand-landmarks",
    role="whether a palm is a hand",
    package="mediapipe",
    path="modules/hand_landmark/hand_landmark_full.tflite",
    version="0.10.21",
    sha256="11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    licence="Apache-2.0",
    commercial=True,
    source="https://arxiv.org/abs/2006.10214",
)
IDENTITY_ENCODER: Final = WheelModel(
    name="dlib-resnet-v1",
    role="128-d identity embedding",
    package="face_recognition_models",
    path="models/dlib_face_recognition_resnet_model_v1.dat",
    version="0.3.0",
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    licence="CC0-1.0",
    commercial=True,
    source="https://github.com/davisking/dlib-models",
)
# dlib's point predictors in the same wheel are left out: the mesh aligns better than the 5-point one, and the
# training data of the 68-point one forbids commercial use.
WHEEL_MODELS: Final[tuple[WheelModel, ...]] = (
    FACE_DETECTOR_NEAR,
    FACE_DETECTOR_FAR,
    FACE_MESH,
    SELFIE_SEGMENTATION,
    HAND_DETECTOR,
    HAND_LANDMARKS,
    IDENTITY_ENCODER,
)
