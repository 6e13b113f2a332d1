"""The two public-domain portraits that wheels carry: the demo and previews need true pictures."""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def portrait_files() -> dict[str, bytes]:
    """The wheels' portraits by file name: NASA's of Eileen Collins (scikit-image) and the US Navy's of
    Grace Hopper (matplotlib), both in the public domain."""
    import skimage.data

    astronaut: NDArray[np.uint8] = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    spec = find_spec("matplotlib")
    assert spec is not None and spec.origin is not None
    hopper = Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    return {
        "eileen-collins.png": _enlarged(Image.fromarray(astronaut)),
        "grace-hopper.png": _enlarged(Image.open(hopper)),
    }


def _enlarged(portrait: Image.Image) -> bytes:
    """The wheels carry both at 512 px, less than any phone takes and less than the photo check asks for:
    twice that size, so that the demo can show what follows."""
    out = io.BytesIO()
    size = (portrait.width * 2, portrait.height * 2)
    portrait.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
