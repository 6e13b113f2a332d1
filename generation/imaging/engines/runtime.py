"""Pipelines of a diffusion engine in one process: loaded once and kept, run step by step, never out of hand.

    with shared().use(key, build, needs) as loaded:
        for item, picture in loaded.batches(items, 4, work):
            ...

where `work(items)` calls `loaded.call(steps, ...)`. One job runs at a time; the process is never forked.
PyTorch and diffusers are imported late: the base install has neither, see `libraries`.
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final, Literal, TypeVar

from generation.imaging.engines import placement
from generation.imaging.engines.placement import Needs, Placement, gigabytes
from generation.imaging.engines.steps import Hang, Heartbeat, Steps, Watchdog
from generation.imaging.engines.tuning import Tuned, Tuning, tune, uncompile
from generation.imaging.errors import EngineError, ImagingError

_TILES: Final = "vae_tiling"
Item = TypeVar("Item")
Result = TypeVar("Result")

# The packages of the extra `diffusion`.
_PACKAGES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
# The first call compiles, tunes kernels and fetches weights from disk: it may be silent for so many times
# longer than a step.
_FIRST_CALL: Final = 6
# Silence of a card after which a step hangs, unless the operator says otherwise: the slowest, a full-size
# step whose weights are fetched layer by layer, takes some ten seconds.
STEP_LIMIT_S: Final = 180.0
# A processor takes this many times longer for a step than the cards that the limit is set for.
_PROCESSOR: Final = 20


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """What the operator sets."""

    device: Literal["auto", "cuda", "cpu"] = "auto"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    offload: Literal["auto", "full", "model", "group", "sequential"] = "auto"
    tuning: Tuning = field(default_factory=Tuning)
    # Nothing heard of a step for so long means that it hangs.
    step_limit_s: float = STEP_LIMIT_S
    # Pictures that are drawn at a time to begin with; see `Loaded.batches`.
    batch: int = 8


def libraries() -> None:
    """Raise EngineError `diffusion_missing` unless the extra `diffusion` is installed."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise EngineError("diffusion_missing", packages=", ".join(missing))


@dataclass(slots=True)
class Loaded:
    """A pipeline that is loaded, placed and tuned. Only used inside `Runtime.use`."""

    key: str
    pipe: Any
    needs: Needs
    placement: Placement
    tuned: Tuned
    runtime: "Runtime"
    # How long the first use took to get here; 0 where it was resident.
    load_s: float
    # Batch sizes that fitted, by kind of work.
    fits: dict[str, int] = field(default_factory=dict)
    last_used: float = 0.0
    # Kinds of call that were made: the first of each may compile and tune, and is given time for it.
    warm: set[tuple[Any, ...]] = field(default_factory=set)

    @property
    def at_once(self) -> int:
        """Pictures that are drawn at a time to begin with; `batches` takes fewer where memory is short."""
        return self.runtime.options.batch

    def call(self, steps: Steps, **arguments: Any) -> Any:
        """One call of the pipeline, told step by step. Returns what the pipeline returns.

        Raises Cancelled between two steps, EngineError `gpu_failed` where the device gave up, and torch's
        own out-of-memory error, which `batches` handles.
        """
        runtime, limit, kind = self.runtime, self.runtime.limit_s, _kind(self.pipe, arguments)
        steps.beat = lambda: runtime.heartbeat.beat(limit)
        runtime.heartbeat.begin(self.key, limit if kind in self.warm else limit * _FIRST_CALL)
        try:
            steps.tell(0)
            made = self.pipe(callback_on_step_end=steps, **arguments)
        except Exception as error:
            # An aborted call leaves components on the card and caches half filled.
            with suppress(Exception):
                self.pipe.maybe_free_model_hooks()
            if isinstance(error, ImagingError) or out_of_memory(error) or not _of_the_device(error):
                raise
            raise EngineError("gpu_failed", detail=str(error).splitlines()[0]) from error
        finally:
            runtime.heartbeat.end()
        self.warm.add(kind)
        return made

    def batches(
        self,
        items: Sequence[Item],
        first_guess: int,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        kind: str = "",
    ) -> Iterator[tuple[Item, Result]]:
        """Each item with its result, in order, as many at a time as memory allows.

        `work` gets a slice of the items and returns one result each; it makes its generators from the
        items' seeds on every call, so that a repeated or differently cut batch gives the same pictures.
        Out of memory: half the batch, then weights off the card, then decoding in tiles, then EngineError
        `gpu_memory`. The size that fitted is remembered for works of the same `kind` (size of the picture,
        number of references).
        """
        size = max(1, min(first_guess, self.fits.get(kind, first_guess)))
        at = 0
        while at < len(items):
            part = items[at : at + size]
            made = self._attempt(work, part)
            if made is None:
                size = self._smaller(len(part))
                self.fits[kind] = size
                continue
            yield from zip(part, made, strict=True)
            at += len(part)

    @staticmethod
    def _attempt(
        work: Callable[[Sequence[Item]], Sequence[Result]], part: Sequence[Item]
    ) -> Sequence[Result] | None:
        """The results, or None when memory ran out. The error's traceback holds the tensors that filled
        it: it must be gone before anything is tried again."""
        try:
            return work(part)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            return None

    def _smaller(self, size: int) -> int:
        """The next thing to try where `size` pictures at a time were too many; returns how many."""
        release()
        if size > 1:
            return size // 2
        tighter: dict[Placement, Placement] = {"full": "model", "model": "group"}
        way = tighter.get(self.placement) if self.runtime.device != "cpu" else None
        vae: Any = getattr(self.pipe, "vae", None)
        if way is not None:
            if way == "group":
                uncompile(self.pipe, self.tuned)
            placement.place(self.pipe, way, self.runtime.device)
            self.placement = way
        elif hasattr(vae, "enable_tiling") and _TILES not in self.tuned.applied:
            # The last resort: a seam between tiles may show, and the same seed gives another picture.
            vae.enable_tiling()
            self.tuned.applied.append(_TILES)
        else:
            free = placement.free_bytes(self.runtime.device)
            raise EngineError("gpu_memory", model=self.key, free_gb=gigabytes(free))
        return 1


