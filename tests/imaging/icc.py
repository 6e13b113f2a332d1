"""Display profiles for tests: matrix and curve, as phones and cameras embed them (ICC.1:2022)."""

import struct
from collections.abc import Iterable

import numpy as np

Point = tuple[float, float]
D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[1.0478, 0.0229, -0.0501], [0.0295, 0.9905, -0.0171], [-0.0092, 0.0150, 0.7521]])


def profile(red: Point, green: Point, blue: Point, gamma: float | None, table: bool = False) -> bytes:
    """A display profile of these primaries under D65; `gamma` None is the sRGB curve."""
    primaries = np.stack([place(xy) for xy in (red, green, blue)], axis=-1)
    columns = BRADFORD @ (primaries * np.linalg.solve(primaries, place((0.3127, 0.3290))))
    if table:
        steps = np.linspace(0, 1, 1024)
        curve = b"curv" + bytes(4) + struct.pack(">I", 1024)
        curve += np.round(65535 * steps**gamma).astype(">u2").tobytes()
    elif gamma:
        curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(256 * gamma)) + bytes(2)
    else:
        srgb = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + s15(srgb)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": xyz(D50)}
    tags |= {name: xyz(columns[:, at]) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    body, directory, at = b"", struct.pack(">I", len(tags)), 132 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        directory += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = bytes(4) + b"lcms" + bytes.fromhex("02400000") + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += s15(D50) + bytes(48)
    whole = head + directory + body
    return struct.pack(">I", len(whole)) + whole[4:]


def xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(65536 * v)) for v in values)


def place(xy: Point) -> np.ndarray:
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def s15(values: Iterable[float]) -> bytes:
    return b"".join(struct.pack(">i", round(65536 * value)) for value in values)
