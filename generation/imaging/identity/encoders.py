"""Who judges likeness: one encoder, or several that vote, and never one that has steered the picture.

An encoder that conditioned a generator finds its own features again, whoever is in the picture; it says
nothing about the person. So it, and every encoder of its family, is left out of the vote on that picture.

**The rule.** Each encoder has its own threshold, at a false match rate of about 1e-4. One or two judges must
all pass; of three or more, the majority. The likeness that is shown, and its bound, are those of the weakest
judge among the best that suffice: the one that decides. The shown number is therefore never better than what
the vote rests on.
"""

import functools
import math
import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from generation.imaging.errors import EngineError
from generation.imaging.identity import encoder as dlib_encoder
from generation.imaging.identity import likeness
from generation.imaging.models.configured import DEFAULT_ENCODER, Configuration, configuration
from generation.imaging.models.shipped import SHIPPED
from generation.imaging.models.store import ModelStore
from generation.imaging.models.table import EncoderFacts
from generation.imaging.resample import shrink
from generation.imaging.types import SRGB8, CheckedPhoto, Embedding, Face, Gallery, Gate

# `Portrait.how` of a generated picture: what steered it, encoders and families separated by spaces.
CONDITIONED_BY: Final = "conditioned_by"
# ArcFace's five points as points of the mesh: both irises, tip of the nose, inner corners of the mouth, those
# on the picture's left first. Of the mesh's points these come nearest to ArcFace's template after alignment:
# 3.2 of 112 pixels on average over shared portraits; nose 1 and outer corners, as often seen, 3.9.
ARCFACE_POINTS: Final = (468, 473, 4, 78, 308)
# Side of the face handed to the aligner: twice the chip's, so that its bilinear step does not alias.
_WORKING_FACE_PX: Final = 224
# Room around the mesh's box, as a share of its longer side: the chip shows chin and forehead.
_ROOM: Final = 0.6


class Encoder(Protocol):
    """One identity encoder. `facts.threshold` is its largest distance at a false match rate of 1e-4."""

    @property
    def name(self) -> str:
        """Its name in the model table."""
        ...

    @property
    def facts(self) -> EncoderFacts:
        """What judging by it takes."""
        ...

    def embed(self, pixels: SRGB8, face: Face) -> Embedding:
        """(n,) float64 embedding of a face found in (H, W, 3) uint8 sRGB. Raises EngineError."""
        ...

    def distance(self, a: Embedding, b: Embedding) -> float:
        """0 for the same picture, larger for less alike."""
        ...

    def gate(self, embedding: Embedding, gallery: Sequence[Embedding]) -> Gate:
        """Value and bound as likeness, 0..1. Raises ValueError on an empty gallery."""
        ...


@dataclass(frozen=True, slots=True)
class Dlib:
    """The default: dlib's encoder, which a wheel carries. See `encoder.py` and `likeness.py`."""

    name: str = DEFAULT_ENCODER
    facts: EncoderFacts = field(
        default_factory=lambda: _facts(DEFAULT_ENCODER, SHIPPED[DEFAULT_ENCODER].encoder)
    )

    def embed(self, pixels: SRGB8, face: Face) -> Embedding:
        """(128,), see `Encoder`."""
        return dlib_encoder.embed(pixels, face)

    def distance(self, a: Embedding, b: Embedding) -> float:
        """Euclidean."""
        return likeness.distance(a, b)

    def gate(self, embedding: Embedding, gallery: Sequence[Embedding]) -> Gate:
        """See `likeness.gate`."""
        return likeness.gate(embedding, gallery)


