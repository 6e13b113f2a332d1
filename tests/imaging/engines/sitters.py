"""A gallery for engines: three crops of the public-domain portrait that scikit-image carries."""

from functools import cache
from typing import Any, Literal

import numpy as np

from branding.look import Look
from generation.imaging.engines.base import Portrait, Sitting
from generation.imaging.errors import SubjectError
from generation.imaging.prompt import Visible
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery, Progress
from tests.imaging import people


@cache
def photos() -> tuple[CheckedPhoto, ...]:
    """The portrait, the same mirrored, and a closer part of it."""
    whole = people.astronaut()
    return (
        people.check(whole, "front.jpg"),
        people.check(whole[:, ::-1], "mirrored.jpg"),
        people.check(whole[60:860, 90:820], "closer.jpg"),
    )


def gallery(*order: int) -> Gallery:
    """A gallery of these photos, best first; all of them by default."""
    return Gallery(tuple(photos()[at] for at in order or (0, 1, 2)), ())


def look(quality: Literal["preview", "final"] = "final", guidance: float = 5.0, **values: Any) -> Look:
    """A style that is drawn by the edit engine, in two steps: tiny models need no more."""
    plain = Look.model_validate({"engine": "edit", **values})
    # Unchecked: a style of a person asks for twenty steps at least.
    told = {"quality": quality, "steps": 2, "guidance": guidance}
    return plain.model_copy(update={"engine_options": plain.engine_options.model_copy(update=told)})


def sitting(visible: Visible | None = None) -> Sitting:
    """What the stages know; the edit engine does not pose photos."""

    def pose(*_: object) -> Any:
        raise SubjectError("head_cut")

    values: dict[str, Any] = {"visible": visible or Visible(), "pose": pose, "size": (320, 400), "style": ()}
    known = {name: value for name, value in values.items() if name in Sitting.__dataclass_fields__}
    return Sitting(**known)


def portraits(
    of: Gallery,
    style: Look,
    *,
    seed: int = 1,
    count: int = 1,
    visible: Visible | None = None,
    progress: Progress = lambda stage, share: None,
) -> list[Portrait]:
    """What the edit engine makes of a gallery."""
    from generation.imaging.engines.edit import Edit

    made = Edit().photograph(of, style, sitting=sitting(visible), seed=seed, count=count, progress=progress)
    return list(made)


def pixels(portrait: Portrait) -> SRGB8:
    assert portrait.photo.decoded is not None
    return portrait.photo.decoded.pixels


def apart(one: Portrait, other: Portrait) -> float:
    """Mean difference of two pictures in code values."""
    return float(np.abs(pixels(one).astype(float) - pixels(other).astype(float)).mean())
