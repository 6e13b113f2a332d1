"""Pictures by SDXL: what every call of the pipelines is given, and the three kinds of call.

`compose` draws pictures of one or several people from noise or from the person before the plate, `refine`
draws an enlarged picture's detail, `fill` draws inside a mask. All three share the pipeline's weights, words,
identity and conditions.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from PIL import Image

from branding.look import ControlWeights, EngineOptions, Look
from generation.imaging.engines import sdxl_identity
from generation.imaging.engines.base import Posed, Sitting
from generation.imaging.engines.conditions import (
    CANNY_MODE,
    DEPTH_MODE,
    POSE_MODE,
    Condition,
    conditions,
)
from generation.imaging.engines.depth import Depths
from generation.imaging.engines.runtime import Loaded
from generation.imaging.engines.sdxl_load import Weights
from generation.imaging.engines.steps import Steps
from generation.imaging.prompt import Prompt, Room, build
from generation.imaging.types import SRGB8, Alpha, Gallery

# The block of the UNet whose attention carries a picture's style and little of its layout (Wang et al. 2024,
# InstantStyle, arXiv:2404.02733).
_STYLE_BLOCKS: Final = {"up": {"block_0": [0.0, 1.0, 0.0]}}
# Steps and guidance of the distilled LoRAs, as their authors state them.
_FEW: Final = {"lightning": (4, 1.0), "lcm": (6, 1.5)}
# The second pass keeps what the first decided; shape and edges would only fight the enlarged picture.
_REFINE_CONTROL: Final = 0.6


# Without any condition the pipelines still want one; at weight 0 the ControlNet is not asked.
_NOTHING: Final = Condition("none", 0, 0.0, np.zeros((8, 8, 3), np.uint8))


@dataclass(slots=True)
class Artist:
    """A loaded pipeline with everything that stays the same for one person under one look."""

    loaded: Loaded
    weights: Weights
    options: EngineOptions
    prompt: Prompt
    # Embeddings of the adapters in their order.
    embeds: list[Any]
    tell: Callable[[int, str], Steps]
    # Makes depth images where a network for it is installed.
    depth: Depths | None = None
    _pipes: dict[type, Loaded] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps of a call that draws all of a picture."""
        return _FEW[self.weights.few_kind][0] if self.weights.few_kind else self.options.steps

    @property
    def guidance(self) -> float:
        """How firmly the words are followed; 1 is not at all beyond the model's own reading."""
        return guidance(self.weights, self.options)

    def held(self, posed: Posed, weights: ControlWeights) -> list[Condition]:
        """What a picture of this photo is held to, and how firmly."""
        return conditions(posed, weights, self.depth)

    def refine(self, picture: SRGB8, posed: Posed, seed: int) -> SRGB8:
        """The picture, enlarged already, with the detail that its size can show."""
        from diffusers import StableDiffusionXLControlNetUnionImg2ImgPipeline

        held = self.options.control
        weak = held.model_copy(update={"pose": held.pose * _REFINE_CONTROL, "canny": 0.0})
        given = self._given(self.held(posed, weak), [seed]) | self._from(picture, self.options.refine)
        return self._call(StableDiffusionXLControlNetUnionImg2ImgPipeline, None, "refine", given)[0]

    def fill(
        self, picture: SRGB8, mask: Alpha, held: Sequence[Condition], seeds: Sequence[int], strength: float
    ) -> list[SRGB8]:
        """One picture per seed, drawn anew where `mask` (h, w) is 1."""
        from diffusers import StableDiffusionXLControlNetUnionInpaintPipeline

        given = self._given(held, seeds) | self._from(picture, strength)
        given["mask_image"] = Image.fromarray(np.asarray(mask * 255, np.uint8))
        return self._call(StableDiffusionXLControlNetUnionInpaintPipeline, None, "generate", given)

    def _given(self, held: Sequence[Condition], seeds: Sequence[int]) -> dict[str, Any]:
        """What every call gets."""
        held = held or [_NOTHING]
        return {
            "prompt": self.prompt.positive,
            "negative_prompt": self.prompt.negative,
            "num_images_per_prompt": len(seeds),
            "generator": self.loaded.runtime.generators(seeds),
            "guidance_scale": self.guidance,
            "num_inference_steps": self.steps,
            "control_image": [Image.fromarray(one.image) for one in held],
            "control_mode": [one.mode for one in held],
            "controlnet_conditioning_scale": [float(one.weight) for one in held],
            "control_guidance_end": [self.options.control.until] * len(held),
            "ip_adapter_image_embeds": self.embeds,
            "output_type": "np",
        }

    def _from(self, picture: SRGB8, strength: float) -> dict[str, Any]:
        """A start from a picture. Pipelines take `strength` of the steps and at least one must be left."""
        height, width = picture.shape[:2]
        steps = max(self.steps, math.ceil(1 / strength))
        return {
            "image": Image.fromarray(picture),
            "strength": strength,
            "num_inference_steps": steps,
            "height": height,
            "width": width,
        }

    def _call(self, kind: type, steps: int | None, stage: str, given: dict[str, Any]) -> list[SRGB8]:
        if steps is None:
            steps = max(1, int(given["num_inference_steps"] * given["strength"]))
        else:
            given["width"], given["height"] = _size(given["control_image"][0])
        try:
            made = self._pipe(kind).call(self.tell(steps, stage), **given)
        finally:
            sdxl_identity.forget(self.loaded.pipe)
        return [np.asarray(np.rint(one * 255), np.uint8) for one in made.images]

    def _pipe(self, kind: type) -> Loaded:
        """The pipeline class on the weights that are loaded, offloading hooks included."""
        if isinstance(self.loaded.pipe, kind):
            return self.loaded
        if kind not in self._pipes:
            pipe = sdxl_identity.many_people(kind)(**self.loaded.pipe.components, add_watermarker=False)
            pipe.set_progress_bar_config(disable=True)
            self._pipes[kind] = replace(self.loaded, pipe=pipe)
        self._pipes[kind].pipe.scheduler = self.loaded.pipe.scheduler
        return self._pipes[kind]


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One picture that is wanted: whose, over which photo (at the size of the picture), held to what."""

    artist: Artist
    posed: Posed
    held: tuple[Condition, ...]
    seed: int

    @property
    def kind(self) -> tuple[Any, ...]:
        """Orders of one kind can be one call: the same conditions, as many photos of the person."""
        return (
            tuple((one.mode, one.weight) for one in self.held),
            tuple(tuple(embed.shape[1:]) for embed in self.artist.embeds),
        )


def orders(one: Artist, posed: Posed, seeds: Sequence[int]) -> list[Order]:
    """An order per seed."""
    held = tuple(one.held(posed, one.options.control)) or (_NOTHING,)
    return [Order(one, posed, held, seed) for seed in seeds]


def compose(wanted: Sequence[Order]) -> list[SRGB8]:
    """The pictures of orders of one kind, in one call: each with its own person, words, photo and noise, so
    that the company it is drawn in changes it by rounding at most."""
    from diffusers import StableDiffusionXLControlNetUnionPipeline

    one, first = wanted[0].artist, wanted[0]
    given = one._given(first.held, [order.seed for order in wanted]) | {
        "prompt": [order.artist.prompt.positive for order in wanted],
        "negative_prompt": [order.artist.prompt.negative for order in wanted],
        "num_images_per_prompt": 1,
        "control_image": [
            [Image.fromarray(order.held[at].image) for order in wanted] for at in range(len(first.held))
        ],
        "ip_adapter_image_embeds": _joined([order.artist.embeds for order in wanted]),
    }
    if one.options.strength >= 1.0:
        return one._call(StableDiffusionXLControlNetUnionPipeline, one.steps, "generate", given)
    given |= one._from(first.posed.picture, one.options.strength)
    given["image"] = [Image.fromarray(order.posed.picture) for order in wanted]
    return one._call(_img2img(), None, "generate", given)


def _joined(embeds: Sequence[Sequence[Any]]) -> list[Any]:
    """Each adapter's embeddings of all pictures: the empty pictures' first (with guidance), as the pipelines
    expect, then the people's."""
    import torch

    joined = []
    for of_adapter in zip(*embeds, strict=True):
        halves = [one.chunk(2) if one.shape[0] == 2 else (one,) for one in of_adapter]
        joined.append(torch.cat([half[at] for at in range(len(halves[0])) for half in halves]))
    return joined


