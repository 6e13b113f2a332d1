"""`make bench-gpu`: the generating engines against the plain diffusers call of the same configuration.

On a graphics card full-size architectures with random weights; on a processor a reduced size, which says so
and nothing about a card. Every engine runs in a fresh process.

    python -m tests.benchmarks.bench_gpu [--rounds 5] [--only sdxl] [--json FILE]
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks import machine

Row = dict[str, Any]
ENGINES: Final = ("sdxl", "edit-final", "klein-preview")
_METHOD: Final = (
    "Seconds of one call: median of {rounds} rounds after the first. Plain: from_pretrained, to(device),\n"
    "call. Ours: the engines' runtime (placement, memory format, batches; compiled blocks on a card).\n"
    "First: from weights on disk (in the page cache) to the first picture, loading and compiling included."
)
# As many tokens as a look's instruction has (the tokenizers here know bytes).
_WORDS: Final = "Photograph the person of picture 1 anew in a studio, dark suit, soft light, flat grey wall. "


@dataclass(frozen=True)
class Bench:
    """One engine's configuration: how to save it, load it plainly and as we do, and call it."""

    size: tuple[int, int]
    steps: int
    batches: tuple[int, ...]
    save: Callable[[Path], Path]
    plain: Callable[[Path, Any], Any]
    ours: Callable[[Path, Any], Any]
    # Arguments for that many pictures; the plain call gets those of one.
    arguments: Callable[[Any, int], dict[str, Any]]


def references(size: tuple[int, int]) -> list[Any]:
    """Three pictures of noise."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    shape = (size[1], size[0], 3)
    return [Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8)) for _ in range(3)]


def klein(full: bool, device: str) -> Bench:
    """Previews by FLUX.2-klein-4B in four steps."""
    from generation.imaging.engines import edit
    from generation.imaging.engines import edit_pipelines as pipelines
    from tests.benchmarks import gpu_architectures as made
    from tests.imaging.engines import tiny_edit

    size = edit.PREVIEW_SIZE if full else (64, 80)

    def arguments(pipe: Any, count: int) -> dict[str, Any]:
        return {
            "image": references(size) * count, "prompt": [_WORDS] * count,
            "width": size[0], "height": size[1],
            "num_inference_steps": pipelines.KLEIN_STEPS, "guidance_scale": pipelines.KLEIN_GUIDANCE,
            "text_encoder_out_layers": pipelines.klein_layers(pipe), "generator": _seeds(count),
        }  # fmt: skip

    def save(folder: Path) -> Path:
        return made.save_klein(folder, _dtype(device), device) if full else tiny_edit.save_klein(folder)

    return Bench(
        size, pipelines.KLEIN_STEPS, (1, 2, 4, 8) if full else (1, 2, 4), save,
        lambda folder, dtype: made.kit.Flux2KleinPipeline.from_pretrained(folder, dtype=dtype),
        pipelines.load_klein, arguments,
    )  # fmt: skip


def final(full: bool, device: str) -> Bench:
    """Finals by Qwen-Image-Edit."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as qwen

    from generation.imaging.engines import edit
    from generation.imaging.engines import edit_pipelines as pipelines
    from tests.benchmarks import gpu_architectures as made
    from tests.imaging.engines import tiny_edit

    size, steps = (edit.FINAL_SIZE, 30) if full else ((64, 80), 4)
    if not full:
        qwen.VAE_IMAGE_SIZE, qwen.CONDITION_IMAGE_SIZE = 64 * 64, 56 * 56

    def arguments(pipe: Any, count: int) -> dict[str, Any]:
        return {
            "image": references(size), "prompt": _WORDS, "negative_prompt": "text, watermark",
            "true_cfg_scale": 4.0, "width": size[0], "height": size[1], "num_inference_steps": steps,
            "generator": _seeds(1)[0],
        }  # fmt: skip

    def save(folder: Path) -> Path:
        return made.save_qwen(folder, _dtype(device), device) if full else tiny_edit.save_qwen(folder)

    return Bench(
        size, steps, (1,), save,
        pipelines.load_qwen, pipelines.load_qwen, arguments,
    )  # fmt: skip


