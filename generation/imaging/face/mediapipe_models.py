"""MediaPipe's face models, made once per process and used by one thread at a time.

A MediaPipe graph is not thread-safe: one lock for all. Nor does MediaPipe survive a fork once it has been
used (its native state corrupts the child's memory). RQ forks a work horse for every job from a parent that
never looks at pictures, which is safe; a fork from a process that did is refused instead of crashing later.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from generation.imaging.errors import EngineError
from generation.imaging.models.wheels import (
    FACE_DETECTOR_FAR,
    FACE_DETECTOR_NEAR,
    FACE_MESH,
)
from generation.imaging.threads import ProcessLock
from generation.imaging.types import SRGB8

# Low on purpose: the check must also see faces that it then refuses, with the right sentence. The mesh
# confirms what the detectors propose.
DETECTION_CONFIDENCE: Final = 0.35


@dataclass(slots=True)
class FaceModels:
    """The three graphs. `near` sees faces that fill the picture, `far` those of a twelfth of it."""

    near: Any
    far: Any
    mesh: Any
    # The native code writes start-up notices to stderr until it has seen its first face.
    talkative: bool = True


Result = TypeVar("Result")

_models: dict[int, FaceModels] = {}
_lock = ProcessLock()


def run(work: Callable[[FaceModels], Result]) -> Result:
    """Call `work` with this process's models, alone.

    Raises EngineError `package_missing` or `forked_after_use`.
    """
    with _lock:
        models = _models.get(os.getpid())
        if models is None and _models:
            raise EngineError("forked_after_use")
        if models is None:
            with _quiet():
                models = _models[os.getpid()] = _create()
        if models.talkative:
            with _quiet():
                return work(models)
        return work(models)


def _create() -> FaceModels:
    for model in (FACE_DETECTOR_NEAR, FACE_DETECTOR_FAR, FACE_MESH):
        model.locate()
    os.environ.setdefault("GLOG_minloglevel", "3")
    # Imported late: half a second, and only those who look at faces pay it.
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

    models = FaceModels(
        near=FaceDetection(model_selection=0, min_detection_confidence=DETECTION_CONFIDENCE),
        far=FaceDetection(model_selection=1, min_detection_confidence=DETECTION_CONFIDENCE),
        mesh=FaceMesh(
            static_image_mode=True,
            refine_landmarks=True,
            max_num_faces=1,
            min_detection_confidence=DETECTION_CONFIDENCE,
        ),
    )
    # The graphs start (and talk) in threads of their own: a first picture waits for them.
    nobody = np.zeros((64, 64, 3), dtype=np.uint8)
    for graph in (models.near, models.far, models.mesh):
        process(graph, nobody)
    return models


@contextmanager
def _quiet() -> Iterator[None]:
    """Point file descriptor 2 at nothing: native code offers no other way before its logging is set up."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(nowhere)
        os.close(saved)


def process(graph: Any, pixels: SRGB8) -> Any:
    """One picture through a graph. Raises EngineError `face_model_failed`."""
    try:
        return graph.process(pixels)
    except (RuntimeError, ValueError) as error:
        raise EngineError("face_model_failed") from error