def _size(image: Any) -> tuple[int, int]:
    """(width, height) of a picture, or of the first of several."""
    width, height = (image[0] if isinstance(image, list) else image).size
    return width, height


def blank(loaded: Loaded, weights: Weights, size: tuple[int, int]) -> None:
    """Two steps over a grey picture that nobody sees, through everything that a picture goes through."""
    grey = np.full((size[1], size[0], 3), 127, np.uint8)
    held = [Condition("grey", mode, 0.5, grey) for mode in (POSE_MODE, DEPTH_MODE, CANNY_MODE)]
    options = EngineOptions(steps=20, strength=0.1)
    guided = guidance(weights, options) > 1
    embeds = [sdxl_identity.encoded(loaded.pipe, at, [grey], guided=guided) for at in (0, 1)]
    if weights.faceid:
        embeds += sdxl_identity.faceid(loaded.pipe, np.zeros(512, np.float32), grey, guided=guided)
    words = Prompt("a grey card", "")
    one = Artist(loaded, weights, options, words, embeds, lambda count, stage: Steps(_quiet, count, stage))
    given = one._given(held, [0]) | one._from(grey, options.strength)
    one._call(_img2img(), None, "generate", given)


def _quiet(stage: str, share: float) -> None:
    """A progress that tells nobody."""


