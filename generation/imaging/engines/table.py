"""Engines by name."""

from generation.imaging.engines.base import Engine
from generation.imaging.engines.studio import Studio
from generation.imaging.errors import EngineError


def find_engine(name: str) -> Engine:
    """The engine of that name. Raises EngineError `unknown_engine`."""
    if name == Studio.name:
        return Studio()
    raise EngineError("unknown_engine", engine=name)
