"""Engines by name. Known without loading them: a web process never imports torch to name one."""

import functools
import importlib
from dataclasses import dataclass
from typing import Final, Literal

from generation.imaging.engines.base import Engine
from generation.imaging.errors import EngineError
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.types import Source

Queue = Literal["studio", "gpu"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be said of an engine without importing it."""

    name: str
    # Which workers run it: "studio" on any processor, "gpu" on the resident worker of a graphics card.
    queue: Queue
    # "generated" draws new pixels of a person: companies may forbid it and employees refuse it.
    source: Source
    # module:class, imported by the process that runs it.
    path: str
    # Models it cannot work without; of each group one is enough.
    models: tuple[tuple[str, ...], ...] = ()


_SDXL: Final = tuple(
    (name,)
    for name in (
        shipped.SDXL_BASE,
        shipped.SDXL_CONTROL,
        shipped.IP_ADAPTER_FACE,
        shipped.IP_ADAPTER_STYLE,
        shipped.IP_ADAPTER_ENCODER,
    )
)
# Finals by either; previews have a model of their own, which may be missing.
_EDIT: Final = ((shipped.FIRERED_EDIT, shipped.QWEN_EDIT),)
ENGINES: Final[dict[str, Offer]] = {
    one.name: one
    for one in (
        Offer("studio", "studio", "retouched", "generation.imaging.engines.studio:Studio"),
        Offer("sdxl", "gpu", "generated", "generation.imaging.engines.sdxl:Sdxl", _SDXL),
        Offer("wardrobe", "gpu", "generated", "generation.imaging.engines.wardrobe:Wardrobe", _SDXL),
        Offer("edit", "gpu", "generated", "generation.imaging.engines.edit:Edit", _EDIT),
    )
}


def find_offer(name: str) -> Offer:
    """What is known of the engine of that name. Raises EngineError `unknown_engine`."""
    if name not in ENGINES:
        raise EngineError("unknown_engine", engine=name)
    return ENGINES[name]


def installed(offer: Offer, store: ModelStore) -> bool:
    """Whether the store holds what the engine needs, with the licences to use it; nothing is loaded."""

    def usable(name: str) -> bool:
        state = store.state(name)
        return state.state == "installed" and state.refused is None

    return all(any(usable(name) for name in group) for group in offer.models)


def find_engine(name: str) -> Engine:
    """The engine of that name, one per process: what it has loaded stays. Raises EngineError
    `unknown_engine`, or `engine_not_installed` where its packages are missing."""
    return _loaded(find_offer(name).path)


@functools.cache
def _loaded(path: str) -> Engine:
    module, _, attribute = path.partition(":")
    try:
        engine: Engine = getattr(importlib.import_module(module), attribute)()
    except ModuleNotFoundError as error:
        raise EngineError("engine_not_installed", missing=error.name or "") from error
    return engine
