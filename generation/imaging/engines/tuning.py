"""What makes a pipeline faster without another picture: memory format, attention, compiled blocks, caches.

Each is applied where the model has it, and what was left out says why. Nothing here fuses projections:
`fuse_qkv_projections()` on an SDXL UNet replaces the attention processors and with them, silently, the
IP-Adapter that carries the person's identity.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from generation.imaging.errors import EngineError

Cache = Literal["off", "first_block"]

# Variants of a block that may be compiled before PyTorch gives up on compiling it (its own limit is eight):
# blocks of two widths, with and without each adapter, alone and in batches.
_MOST_VARIANTS: Final = 64
# A change of the first block's residual below this share reuses the other blocks' last output; diffusers'
# default, at which its authors see no loss. Of diffusers' caches this is the one that keeps the two halves of
# guidance apart in Qwen-Image (pyramid attention broadcast mixes them up).
_FIRST_BLOCK_CHANGE: Final = 0.05

_IN_LAYERS: Final = "its layers take turns on the card"


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the operator asks for."""

    channels_last: bool = True
    # A name of diffusers' attention dispatcher; `native` is PyTorch's, which picks flash kernels itself.
    attention: str = "native"
    compile: bool = False
    # Changes pictures a little, hence off: the same seed must give the same picture.
    cache: Cache = "off"


@dataclass(slots=True)
class Tuned:
    """What was applied, and what was not with the reason."""

    applied: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def tune(pipe: Any, tuning: Tuning, *, in_layers: bool, few_steps: bool = False) -> Tuned:
    """Apply to a placed pipeline; `in_layers` where its layers take turns on the card, `few_steps` where
    it takes so few that no two of them are alike.

    Raises EngineError `attention_backend` for a backend that is unknown or not installed.
    """
    done = Tuned()
    pipe.set_progress_bar_config(disable=True)
    vae = getattr(pipe, "vae", None)
    if vae is not None and hasattr(vae, "enable_slicing"):
        # Decodes one picture after the other: the peak stays that of one, whatever the batch.
        vae.enable_slicing()
        done.applied.append("vae_slicing")
    if tuning.channels_last:
        _channels_last(pipe, done)
    if tuning.attention != "native":
        _attention(pipe, tuning.attention, done)
    denoiser = denoiser_of(pipe)
    if tuning.cache != "off":
        _cache(denoiser, done, few_steps)
    if tuning.compile:
        _compile(denoiser, done, in_layers)
    return done


def denoiser_of(pipe: Any) -> Any:
    """The model that runs once a step."""
    return getattr(pipe, "transformer", None) or pipe.unet


def _channels_last(pipe: Any, done: Tuned) -> None:
    """Convolutions read channels side by side. Models with three-dimensional kernels have no such format."""
    import torch

    for name in ("unet", "controlnet", "vae"):
        module = getattr(pipe, name, None)
        if not isinstance(module, torch.nn.Module):
            continue
        if any(weight.ndim == 5 for weight in module.parameters()):
            done.left_out[f"channels_last {name}"] = "its kernels are three-dimensional"
            continue
        for weight in module.parameters():
            if weight.ndim == 4:
                weight.data = weight.data.to(memory_format=torch.channels_last)
        done.applied.append(f"channels_last {name}")


def _attention(pipe: Any, backend: str, done: Tuned) -> None:
    for name in ("transformer", "unet", "controlnet"):
        module = getattr(pipe, name, None)
        if module is None or not hasattr(module, "set_attention_backend"):
            continue
        try:
            module.set_attention_backend(backend)
        except (ValueError, RuntimeError, ImportError) as error:
            raise EngineError("attention_backend", backend=backend, detail=str(error)) from error
        # diffusers passes over processors that call PyTorch's own attention, and says nothing.
        if any(hasattr(getattr(one, "processor", None), "_attention_backend") for one in module.modules()):
            done.applied.append(f"attention {backend} {name}")
        else:
            done.left_out[f"attention {backend} {name}"] = "its attention is PyTorch's own"


def _cache(denoiser: Any, done: Tuned, few_steps: bool) -> None:
    from diffusers import FirstBlockCacheConfig
    from diffusers.models.cache_utils import CacheMixin

    if few_steps:
        done.left_out["cache first_block"] = "so few steps leave nothing to reuse"
    elif not isinstance(denoiser, CacheMixin):
        done.left_out["cache first_block"] = f"{type(denoiser).__name__} has none"
    elif not denoiser.is_cache_enabled:
        config = FirstBlockCacheConfig(threshold=_FIRST_BLOCK_CHANGE)  # type: ignore[no-untyped-call]
        denoiser.enable_cache(config)
        done.applied.append("cache first_block")


def _compile(denoiser: Any, done: Tuned, in_layers: bool) -> None:
    """Regional compilation: one block is compiled and used for all that are like it.

    For any size: a resident process meets batches, framings and prompts of many lengths. What cannot be
    compiled runs as it is: a shoot must not fail by what only makes it faster.
    """
    import torch

    if in_layers:
        done.left_out["compile"] = _IN_LAYERS
    elif not getattr(denoiser, "_repeated_blocks", None):
        done.left_out["compile"] = f"{type(denoiser).__name__} names no repeated blocks"
    else:
        dynamo: Any = torch._dynamo
        dynamo.config.recompile_limit = max(dynamo.config.recompile_limit, _MOST_VARIANTS)
        dynamo.config.suppress_errors = True
        denoiser.compile_repeated_blocks(dynamic=True)
        done.applied.append("compile")


def uncompile(pipe: Any, done: Tuned) -> None:
    """Run the blocks as they are from now on: layers that take turns on the card move while a block runs,
    which compiled code does not expect."""
    if "compile" not in done.applied:
        return
    for module in denoiser_of(pipe).modules():
        module._compiled_call_impl = None
    done.applied.remove("compile")
    done.left_out["compile"] = _IN_LAYERS
