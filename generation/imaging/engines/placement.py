"""Where a pipeline's weights live: all on the card, or on the host and moved over as they are needed.

Decided by measured free memory. The ways in the order of their speed: `full`, `model` (one component at a
time), `group` (one layer at a time, the next one on its way while this one computes) and `sequential` (one
layer at a time). See diffusers' guide "Reduce memory usage"; its `enable_sequential_cpu_offload` is not used,
since accelerate cannot take tied weights (the text encoders have them) off and on again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from generation.imaging.errors import EngineError

Placement = Literal["full", "model", "group", "sequential"]
ORDER: Final[tuple[Placement, ...]] = ("full", "model", "group", "sequential")
# Kept free for the CUDA context's own workspaces and for what fragmentation wastes.
_RESERVE: Final = 0.06
# Bytes of working memory per pixel of the picture: the VAE's decoder holds about five maps of 128 channels
# at full size in two-byte numbers, and its convolutions want as much again as workspace.
_WORKING_PER_PIXEL: Final = 128 * 2 * 10
# Small, and called in another order (tiles, encoding) than the one in which layers would be fetched.
_BESIDE_LAYERS: Final = ["vae"]
_CGROUP: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a pipeline needs, known before it is built. Bytes."""

    # Of its weights as they will be loaded; see `file_bytes`.
    weights: int
    # Of one picture while it is made; see `working_bytes`.
    working: int
    # It takes so few steps that a cache finds no two alike.
    few_steps: bool = False
    # The weights were trained in bfloat16 and overflow the range of float16 (black pictures): where a
    # card has no bfloat16 they are computed in float32.
    bf16_only: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of a pipeline's weights, as far as placement asks."""

    total: int
    # The largest component that can be alone on the card, with those that must stay beside it.
    largest_model: int
    # The largest single layer.
    largest_layer: int
    # What stays on the card when layers take turns.
    beside_layers: int


def working_bytes(width: int, height: int) -> int:
    """Working memory of one picture of that size; an estimate, out of memory is still handled."""
    return width * height * _WORKING_PER_PIXEL


def file_bytes(folder: Path) -> int:
    """Bytes of the weight files below a folder."""
    kinds = (".safetensors", ".bin", ".pt", ".pth", ".onnx")
    return sum(file.stat().st_size for file in folder.rglob("*") if file.suffix in kinds)


def sizes(pipe: Any) -> Sizes:
    """The sizes of a pipeline's weights."""
    import torch

    modules = {name: one for name, one in pipe.components.items() if isinstance(one, torch.nn.Module)}
    each = {name: _bytes(one) for name, one in modules.items()}
    chain = (pipe.model_cpu_offload_seq or "").split("->")
    in_turn = [size for name, size in each.items() if name in chain]
    beside = sum(size for name, size in each.items() if name not in chain)
    layers = [_bytes(layer, own=True) for one in modules.values() for layer in one.modules()]
    stay = sum(each.get(name, 0) for name in _BESIDE_LAYERS)
    return Sizes(sum(each.values()), max(in_turn, default=0) + beside, max(layers, default=0), stay)


def _bytes(module: Any, own: bool = False) -> int:
    kept = [*module.parameters(recurse=not own), *module.buffers(recurse=not own)]
    return sum(one.numel() * one.element_size() for one in kept)


def free_bytes(device: str) -> int:
    """Memory that can be had on the device now; what torch holds back for itself counts as free."""
    if device != "cpu":
        import torch

        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return host_bytes()


def host_bytes() -> int:
    """Memory of the host that can be had now, within the limit of its control group (a container)."""
    import psutil  # type: ignore[import-untyped]

    available = int(psutil.virtual_memory().available)
    limit = _CGROUP / "memory.max"
    if limit.is_file() and (most := limit.read_text().strip()).isdigit():
        used = int((_CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
        # The cache of files that were read is given back on demand.
        available = min(available, int(most) - used + int(stat.get("inactive_file", 0)))
    return available


def decide(found: Sizes, working: int, free: int) -> Placement:
    """The fastest placement that fits into `free` bytes. Raises EngineError `gpu_too_small`."""
    usable = free * (1 - _RESERVE)
    needed: Mapping[Placement, int] = {
        "full": found.total + working,
        "model": found.largest_model + working,
        # The layer that computes and the next one on its way.
        "group": 2 * found.largest_layer + found.beside_layers + working,
        "sequential": found.largest_layer + found.beside_layers + working,
    }
    for way in ORDER:
        if needed[way] <= usable:
            return way
    least = needed["sequential"] / (1 - _RESERVE)
    raise EngineError("gpu_too_small", need_gb=gigabytes(least), free_gb=gigabytes(free))


def gigabytes(count: float) -> float:
    """Bytes as people read them."""
    return round(count / 1e9, 1)


def place(pipe: Any, way: Placement, device: str) -> None:
    """Put the pipeline's weights where `way` says. Only a `full` or `model` placement can be replaced."""
    import torch

    target = torch.device(device)
    pipe.remove_all_hooks()
    if way == "full":
        pipe.to(target)
    elif way == "model":
        pipe.enable_model_cpu_offload(device=target)
    else:
        _by_layer(pipe, target, ahead=way == "group" and target.type == "cuda")


def _by_layer(pipe: Any, target: Any, *, ahead: bool) -> None:
    """Layers take turns; with `ahead` the next is fetched by a stream of its own while one computes."""
    pipe.to("cpu")
    pipe.enable_group_offload(
        onload_device=target,
        offload_type="leaf_level",
        use_stream=ahead,
        record_stream=ahead,
        # Pinning everything at once needs the weights' size a second time while it happens.
        low_cpu_mem_usage=ahead and host_bytes() < sizes(pipe).total,
        exclude_modules=_BESIDE_LAYERS,
    )