def sdxl(full: bool, device: str) -> Bench:
    """SDXL with three conditions and two IP-Adapters: the first pass of a final."""
    import torch

    from tests.benchmarks import gpu_architectures as made

    size, steps = ((896, 1152), 30) if full else ((64, 80), 4)

    def arguments(pipe: Any, count: int) -> dict[str, Any]:
        seen = torch.zeros(2, 1, 257 if full else 17, made.seen_width(pipe), dtype=pipe.unet.dtype,
                           device=pipe._execution_device)  # fmt: skip
        return {
            "prompt": _WORDS, "negative_prompt": "text, watermark", "num_images_per_prompt": count,
            "control_image": references(size), "control_mode": [0, 1, 3], "guidance_scale": 5.0,
            "controlnet_conditioning_scale": [0.9, 0.5, 0.25], "ip_adapter_image_embeds": [seen, seen],
            "width": size[0], "height": size[1], "num_inference_steps": steps, "generator": _seeds(count),
        }  # fmt: skip

    def save(folder: Path) -> Path:
        return made.save_sdxl(folder, _dtype(device), device) if full else made.save_small_sdxl(folder)

    return Bench(
        size, steps, (1, 2, 4, 8) if full else (1, 2), save,
        made.load_sdxl, made.load_sdxl, arguments,
    )  # fmt: skip


BENCHES: Final = {"sdxl": sdxl, "edit-final": final, "klein-preview": klein}


def _dtype(device: str) -> Any:
    from generation.imaging.engines.runtime import Runtime, RuntimeOptions

    return Runtime(RuntimeOptions(device="cpu" if device == "cpu" else "cuda")).dtype(bf16_only=True)


def _seeds(count: int) -> list[Any]:
    import torch

    return [torch.Generator("cpu").manual_seed(at) for at in range(count)]


def _timed(work: Callable[[], Any], device: str) -> float:
    import torch

    started = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _peak_gb(device: str) -> float | None:
    """The card's peak since the last call; a processor's memory is not told apart by what uses it."""
    import torch

    if device == "cpu":
        return None
    peak = torch.cuda.max_memory_allocated() / 1e9
    torch.cuda.reset_peak_memory_stats()
    return round(peak, 1)


def plainly(bench: Bench, folder: Path, device: str, rounds: int) -> Row:
    """The plain diffusers call."""
    pipes: list[Any] = []

    def first() -> None:
        pipe = bench.plain(folder, _dtype(device)).to(device)
        pipe.set_progress_bar_config(disable=True)
        pipes.append(pipe)
        pipe(**bench.arguments(pipe, 1))

    started = _timed(first, device)
    each = [_timed(lambda: pipes[0](**bench.arguments(pipes[0], 1)), device) for _ in range(rounds)]
    median = statistics.median(each)
    return {"first_s": started, "p50_s": median, "per_minute": 60 / median, "peak_gb": _peak_gb(device)}


def by_runtime(bench: Bench, folder: Path, device: str, rounds: int) -> Row:
    """The same by our runtime, one by one and in batches; a batch that does not fit says so."""
    from generation.imaging.engines.placement import Needs, file_bytes, working_bytes
    from generation.imaging.engines.runtime import Runtime, RuntimeOptions, out_of_memory, release
    from generation.imaging.engines.steps import Steps
    from generation.imaging.engines.tuning import Tuning

    card = device != "cpu"
    runtime = Runtime(RuntimeOptions(device="cuda" if card else "cpu", tuning=Tuning(compile=card)))
    needs = Needs(file_bytes(folder), working_bytes(*bench.size), bf16_only=True)
    build: Callable[[Any], Any] = lambda dtype: bench.ours(folder, dtype)  # noqa: E731
    started = time.perf_counter()
    with runtime.use("bench", build, needs) as loaded:

        def draw(count: int) -> Any:
            steps = Steps(lambda stage, share: None, bench.steps)
            return loaded.call(steps, **bench.arguments(loaded.pipe, count))

        _timed(lambda: draw(1), device)
        first, scaling = time.perf_counter() - started, []
        _peak_gb(device)
        for count in bench.batches:
            try:
                draw(count)
                seconds = statistics.median([_timed(lambda n=count: draw(n), device) for _ in range(rounds)])
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                release()
                scaling.append({"batch": count, "per_minute": None, "peak_gb": None})
                continue
            scaling.append({"batch": count, "p50_s": seconds, "per_minute": 60 * count / seconds,
                            "peak_gb": _peak_gb(device)})  # fmt: skip
        return {"first_s": first, "scaling": scaling, "placement": loaded.placement,
                "applied": loaded.tuned.applied, "left_out": loaded.tuned.left_out}  # fmt: skip