@dataclass(frozen=True, slots=True)
class InsightFacePack:
    """An insightface pack's recogniser (ArcFace, Deng et al. 2019), loaded by `insightface.app.FaceAnalysis`
    from an installed folder.

    Faces are aligned by our own mesh, so that all judges look at the same face; the pack's detector is not
    asked, and no module of it that guesses gender or age is loaded.
    """

    name: str
    folder: Path
    facts: EncoderFacts

    def embed(self, pixels: SRGB8, face: Face) -> Embedding:
        """(512,) with the published packs, L2-normalised."""
        recogniser = _recogniser(self.folder)
        try:
            chip = aligned(pixels, face, int(recogniser.input_size[0]))
            found = np.asarray(recogniser.get_feat(chip[..., ::-1]), np.float64).ravel()
        except Exception as error:
            # onnxruntime raises classes of its own.
            raise EngineError("identity_failed", model=self.name) from error
        length = float(np.linalg.norm(found))
        if not np.isfinite(length) or length == 0:
            raise EngineError("identity_failed", model=self.name)
        return found / length

    def distance(self, a: Embedding, b: Embedding) -> float:
        """1 - cosine, 0..2."""
        if self.facts.metric == "euclidean":
            return float(np.linalg.norm(a - b))
        return 1.0 - float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    def gate(self, embedding: Embedding, gallery: Sequence[Embedding]) -> Gate:
        """As `likeness.gate`, by this encoder's own numbers."""
        return _gate(self, embedding, gallery)


def _gate(encoder: Encoder, embedding: Embedding, gallery: Sequence[Embedding]) -> Gate:
    """The nearer half of the gallery against the stricter of threshold and own spread."""
    if not gallery:
        raise ValueError("a likeness needs at least one gallery photo")
    facts = encoder.facts
    nearest = sorted(encoder.distance(embedding, other) for other in gallery)
    found = float(np.mean(nearest[: math.ceil(len(nearest) / 2)]))
    own = [encoder.distance(a, b) for index, a in enumerate(gallery) for b in gallery[index + 1 :]]
    bound = facts.threshold
    if len(own) >= likeness.MIN_OWN_PAIRS:
        bound = min(bound, max(facts.usual, float(np.percentile(own, likeness.OWN_PERCENTILE))))
    return Gate(likeness_at(facts, found), likeness_at(facts, bound), found <= bound)


def likeness_at(facts: EncoderFacts, distance: float) -> float:
    """The likeness, 0..1, that a distance of this encoder stands for: the same words for every encoder."""
    return 1.0 / (1.0 + math.exp(facts.steepness * (distance - facts.even)))


def aligned(pixels: SRGB8, face: Face, side: int) -> SRGB8:
    """(side, side, 3) uint8 sRGB chip of a face, upright and placed as ArcFace was trained."""
    from insightface.utils import face_align

    x0, y0, x1, y1 = face.box
    longer = max(x1 - x0, y1 - y0, 1.0)
    height, width = pixels.shape[:2]
    left, top = max(0, int(x0 - longer * _ROOM)), max(0, int(y0 - longer * _ROOM))
    right, bottom = min(width, int(x1 + longer * _ROOM) + 1), min(height, int(y1 + longer * _ROOM) + 1)
    part = pixels[top:bottom, left:right]
    scale = min(1.0, _WORKING_FACE_PX / longer)
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    points = (face.landmarks[list(ARCFACE_POINTS), :2].astype(np.float64) - (left, top)) * scale
    return np.asarray(face_align.norm_crop(shrink(part, size), points, side), np.uint8)


@functools.cache
def _recogniser(folder: Path) -> Any:
    """The pack's recogniser; one per process and pack. Raises EngineError."""
    try:
        import onnxruntime
        from insightface.app import FaceAnalysis
    except ImportError as error:
        raise EngineError("package_missing", model=folder.parent.name, package="insightface") from error
    options = onnxruntime.SessionOptions()
    # onnxruntime does not read what workers set for the other libraries; 0 is its own choice.
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    try:
        app = FaceAnalysis(
            name=str(folder),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
            sess_options=options,
        )
        # The card belongs to the generator; a recogniser takes a tenth of a second without it.
        app.prepare(ctx_id=-1)
        return app.models["recognition"]
    except (AssertionError, KeyError) as error:
        raise EngineError("model_incomplete", model=folder.parent.name, file="*.onnx") from error
    except Exception as error:
        raise EngineError("identity_failed", model=folder.parent.name) from error


# --- who judges ----------------------------------------------------------------------------------


def judges() -> tuple[Encoder, ...]:
    """The encoders that the operator chose (`configure`), dlib alone by default.

    Raises EngineError: the store's codes for a pack that is not there or not allowed, `no_encoder` for a
    model that is none.
    """
    return _judges(configuration())


