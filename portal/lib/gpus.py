"""Graphics cards: which are visible, and which one this process uses."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

_DEVICE: Final = re.compile(r"nvidia(\d+)")


def visible(wanted: str, devices: Path = Path("/dev")) -> list[int]:
    """Numbers of the cards to use: `wanted` is auto, none, or numbers separated by commas.

    Asked of the device files: the driver's own library takes seconds to load. Raises ImproperlyConfigured.
    """
    if wanted == "none":
        return []
    if wanted != "auto":
        if not re.fullmatch(r"\d+(,\d+)*", wanted):
            raise ImproperlyConfigured(f"The setting GPUS must be auto, none or numbers, not {wanted!r}.")
        return sorted({int(number) for number in wanted.split(",")})
    found = (_DEVICE.fullmatch(entry.name) for entry in devices.iterdir())
    return list(range(sum(match is not None for match in found)))


def claim(number: int) -> None:
    """Let this process see one card only; before torch is imported."""
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    # Within what the environment shows of the machine, such as a job scheduler's choice.
    shown = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    os.environ["CUDA_VISIBLE_DEVICES"] = shown[number] if number < len(shown) else str(number)


def name() -> str:
    """What the claimed card is called; empty when torch cannot use it."""
    if importlib.util.find_spec("torch") is None:
        return ""
    import torch

    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""


def can_generate() -> bool:
    """Whether the packages of the diffusion engines are installed."""
    return all(importlib.util.find_spec(package) for package in ("torch", "diffusers", "transformers"))
