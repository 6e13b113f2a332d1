"""Master layers as bytes: a ZIP with one 16-bit RGBA PNG and a JSON of what belongs to it."""

import io
import json
import zipfile
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.errors import DecodeError
from generation.imaging.types import Light, LinearRGB, MasterLayers

_FORMAT: Final = 1
_LEVELS: Final = 65535.0
# A master is the product of a bounded photo; more than this was not written by us.
_MOST_BYTES: Final = 400_000_000


def settle(linear: LinearRGB) -> LinearRGB:
    """Round to what 16 bits of sRGB keep, so that a loaded master is the very same as a fresh one."""
    return _decode(_encode(linear))


def _encode(linear: LinearRGB) -> NDArray[Any]:
    code = color.linear_to_srgb(np.clip(linear, 0, 1).astype(np.float32))
    return np.asarray(np.rint(code * _LEVELS), np.uint16)


def _decode(code: NDArray[Any]) -> LinearRGB:
    table = color.srgb_to_linear(np.arange(65536, dtype=np.float64) / _LEVELS)
    return np.asarray(table[code], np.float32)


def save_master(master: MasterLayers) -> bytes:
    """Bytes of a master. No metadata of the photo goes with it."""
    rgb = _encode(master.foreground)
    alpha = np.rint(np.clip(master.alpha, 0, 1) * _LEVELS).astype(np.uint16)
    layers = np.dstack([rgb[..., ::-1], alpha])
    ok, png = cv2.imencode(".png", layers, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not ok:
        raise DecodeError("master_damaged")
    light = master.light
    about = {
        "format": _FORMAT,
        "landmarks": [[float(value) for value in point] for point in master.landmarks],
        "light": [light.azimuth_deg, light.elevation_deg, light.key_fill_ratio, light.temperature_k],
        "unsure": master.unsure,
        "photo": master.photo,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("layers.png", png.tobytes()), ("master.json", json.dumps(about).encode())):
            # A fixed date: the same master is the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def load_master(content: bytes) -> MasterLayers:
    """The inverse of `save_master`. Raises DecodeError `master_damaged`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise DecodeError("master_damaged")
            png, about = archive.read("layers.png"), json.loads(archive.read("master.json"))
        layers = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        if layers is None or layers.dtype != np.uint16 or layers.ndim != 3 or layers.shape[2] != 4:
            raise DecodeError("master_damaged")
        return MasterLayers(
            foreground=_decode(layers[..., 2::-1]),
            alpha=np.asarray(layers[..., 3].astype(np.float32) / np.float32(_LEVELS)),
            landmarks=np.array(about["landmarks"], np.float32),
            light=Light(*about["light"]),
            unsure=float(about["unsure"]),
            photo=str(about["photo"]),
        )
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise DecodeError("master_damaged") from error