def _img2img() -> type:
    from diffusers import StableDiffusionXLControlNetUnionImg2ImgPipeline

    return StableDiffusionXLControlNetUnionImg2ImgPipeline


def guidance(weights: Weights, options: EngineOptions) -> float:
    """The guidance of a quality: distilled LoRAs have theirs built in."""
    return _FEW[weights.few_kind][1] if weights.few_kind else options.guidance


def artist(
    loaded: Loaded,
    weights: Weights,
    look: Look,
    gallery: Gallery,
    sitting: Sitting,
    style: Sequence[SRGB8],
    tell: Callable[[int, str], Steps],
) -> Artist:
    """Set the pipeline up for a person and a look. Call inside `Runtime.use`: scales are kept in it."""
    pipe, options = loaded.pipe, look.engine_options
    pipe.scheduler = _scheduler(pipe, weights, options)
    guided = guidance(weights, options) > 1
    faces = sdxl_identity.face_crops(gallery)
    embeds = [
        sdxl_identity.encoded(pipe, 0, faces, guided=guided),
        sdxl_identity.encoded(pipe, 1, style, guided=guided),
    ]
    weighed: list[tuple[float, Any]] = [(options.identity, None), (options.style, _STYLE_BLOCKS)]
    if weights.faceid and weights.pack:
        known = sdxl_identity.gallery_embedding(weights.pack, gallery)
        embeds += sdxl_identity.faceid(pipe, known, faces[0], guided=guided)
        weighed.append((options.identity, None))
    sdxl_identity.weigh(pipe, weighed)
    words = build(look, sitting.visible, "sdxl", room(pipe))
    depth = Depths(weights.depth) if weights.depth else None
    return Artist(loaded, weights, options, words, embeds, tell, depth)


def room(pipe: Any) -> Room:
    """How much text both of the pipeline's encoders read."""
    readers = [one for one in (pipe.tokenizer, pipe.tokenizer_2) if one is not None]

    def count(text: str) -> int:
        return max(len(reader(text, add_special_tokens=False, verbose=False).input_ids) for reader in readers)

    # Two tokens mark beginning and end.
    return Room(count, min(reader.model_max_length for reader in readers) - 2)


def _scheduler(pipe: Any, weights: Weights, options: EngineOptions) -> Any:
    import diffusers

    kit: Any = diffusers

    config = pipe.scheduler.config
    if weights.few_kind == "lightning":
        return kit.EulerDiscreteScheduler.from_config(config, timestep_spacing="trailing")
    if weights.few_kind == "lcm":
        return kit.LCMScheduler.from_config(config)
    if options.sampler == "unipc":
        return kit.UniPCMultistepScheduler.from_config(config, use_karras_sigmas=True)
    return kit.DPMSolverMultistepScheduler.from_config(
        config, algorithm_type="sde-dpmsolver++", use_karras_sigmas=True
    )
