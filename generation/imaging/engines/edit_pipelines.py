"""The two pipelines of the edit engine, as diffusers has them, with what they lack here.

`QwenImageEditPlusPipeline` (Qwen-Image-Edit-2511, FireRed-Image-Edit-1.1) takes one picture at a time.
`Flux2KleinPipeline` (FLUX.2-klein-4B) batches prompts but gives all of them the same reference photos; ours
gives each picture its own. Qwen's processor brings a video part that needs torchvision, which does not work
beside the pinned torch; ours reads pictures only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL.Image import Image

from generation.imaging.engines.runtime import Loaded, libraries
from generation.imaging.engines.steps import Steps

# Four steps without guidance are what FLUX.2-klein-4B was distilled to.
KLEIN_STEPS: Final = 4
KLEIN_GUIDANCE: Final = 1.0
# Tokens that klein's text encoder reads, chat template included; it cuts the rest off without a word.
KLEIN_TOKENS: Final = 512
# What Qwen's encoder is given here; the transformer was trained with no more.
QWEN_TOKENS: Final = 512


@dataclass(frozen=True, slots=True)
class Request:
    """One picture to draw: the person's photos in the order that the words name them, and its seed."""

    references: tuple[Image, ...]
    positive: str
    negative: str
    seed: int
    # (width, height), multiples of 16.
    size: tuple[int, int]


def load_klein(folder: Path, dtype: Any) -> Any:
    """FLUX.2-klein of a folder in its hub layout. Raises OSError or ValueError on what is not one."""
    libraries()
    return _many_references().from_pretrained(
        folder, dtype=dtype, local_files_only=True, use_safetensors=True
    )


def load_qwen(folder: Path, dtype: Any) -> Any:
    """Qwen-Image-Edit or a finetune of it. Raises OSError or ValueError on what is not one."""
    libraries()
    import diffusers

    kit: Any = diffusers
    processor = pictures_only().from_pretrained(folder / "processor", local_files_only=True)
    return kit.QwenImageEditPlusPipeline.from_pretrained(
        folder, processor=processor, dtype=dtype, local_files_only=True, use_safetensors=True
    )


@cache
def pictures_only() -> Any:
    """Qwen2-VL's processor without its video part, which nothing here uses."""
    from transformers import Qwen2VLProcessor
    from transformers.processing_utils import ProcessorMixin

    class PicturesOnly(Qwen2VLProcessor):
        def __init__(
            self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None
        ) -> None:
            self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
            self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
            self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
            mixin: Any = ProcessorMixin
            mixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    return PicturesOnly


@cache
def _many_references() -> Any:
    """Klein with reference photos of each picture's own.

    The pipeline encodes the photos it is given and repeats all of them for every prompt. Here they are
    those of the first picture, then those of the second, and so on, as many and of the same sizes for each,
    so that pictures of several people, or of one person in several orders, are one batch.
    """
    import diffusers
    import torch
    from diffusers.utils.torch_utils import get_module_execution_device

    kit: Any = diffusers

    class ManyReferences(kit.Flux2KleinPipeline):  # type: ignore[misc]
        def prepare_image_latents(
            self, images: list[Any], batch_size: int, generator: Any, device: Any, dtype: Any
        ) -> tuple[Any, Any]:
            if len(images) % batch_size:
                raise ValueError(f"{len(images)} reference photos for {batch_size} pictures")
            each = len(images) // batch_size
            target = get_module_execution_device(self.vae)
            latents = [
                self._encode_vae_image(one.to(device=target, dtype=dtype), generator) for one in images
            ]
            ids = self._prepare_image_ids(latents[:each])
            packed = [self._pack_latents(one) for one in latents]
            rows = [torch.cat(packed[at : at + each], dim=1) for at in range(0, len(packed), each)]
            return torch.cat(rows).to(device), ids.repeat(batch_size, 1, 1).to(device)

    return ManyReferences


def klein_layers(pipe: Any) -> tuple[int, ...]:
    """The layers of the text encoder whose outputs the transformer reads: evenly spaced, as many as make up
    its width (9, 18 and 27 of Qwen3-4B's 36)."""
    config = pipe.text_encoder.config
    count = pipe.transformer.config.joint_attention_dim // config.hidden_size
    return tuple(config.num_hidden_layers * (at + 1) // (count + 1) for at in range(count))


def draw_klein(loaded: Loaded, requests: Sequence[Request], steps: Steps) -> list[Image]:
    """The pictures of the requests, which have the same size and as many references each, in one batch."""
    width, height = requests[0].size
    made = loaded.call(
        steps,
        image=[photo for one in requests for photo in one.references],
        prompt=[one.positive for one in requests],
        width=width,
        height=height,
        num_inference_steps=steps.count,
        guidance_scale=KLEIN_GUIDANCE,
        generator=loaded.runtime.generators([one.seed for one in requests]),
        max_sequence_length=KLEIN_TOKENS,
        text_encoder_out_layers=klein_layers(loaded.pipe),
    )
    return list(made.images)


def draw_qwen(loaded: Loaded, request: Request, steps: Steps, guidance: float) -> Image:
    """The picture of one request; `guidance` above 1 weighs the words against the negative ones."""
    width, height = request.size
    made = loaded.call(
        steps,
        image=list(request.references),
        prompt=request.positive,
        negative_prompt=request.negative,
        width=width,
        height=height,
        num_inference_steps=steps.count,
        true_cfg_scale=guidance,
        generator=loaded.runtime.generators([request.seed])[0],
        max_sequence_length=QWEN_TOKENS,
    )
    picture: Image = made.images[0]
    return picture
