"""The engine `edit`: an instruction editor photographs the person anew, from several of their own photos.

Finals by Qwen-Image-Edit (FireRed-Image-Edit-1.1 or Qwen-Image-Edit-2511, one picture at a time), previews by
FLUX.2-klein-4B in four steps (batches). Both are asked for a flat grey backdrop: the studio's develop then
mattes without spill, and the brand's plate, light and grade are the studio's as for every engine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from branding.look import Backdrop, Look
from generation.imaging import prompt
from generation.imaging.engines import edit_pipelines as pipelines
from generation.imaging.engines import runtime
from generation.imaging.engines.base import Outcome, Portrait, Sitter, Sitting, drawn
from generation.imaging.engines.company import Company, runs
from generation.imaging.engines.edit_pipelines import Request
from generation.imaging.engines.placement import Needs, file_bytes, working_bytes
from generation.imaging.engines.runtime import Loaded
from generation.imaging.engines.steps import Steps
from generation.imaging.errors import EngineError
from generation.imaging.landmarks import eye_middle, face_unit
from generation.imaging.models import configured, shipped
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery, Progress

# Weights of finals in the order of preference; whichever is installed.
FINAL_MODELS: Final = (shipped.FIRERED_EDIT, shipped.QWEN_EDIT)
PREVIEW_MODEL: Final = shipped.FLUX2_KLEIN
# (width, height). A final is drawn at the very size to which the pipeline brings 4:5 references (1.07 MP):
# an editor keeps the framing of a reference best when both have the same grid.
FINAL_SIZE = (928, 1152)
# Half a megapixel is what a preview of 640 px can show.
PREVIEW_SIZE = (640, 800)
# Qwen-Image-Edit was trained with one to three pictures; more cost time as the square of what they add.
MOST_REFERENCES: Final = 3
# A Look's guidance is on SDXL's scale, where 5 is usual; Qwen-Image-Edit's own is 4.
_GUIDANCE_SHARE: Final = 0.8
# What a reference shows around the eyes, in eye-to-chin lengths: above, and in all. Hair and shoulders.
_ABOVE, _TALL = 1.9, 5.2
# Mid grey: neither light nor dark hair melts into it.
_GREY: Final = Backdrop(kind="solid", color="#808080", vignette=0.0, texture=0.0)
_FLAT: Final = "The backdrop is one flat, even grey without shadow, gradient or texture."
# Tokens of the chat template and of the separators that the count of the words misses.
_TEMPLATE_TOKENS: Final = 32
# A picture whose values differ by less (of 255) is what numbers out of range decode to.
_EMPTY: Final = 1.0
_STEPS_OF_WARM_UP: Final = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How pictures of one quality are drawn."""

    preview: bool
    size: tuple[int, int]
    steps: int
    guidance: float
    # What the model's own documentation calls a reference.
    word: str
    tokens: int

    @classmethod
    def of(cls, look: Look) -> "Plan":
        """The plan that a look asks for."""
        options = look.engine_options
        if options.quality == "preview":
            return cls(
                True, PREVIEW_SIZE, pipelines.KLEIN_STEPS, pipelines.KLEIN_GUIDANCE, "image",
                pipelines.KLEIN_TOKENS,
            )  # fmt: skip
        guidance = options.guidance * _GUIDANCE_SHARE
        return cls(False, FINAL_SIZE, options.steps, guidance, "picture", pipelines.QWEN_TOKENS)