def measure(name: str, rounds: int) -> Row:
    """All figures of one engine, in this process."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    bench = BENCHES[name](device != "cpu", device)
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as place:
        folder = bench.save(Path(place) / "weights")
        gc.collect()
        if device != "cpu":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        plain = plainly(bench, folder, device, rounds)
        gc.collect()
        if device != "cpu":
            torch.cuda.empty_cache()
        ours = by_runtime(bench, folder, device, rounds)
    return {"engine": name, "size": bench.size, "steps": bench.steps, "plain": plain, "ours": ours}


def in_a_fresh_process(name: str, rounds: int) -> Row:
    """`measure` by a child of its own. Raises RuntimeError with its last words."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_gpu", "--engine", name, "--rounds", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: " + "\n".join(done.stderr.strip().splitlines()[-4:]))
    row: Row = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def say(row: Row) -> None:
    """One engine's table."""
    plain, ours = row["plain"], row["ours"]
    print(f"\n{row['engine']}, {row['size'][0]} x {row['size'][1]}, {row['steps']} steps")
    print(f"  {'':<22} {'first s':>8} {'p50 s':>8} {'a minute':>9} {'peak GB':>8} {'faster':>7}")
    _line("plain diffusers", plain["first_s"], plain, plain)
    for at, one in enumerate(ours["scaling"]):
        _line(f"ours, {one['batch']} at a time", ours["first_s"] if at == 0 else None, one, plain)
    left = "; ".join(f"{name}: {why}" for name, why in ours["left_out"].items())
    print(
        f"  weights {ours['placement']}; {', '.join(ours['applied'])}" + (f"; without {left}" if left else "")
    )


def _line(name: str, first: float | None, one: Row, plain: Row) -> None:
    if one["per_minute"] is None:
        print(f"  {name:<22} does not fit")
        return
    start = "" if first is None else f"{first:.2f}"
    peak = "" if one["peak_gb"] is None else f"{one['peak_gb']:.1f}"
    print(f"  {name:<22} {start:>8} {one['p50_s']:>8.3f} {one['per_minute']:>9.1f} {peak:>8} "
          f"{one['per_minute'] / plain['per_minute']:>6.2f}x")  # fmt: skip


def device_line() -> str:
    """What was measured on."""
    import torch

    if not torch.cuda.is_available():
        return (
            "No graphics card here: REDUCED SIZE on the processor. These figures compare two ways of calling"
            "\ntiny models; they say nothing about a card or about full-size models."
        )
    card = torch.cuda.get_device_properties(0)
    return f"{card.name}, {card.total_memory / 1e9:.0f} GB, full-size architectures with random weights"


def main() -> int:
    """Measure, print, and end with 0; 1 where something could not be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=ENGINES, action="append")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(measure(options.engine, options.rounds)))
        return 0
    head = [*machine.describe(), device_line()]
    print("\n".join(head))
    print(_METHOD.format(rounds=options.rounds))
    rows = []
    for name in options.only or ENGINES:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows.append(in_a_fresh_process(name, options.rounds))
        say(rows[-1])
    if options.json:
        options.json.write_text(json.dumps({"machine": head, "engines": rows}, indent=1))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"bench-gpu could not measure: {error}")