@functools.cache
def _judges(chosen: Configuration) -> tuple[Encoder, ...]:
    return tuple(encoder_of(chosen.store, name) for name in chosen.encoders or (DEFAULT_ENCODER,))


def encoder_of(store: ModelStore, name: str) -> Encoder:
    """The encoder of that name in the model table. Raises EngineError, see `judges`."""
    if name == DEFAULT_ENCODER:
        return Dlib()
    entry = store.entry(name)
    return InsightFacePack(name, store.locate(name), _facts(name, entry.encoder))


def _facts(name: str, facts: EncoderFacts | None) -> EncoderFacts:
    if facts is None:
        raise EngineError("no_encoder", model=name)
    return facts


def judge_for(conditioning: AbstractSet[str]) -> tuple[Encoder, ...]:
    """The judges of a picture that these encoders or families of encoders have steered.

    Those of the operator's choice that did not steer it; dlib where none is left. Raises EngineError
    `no_independent_judge` when dlib has steered it as well, or what `judges` raises.
    """
    steering = conditioning | _families(conditioning)
    free = tuple(one for one in judges() if not {one.name, one.facts.family} & steering)
    if free:
        return free
    dlib = Dlib()
    if {dlib.name, dlib.facts.family} & steering:
        raise EngineError("no_independent_judge")
    return (dlib,)


def _families(names: AbstractSet[str]) -> frozenset[str]:
    """The families of those of these names that are encoders in the model table."""
    if not names:
        # Nearly every picture: the operator's table is a file.
        return frozenset()
    table = configuration().store.table()
    facts = (table[name].encoder for name in names if name in table)
    return frozenset(one.family for one in facts if one)


def conditioning_of(how: Mapping[str, str | int | float]) -> frozenset[str]:
    """What steered a portrait, as its engine told (`Portrait.how`)."""
    return frozenset(str(how.get(CONDITIONED_BY, "")).split())


@dataclass(frozen=True, slots=True)
class Vote:
    """What each judge said by name, and what follows from it."""

    votes: dict[str, Gate]
    # Whether an encoder had steered the picture.
    steered: bool = False

    @property
    def gate(self) -> Gate:
        """The gate of the judge that decides, see the rule above."""
        ranked = sorted(self.votes.values(), key=lambda one: one.value - one.bound, reverse=True)
        return ranked[quorum(len(ranked)) - 1]

    def told(self) -> dict[str, str]:
        """Who judged, to keep with the picture; empty for a photo that dlib alone judged, as ever."""
        usual = set(self.votes) == {DEFAULT_ENCODER} and not self.steered
        return {} if usual else {"judged_by": " ".join(self.votes)}

    def numbers(self) -> dict[str, float]:
        """Each judge's likeness, where there is more than one."""
        if len(self.votes) < 2:
            return {}
        return {f"likeness {name}": round(gate.value, 4) for name, gate in self.votes.items()}


def quorum(count: int) -> int:
    """How many of so many judges must pass: all of two, the majority of more."""
    return count if count < 3 else count // 2 + 1


class Jury:
    """Judges the pictures of one person. Keeps the embeddings that it took of the gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self._photos = [
            photo for photo in gallery.photos if photo.decoded is not None and photo.face is not None
        ]
        self._galleries: dict[str, tuple[Embedding, ...]] = {}

    def vote(self, image: SRGB8, face: Face, dlib: Gate, conditioning: AbstractSet[str]) -> Vote:
        """The judges' votes on a picture, (H, W, 3) uint8 sRGB, and the face found in it.

        `dlib` is dlib's gate, which every picture has. Raises EngineError.
        """
        votes = {
            one.name: dlib if isinstance(one, Dlib) else one.gate(one.embed(image, face), self._gallery(one))
            for one in judge_for(conditioning)
        }
        return Vote(votes, steered=bool(conditioning))

    def _gallery(self, encoder: Encoder) -> tuple[Embedding, ...]:
        if encoder.name not in self._galleries:
            self._galleries[encoder.name] = tuple(_embedded(encoder, photo) for photo in self._photos)
        return self._galleries[encoder.name]


def _embedded(encoder: Encoder, photo: CheckedPhoto) -> Embedding:
    assert photo.decoded is not None and photo.face is not None  # `Jury` keeps such photos only
    return encoder.embed(photo.decoded.pixels, photo.face)