class Edit:
    """Draws portraits from the gallery's best photos; each candidate starts from another of them."""

    name = "edit"
    version = "1"

    def photograph(
        self, gallery: Gallery, look: Look, *, sitting: Sitting, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """`count` portraits. Raises EngineError, among them `model_missing`, `gpu_memory`, `drawn_empty`."""
        alone = Company([Sitter(gallery, sitting, seed, count, progress)])
        for _, portrait in _portraits(alone, look):
            yield portrait

    def at_once(self, look: Look) -> int:
        """The operator's batch for previews. Finals one by one: `QwenImageEditPlusPipeline` takes no more.
        See `engines.base.Together`."""
        return runtime.configured().batch if Plan.of(look).preview else 1

    def photograph_together(self, sitters: Sequence[Sitter], look: Look) -> list[Outcome]:
        """Everybody's pictures as one row of requests. See `engines.base.Together`."""
        company = Company(sitters)
        return company.outcomes(_portraits(company, look))

    def warm_up(self) -> None:
        """Load what is installed and draw a grey picture with it, so that compiling, tuning and reading
        weights are over before anybody waits. The finals' model last: it stays where only one fits."""
        for quality in ("preview", "final"):
            plan = Plan.of(Look.model_validate({"engine": "edit", "engine_options": {"quality": quality}}))
            grey = Image.new("RGB", plan.size, _GREY.color)
            request = Request((grey,) * MOST_REFERENCES, _FLAT, "", 0, plan.size)
            try:
                with _pipeline(plan) as loaded:
                    # Compiled code for one picture does not serve a batch.
                    for count in (1, 2) if plan.preview and loaded.at_once > 1 else (1,):
                        _attempt(loaded, plan, [request] * count, Steps(_to_nobody, _STEPS_OF_WARM_UP))
            except EngineError as error:
                if error.code != "model_missing":
                    raise


@dataclass(frozen=True, slots=True)
class _Ordered:
    """One request: whose, the photos in its order, and the words."""

    at: int
    photos: tuple[CheckedPhoto, ...]
    words: prompt.Prompt
    request: Request


def _portraits(company: Company, look: Look) -> Iterator[tuple[int, Portrait]]:
    """Everybody's portraits, each with whose it is; one person's in the order of their seeds."""
    plan = Plan.of(look)
    company.progress("choose", 0.0)
    with _pipeline(plan) as loaded:
        asked = [ordered for at, one in company.present() for ordered in _orders(at, one, look, plan, loaded)]
        present: Callable[[int], bool] = lambda index: not company.gone(asked[index].at)  # noqa: E731
        made = draw(loaded, plan, [one.request for one in asked], company.progress, present)
        for one, picture in zip(asked, made, strict=True):
            if picture is not None:
                how = _how(loaded, plan, one.request, one.photos, one.words)
                yield one.at, Portrait(drawn(picture, f"edit-{one.request.seed}"), "generated", how)


def _orders(at: int, sitter: Sitter, look: Look, plan: Plan, loaded: Loaded) -> Iterator[_Ordered]:
    """What is asked for one person."""
    photos = sitter.gallery.photos[:MOST_REFERENCES]
    references = [reference(photo, plan.size) for photo in photos]
    words = _words(loaded, look, sitter.sitting, plan, len(photos))
    for number, seed in enumerate(seeds(sitter.seed, sitter.count)):
        turned = _turned(references, number)
        request = Request(turned, words.positive, words.negative, seed, plan.size)
        yield _Ordered(at, _turned(photos, number), words, request)


def _to_nobody(stage: str, share: float) -> None:
    """The progress of a warm-up."""


def draw(
    loaded: Loaded,
    plan: Plan,
    asked: Sequence[Request],
    progress: Progress,
    present: Callable[[int], bool] = lambda index: True,
) -> Iterator[SRGB8 | None]:
    """The pictures of the requests in their order, as many at a time as the pipeline and memory allow; None
    for those whose people have left (`present` takes a request's place).

    Requests may be of several people: noise, words and references are each picture's own, so the company
    it is drawn in does not change it. Raises EngineError, Cancelled.
    """
    done = 0

    def work(part: Sequence[tuple[int, Request]]) -> list[Image.Image | None]:
        nonlocal done
        steps = Steps(progress, plan.steps, start=done / len(asked), end=(done + len(part)) / len(asked))
        there = [present(index) for index, _ in part]
        wanted = [request for (_, request), is_there in zip(part, there, strict=True) if is_there]
        pictures = iter(_attempt(loaded, plan, wanted, steps) if wanted else ())
        done += len(part)
        return [next(pictures) if is_there else None for is_there in there]

    kind = f"{plan.size[0]}x{plan.size[1]}"
    for same in runs(list(enumerate(asked)), lambda one: len(one[1].references)):
        most = loaded.at_once if plan.preview else 1
        batches = loaded.batches(same, most, work, f"{kind}, {len(same[0][1].references)} references")
        for _, picture in batches:
            yield None if picture is None else _pixels(picture, loaded.key)


def _attempt(loaded: Loaded, plan: Plan, part: Sequence[Request], steps: Steps) -> list[Image.Image]:
    if plan.preview:
        return pipelines.draw_klein(loaded, part, steps)
    return [pipelines.draw_qwen(loaded, part[0], steps, plan.guidance)]


def _pixels(picture: Image.Image, model: str) -> SRGB8:
    pixels = np.asarray(picture.convert("RGB"), np.uint8)
    if float(pixels.std()) < _EMPTY:
        raise EngineError("drawn_empty", model=model)
    return pixels


@contextmanager
def _pipeline(plan: Plan) -> Iterator[Loaded]:
    """The plan's pipeline, ready to draw. Raises EngineError as the store and the runtime do."""
    wanted = (PREVIEW_MODEL,) if plan.preview else FINAL_MODELS
    model, folder = _installed(wanted)
    load = pipelines.load_klein if plan.preview else pipelines.load_qwen
    needs = Needs(file_bytes(folder), working_bytes(*plan.size), few_steps=plan.preview, bf16_only=True)
    build: Callable[[Any], Any] = lambda dtype: load(folder, dtype)  # noqa: E731
    with runtime.shared().use(model, build, needs) as loaded:
        yield loaded


def _installed(models: Sequence[str]) -> tuple[str, Any]:
    """The first of the models that is installed, and where. Raises EngineError `model_missing` (of the
    first) or what is wrong with an installed one."""
    missing: EngineError | None = None
    for model in models:
        try:
            return model, configured.store().locate(model)
        except EngineError as error:
            if error.code != "model_missing":
                raise
            missing = missing or error
    assert missing is not None
    raise missing


def seeds(seed: int, count: int) -> list[int]:
    """A seed for each candidate, 31 bits; the first ones do not depend on how many there are."""
    return [int(np.random.SeedSequence([seed, at]).generate_state(1)[0]) >> 1 for at in range(count)]


def _turned(values: Sequence[Any], at: int) -> tuple[Any, ...]:
    """The values from another one on: each candidate takes pose and expression from another photo."""
    first = at % len(values)
    return (*values[first:], *values[:first])


def _words(loaded: Loaded, look: Look, sitting: Sitting, plan: Plan, references: int) -> prompt.Prompt:
    """The instruction: what the pictures are, what the look asks for, and the flat backdrop."""
    tokenizer = loaded.pipe.tokenizer

    def count(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    about = _about(references, plan.word)
    room = prompt.Room(count, plan.tokens - _TEMPLATE_TOKENS - count(f"{about} {_FLAT}"))
    grey = look.model_copy(update={"backdrop": _GREY})
    built = prompt.build(grey, sitting.visible, "edit", room)
    return prompt.Prompt(f"{about} {built.positive} {_FLAT}", built.negative, built.left_out)


def _about(references: int, word: str) -> str:
    """What the references show, in the words that the model was taught."""
    first = f"Photograph the person of {word} 1 anew in a studio."
    others = {
        1: "",
        2: f" {word.capitalize()} 2 shows the same person.",
        3: f" {word.capitalize()}s 2 and 3 show the same person.",
    }
    return first + others[references]


def _how(
    loaded: Loaded, plan: Plan, request: Request, photos: Sequence[CheckedPhoto], words: prompt.Prompt
) -> dict[str, str | int | float]:
    """How one picture was made, so that it can be made again."""
    how: dict[str, str | int | float] = {
        "photo": photos[0].name,
        "references": ", ".join(photo.name for photo in photos),
        "seed": request.seed,
        "model": loaded.key,
        "steps": plan.steps,
        "guidance": round(plan.guidance, 2),
        "prompt": request.positive,
        "negative_prompt": request.negative,
    }
    if words.left_out:
        how["prompt_left_out"] = "; ".join(words.left_out)
    return how


def reference(photo: CheckedPhoto, size: tuple[int, int]) -> Image.Image:
    """The photo around head and shoulders, (width, height) pixels: a part of the photo of that shape,
    smaller where the photo ends. Raises EngineError `face_model_failed` for a photo without a face."""
    if photo.decoded is None or photo.face is None:
        raise EngineError("face_model_failed")
    pixels = photo.decoded.pixels
    (x, y), unit = eye_middle(photo.face.landmarks), face_unit(photo.face.landmarks)
    shape = size[0] / size[1]
    tall = min(_TALL * unit, pixels.shape[0], pixels.shape[1] / shape)
    left = min(max(0.0, x - tall * shape / 2), pixels.shape[1] - tall * shape)
    top = min(max(0.0, y - tall * _ABOVE / _TALL), pixels.shape[0] - tall)
    box = (left, top, left + tall * shape, top + tall)
    return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, box=box)
