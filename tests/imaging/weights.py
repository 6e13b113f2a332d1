"""Small weights for tests: real safetensors files and a folder that looks like a pipeline."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np

NAME = "tiny"
TABLE = """
[tiny]
role = "base"
repo = "acme/tiny"
licence = "Apache-2.0"
hub_licence = "apache-2.0"
commercial = true
source = "https://example.com/tiny"
required = ["model_index.json", "unet/*.safetensors"]

[tiny-research]
role = "identity"
repo = "acme/research"
licence = "Research only"
commercial = false
source = "https://example.com/research"

[tiny-rail]
role = "base"
repo = "acme/rail"
licence = "OpenRAIL++"
hub_licence = "openrail++"
commercial = true
source = "https://example.com/rail"
"""


def safetensors(seed: int = 0, count: int = 4096) -> bytes:
    """A safetensors file with one tensor of `count` float32 numbers."""
    data = np.random.default_rng(seed).standard_normal(count).astype("<f4").tobytes()
    row = {"weight": {"dtype": "F32", "shape": [count], "data_offsets": [0, len(data)]}}
    header = json.dumps(row).encode()
    return struct.pack("<Q", len(header)) + header + data


def pipeline(folder: Path, seed: int = 0, count: int = 4096) -> Path:
    """A folder in the layout of a diffusers pipeline."""
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text('{"_class_name": "Tiny"}')
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(safetensors(seed, count))
    return folder


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
