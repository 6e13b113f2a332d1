"""A store of tiny SDXL weights, and pictures that the engine draws with them."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from branding.look import EngineOptions, Look
from generation.imaging import photocheck, run
from generation.imaging.engines.base import Posed, Sitting
from generation.imaging.engines.conditions import resized
from generation.imaging.engines.table import find_engine
from generation.imaging.models import configured, shipped
from generation.imaging.models.configured import Configuration
from generation.imaging.models.store import ModelStore
from generation.imaging.prompt import Visible
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery
from tests.imaging import people
from tests.imaging.engines import tiny_sdxl

# Two steps of twenty; what is drawn stays near the person before the plate.
WEAK = EngineOptions(steps=20, strength=0.1, refine=0.0)
LOOK = Look(engine="sdxl", engine_options=WEAK)
SIZE = (96, 120)


@cache
def sources() -> tuple[Path, dict[str, Path]]:
    """A folder that is gone after the tests, and the tiny repositories in it."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-sdxl-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, tiny_sdxl.write_all(folder / "repositories")


@cache
def store() -> ModelStore:
    """Everything whose licence allows it."""
    folder, found = sources()
    made = ModelStore(folder / "store", offline=True)
    tiny_sdxl.install(made, found)
    return made


@cache
def licensed_store() -> ModelStore:
    """The same with FaceID, for an operator who holds its licence."""
    folder, found = sources()
    made = ModelStore(folder / "licensed", allow_noncommercial=True, offline=True)
    tiny_sdxl.install(made, found, *(name for name in found if name != shipped.IP_ADAPTER_FACEID_PLUS))
    return made


@cache
def plus_store() -> ModelStore:
    """The same with FaceID-Plus beside it."""
    folder, found = sources()
    made = ModelStore(folder / "plus", allow_noncommercial=True, offline=True)
    tiny_sdxl.install(made, found, *found)
    return made


def large_store(folder: Path, *noncommercial: str) -> ModelStore:
    """The tiny weights at a size in which a face can be judged; of the non-commercial ones only these."""
    _, found = sources()
    base = folder / "base"
    shutil.copytree(found[shipped.SDXL_BASE], base)
    config = json.loads((base / "unet/config.json").read_text())
    (base / "unet/config.json").write_text(json.dumps(config | {"sample_size": 128}))
    made = ModelStore(folder / "store", allow_noncommercial=bool(noncommercial), offline=True)
    names = [name for name in found if made.entry(name).commercial]
    tiny_sdxl.install(made, found | {shipped.SDXL_BASE: base}, *names, *noncommercial)
    return made


@contextmanager
def using(found: ModelStore) -> Iterator[None]:
    """This process's store for a while."""
    before = configured.configuration()
    configured.configure(Configuration(found))
    try:
        yield
    finally:
        configured.configure(before)


@cache
def photo(path: str = "") -> CheckedPhoto:
    """The astronaut, or a shared photo."""
    return people.checked(path) if path else people.check(people.astronaut(), "astronaut.jpg")


@cache
def gallery(path: str = "") -> Gallery:
    """One person with that one photo."""
    return photocheck.build_gallery([photo(path)])


@cache
def _posed(path: str, size: tuple[int, int]) -> Posed:
    return run.pose(photo(path), Look(), size, 0.9)


def pose(taken: CheckedPhoto, size: tuple[int, int], looseness: float) -> Posed:
    """The photo as the studio shows it; made once and resized, since that is all the tests need."""
    del looseness
    path = "" if taken.name == "astronaut.jpg" else taken.name
    return resized(_posed(path, (240, 300)), size)


def sitting(**changes: object) -> Sitting:
    """The astronaut's sitting."""
    return replace(Sitting(Visible(), SIZE, (), pose), **changes)  # type: ignore[arg-type]


def drawn(
    look: Look = LOOK, seed: int = 3, who: Gallery | None = None, count: int = 1, **changes: object
) -> list[SRGB8]:
    """What the look's engine draws, before the studio's stages."""
    engine = find_engine(look.engine)
    portraits = engine.photograph(
        who or gallery(), look, sitting=sitting(**changes), seed=seed, count=count, progress=lambda *_: None
    )
    return [np.asarray(one.photo.decoded.pixels) for one in portraits if one.photo.decoded]


def with_options(look: Look = LOOK, **changes: object) -> Look:
    """The look with other engine options; `control` is a dictionary of weights."""
    options = look.engine_options.model_dump() | changes
    if "control" in changes:
        options["control"] = look.engine_options.control.model_dump() | changes["control"]  # type: ignore[operator]
    return look.model_copy(update={"engine_options": EngineOptions.model_validate(options)})