class Runtime:
    """The device of this process and the pipelines that are resident on it."""

    def __init__(
        self, options: RuntimeOptions | None = None, free: Callable[[str], int] = placement.free_bytes
    ) -> None:
        """`free` measures the memory that can be had on a device, in bytes. Raises EngineError
        `diffusion_missing` or `gpu_absent`."""
        libraries()
        self.options = options or RuntimeOptions()
        self.device = self._device()
        self.heartbeat = Heartbeat()
        self._free = free
        self._pid = os.getpid()
        self._residents: dict[str, Loaded] = {}
        self._turn = threading.RLock()
        if self.device != "cpu":
            _use_tensor_cores()

    def _device(self) -> str:
        import torch

        wanted, has = self.options.device, torch.cuda.is_available()
        if wanted == "cuda" and not has:
            raise EngineError("gpu_absent")
        return "cuda" if has and wanted != "cpu" else "cpu"

    @property
    def limit_s(self) -> float:
        """Seconds of silence after which a step hangs."""
        return self.options.step_limit_s * (_PROCESSOR if self.device == "cpu" else 1)

    def dtype(self, bf16_only: bool = False) -> Any:
        """The torch dtype of weights and pictures: what the operator set, else bfloat16 where the card
        computes in it, float16 on older cards and float32 on a processor.

        Models trained in bfloat16 (`bf16_only`) leave float16's range: then float32.
        """
        import torch

        wanted = self.options.dtype
        if wanted == "auto":
            if self.device == "cpu":
                wanted = "float32"
            else:
                wanted = "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
        if wanted == "float16" and bf16_only:
            wanted = "float32"
        return getattr(torch, wanted)

    def generators(self, seeds: Sequence[int]) -> list[Any]:
        """A generator per picture. On the CPU, whatever the device: each picture's noise is then drawn
        alone, so that neither its batch nor the card decides what it looks like."""
        import torch

        return [torch.Generator("cpu").manual_seed(seed % 2**63) for seed in seeds]

    @contextmanager
    def use(self, key: str, build: Callable[[Any], Any], needs: Needs) -> Iterator[Loaded]:
        """The pipeline of that key, loaded by `build(dtype)` unless it is resident.

        One user at a time; others wait. Raises EngineError `runtime_forked`, `gpu_too_small`,
        `weights_unreadable`, `attention_backend`.
        """
        if os.getpid() != self._pid:
            raise EngineError("runtime_forked")
        with self._turn:
            loaded = self._residents.get(key) or self._load(key, build, needs)
            loaded.last_used = time.monotonic()
            try:
                yield loaded
            finally:
                loaded.last_used = time.monotonic()

    def _load(self, key: str, build: Callable[[Any], Any], needs: Needs) -> Loaded:
        started = time.perf_counter()
        self.make_room(needs.weights + needs.working)
        self.heartbeat.begin(f"loading {key}", self.limit_s * _FIRST_CALL)
        try:
            pipe = build(self.dtype(needs.bf16_only))
            way = self.fit(pipe, needs)
            placement.place(pipe, way, self.device)
            tuned = tune(
                pipe, self.options.tuning,
                in_layers=way in ("group", "sequential"), few_steps=needs.few_steps,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            if out_of_memory(error):
                free = gigabytes(self._free(self.device))
                raise EngineError("gpu_memory", model=key, free_gb=free) from error
            raise EngineError("weights_unreadable", model=key, detail=str(error)[:300]) from error
        finally:
            self.heartbeat.end()
        loaded = Loaded(key, pipe, needs, way, tuned, self, time.perf_counter() - started)
        self._residents[key] = loaded
        return loaded

    def fit(self, pipe: Any, needs: Needs) -> Placement:
        """Where the pipeline's weights go, by the memory that is free now. Raises EngineError
        `gpu_too_small`, or `memory_short` where even the host cannot hold them."""
        found = placement.sizes(pipe)
        free = self._free(self.device)
        if self.options.offload != "auto":
            return self.options.offload
        if self.device == "cpu":
            # The weights are in the host's memory already; offloading them there gains nothing.
            if needs.working > free:
                raise EngineError("memory_short", need_gb=gigabytes(needs.working), free_gb=gigabytes(free))
            return "full"
        return placement.decide(found, needs.working, free)

    def make_room(self, wanted: int) -> None:
        """Let go of resident pipelines, the longest unused first, until `wanted` bytes are free on the
        device or none is left."""
        while self._residents and self._free(self.device) < wanted:
            self.forget(min(self._residents.values(), key=lambda one: one.last_used).key)

    def forget(self, key: str) -> None:
        """Let go of one resident pipeline."""
        self._residents.pop(key).pipe.remove_all_hooks()
        release()

    def residents(self) -> dict[str, Placement]:
        """What is loaded, and where its weights live."""
        return {key: one.placement for key, one in self._residents.items()}

    def close(self) -> None:
        """Let go of everything."""
        with self._turn:
            for key in list(self._residents):
                self.forget(key)

    def watch(self, on_hang: Callable[[Hang], None]) -> Watchdog:
        """A context in which `on_hang` hears of a step that went silent; see `steps.leave`."""
        return Watchdog(self.heartbeat, on_hang)


def _use_tensor_cores() -> None:
    """float32 products on an NVIDIA card's tensor cores: ten bits of mantissa, as much as bfloat16 has
    and more."""
    import torch

    torch.set_float32_matmul_precision("high")


def release() -> None:
    """Give memory that nothing holds any more back to the device."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _kind(pipe: Any, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """What calls that run the same kernels have in common: the pipeline, the size and how many pictures."""
    generator = arguments.get("generator")
    count = len(generator) if isinstance(generator, list) else 1
    return type(pipe).__name__, arguments.get("width"), arguments.get("height"), count


# How memory that ran out is told where PyTorch's allocator did not ask for it: the host's, the driver's own,
# cuBLAS's and cuDNN's workspaces.
_NO_MEMORY: Final = ("can't allocate memory", "out of memory", "_STATUS_ALLOC_FAILED")


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the card or on the host."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def _of_the_device(error: BaseException) -> bool:
    """Whether the card gave up: what runs on it in this process will fail from now on."""
    import torch

    return isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)


_shared: Runtime | None = None
_shared_options = RuntimeOptions()
_shared_lock = threading.Lock()


def configure(options: RuntimeOptions) -> None:
    """What `shared` is made with. Raises RuntimeError once it exists."""
    global _shared_options
    with _shared_lock:
        if _shared is not None:
            raise RuntimeError("the runtime is in use already")
        _shared_options = options


def configured() -> RuntimeOptions:
    """What this process's runtime is, or will be, made with."""
    return _shared.options if _shared is not None else _shared_options


def shared() -> Runtime:
    """The runtime of this process, made on first use. Raises EngineError `diffusion_missing`."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Runtime(_shared_options)
        return _shared
