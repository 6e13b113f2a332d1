"""The store, the judges and the further models of this process, as the operator set them up.

Imaging reads no settings: whoever starts a process that makes pictures calls `configure` once. Without it the
store is an empty one and dlib alone judges.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from generation.imaging.models.store import ModelStore

# The name of the encoder that a wheel carries.
DEFAULT_ENCODER: Final = "dlib-resnet-v1"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Picklable, so that a process pool hands it to its workers."""

    store: ModelStore = field(default_factory=lambda: ModelStore(Path("/nonexistent")))
    # Encoders that judge likeness, by their names in the model table.
    encoders: tuple[str, ...] = (DEFAULT_ENCODER,)
    # Models that cut people out and that enlarge small photos, by their names in the model table; none where
    # empty.
    matte: str = ""
    upscale: str = ""


_current = Configuration()


def configure(configuration: Configuration) -> None:
    """Set this process's configuration."""
    global _current
    _current = configuration


def configuration() -> Configuration:
    """This process's configuration."""
    return _current


def store() -> ModelStore:
    """This process's model store."""
    return _current.store
