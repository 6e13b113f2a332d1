"""The person's photos and the style's pictures as embeddings for the IP-Adapters.

All adapters get theirs through `ip_adapter_image_embeds`: a FaceID adapter takes none of the image encoder's,
so the pipeline's own encoding cannot serve a mixture (Ye et al. 2023, IP-Adapter, arXiv:2308.06721).
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.imaging.errors import EngineError
from generation.imaging.landmarks import eye_middle, face_unit
from generation.imaging.types import SRGB8, CheckedPhoto, Face, Gallery

# Photos of the person that condition a picture: more make it an average of them.
MOST_FACES: Final = 4
# The face as the adapter's training crops show it: hair and chin in, shoulders out. Eye-to-chin units.
_CROP_REACH: Final = 1.55
_CROP_DOWN: Final = 0.15
# ArcFace's five points as points of the mesh: eyes, nose tip, corners of the mouth; the picture's left first.
_FIVE: Final = (468, 473, 1, 61, 291)
_CHIP_PX: Final = 112


def face_crops(gallery: Gallery) -> list[SRGB8]:
    """Square crops of the best photos' faces, best first."""
    photos = [photo for photo in gallery.photos if photo.decoded and photo.face][:MOST_FACES]
    return [_crop(photo.decoded.pixels, photo.face) for photo in photos if photo.decoded and photo.face]


def _crop(pixels: SRGB8, face: Face) -> SRGB8:
    unit, (x, y) = face_unit(face.landmarks), eye_middle(face.landmarks)
    reach = round(_CROP_REACH * unit)
    left, top = round(float(x)) - reach, round(float(y + _CROP_DOWN * unit)) - reach
    padded = cv2.copyMakeBorder(pixels, *(2 * reach,) * 4, cv2.BORDER_REPLICATE)
    left, top = max(0, left + 2 * reach), max(0, top + 2 * reach)
    return np.ascontiguousarray(padded[top : top + 2 * reach, left : left + 2 * reach], np.uint8)


def encoded(pipe: Any, adapter: int, pictures: Sequence[SRGB8], *, guided: bool) -> Any:
    """Embeddings of pictures for the n-th adapter by the pipeline's image encoder.

    A tensor (2 or 1, pictures, ...): with guidance the empty picture's first, as the pipelines expect.
    """
    import torch
    from diffusers.models.embeddings import ImageProjection

    layer = pipe.unet.encoder_hid_proj.image_projection_layers[adapter]
    images = [Image.fromarray(picture) for picture in pictures]
    with torch.inference_mode():
        told, empty = pipe.encode_image(
            images, pipe._execution_device, 1, not isinstance(layer, ImageProjection)
        )
    return torch.stack([empty, told]) if guided else told[None]


def faceid(pipe: Any, embedding: NDArray[np.float32], face: SRGB8, *, guided: bool) -> list[Any]:
    """A gallery's ArcFace embedding (512,) for the FaceID adapter: (2 or 1, 1, 1, 512). FaceID-Plus gets
    after it, for `many_people` to hand over, what the image encoder sees of the face."""
    import torch

    told = torch.from_numpy(embedding).to(pipe._execution_device, pipe.unet.dtype)[None, None, None]
    given = [torch.cat([torch.zeros_like(told), told]) if guided else told]
    if plus_layer(pipe) is not None:
        given.append(encoded(pipe, 0, [face], guided=guided))
    return given


def plus_layer(pipe: Any) -> Any:
    """The projection of FaceID-Plus; None without it."""
    layers = pipe.unet.encoder_hid_proj.image_projection_layers
    return next((layer for layer in layers if hasattr(layer, "clip_embeds")), None)


def forget(pipe: Any) -> None:
    """Let go of the face that FaceID-Plus keeps in the UNet: nobody's stays there between two calls."""
    plus = plus_layer(pipe)
    if plus is not None:
        plus.clip_embeds = None


def gallery_embedding(pack: Path, gallery: Gallery) -> NDArray[np.float32]:
    """(512,) float32: the normalised mean of the ArcFace embeddings of all photos (Deng et al. 2019).

    The mean, because FaceID takes one embedding, and several photos' mean is nearer to the person than any
    photo. Raises EngineError `weights_unreadable`.
    """
    recogniser = _recogniser(pack)
    found = [_arcface(recogniser, photo) for photo in gallery.photos if photo.decoded and photo.face]
    mean = np.mean([one / np.linalg.norm(one) for one in found], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


@lru_cache(maxsize=1)
def _recogniser(pack: Path) -> Any:
    from insightface import model_zoo

    for file in sorted(pack.rglob("*.onnx")):
        model = model_zoo.get_model(str(file), providers=["CPUExecutionProvider"])
        if getattr(model, "taskname", "") == "recognition":
            model.prepare(ctx_id=-1)
            return model
    raise EngineError("weights_unreadable", model=pack.name, detail="no recogniser in it")


def _arcface(recogniser: Any, photo: CheckedPhoto) -> NDArray[np.float32]:
    """The embedding of a face that the mesh has found already: no second detector needed."""
    from insightface.utils import face_align

    assert photo.decoded is not None and photo.face is not None
    points = photo.face.landmarks[list(_FIVE), :2]
    chip = face_align.norm_crop(photo.decoded.pixels[..., ::-1], points, _CHIP_PX)
    return np.asarray(recogniser.get_feat(chip)[0], np.float32)


@cache
def _weighed() -> Any:
    import torch

    class Weighed(torch.nn.Module):
        """The values of an adapter by its weight, which as a tensor is no part of compiled code."""

        def __init__(self, values: Any) -> None:
            super().__init__()
            self.values, self.weight = values, torch.ones(())

        def forward(self, seen: Any) -> Any:
            return self.values(seen) * self.weight

    return Weighed


def adjustable(unet: Any) -> None:
    """Let `weigh` decide how strongly each loaded adapter speaks.

    diffusers keeps that as a Python number, which compilation writes into its code: every other weight of
    identity or style would be compiled anew, and PyTorch gives up after a few. What an attention
    brings grows in proportion to its values, so they can be weighed instead.
    """
    for attention in unet.attn_processors.values():
        if hasattr(attention, "to_v_ip"):
            attention.to_v_ip = type(attention.to_v_ip)(map(_weighed(), attention.to_v_ip))


def weigh(pipe: Any, adapters: Sequence[tuple[float, dict[str, Any] | None]]) -> None:
    """Set the weight of each adapter (0 silences it), and the UNet's blocks in which it speaks: all (None) or
    those with a 1, told as diffusers' `set_ip_adapter_scale` takes them."""
    import torch

    pipe.set_ip_adapter_scale([(blocks or 1.0) if weight else 0.0 for weight, blocks in adapters])
    for attention in pipe.unet.attn_processors.values():
        if hasattr(attention, "to_v_ip"):
            for values, (weight, _) in zip(attention.to_v_ip, adapters, strict=True):
                values.weight = torch.tensor(float(weight))


@cache
def many_people(kind: type) -> Any:
    """A pipeline class that takes embeddings of each picture's own person. diffusers' repeats those it is
    given once per picture, which is right for one person only; and FaceID-Plus reads from the UNet, not from
    its arguments, what the face looks like, which here are the last of the embeddings."""
    import torch

    parent: Any = kind

    class ManyPeople(parent):  # type: ignore[misc]
        def prepare_ip_adapter_image_embeds(
            self, ip_adapter_image: Any, ip_adapter_image_embeds: Any, device: Any, count: int, guided: bool
        ) -> list[Any]:
            own = count * (2 if guided else 1)
            ready = [one.to(device) for one in ip_adapter_image_embeds]
            if count == 1 or any(one.shape[0] != own for one in ready):
                halves = [one.chunk(2) if guided else (one,) for one in ready]
                ready = [torch.cat([half for half in each for _ in range(count)]) for each in halves]
            plus = plus_layer(self)
            if plus is not None:
                plus.clip_embeds = ready.pop()
            return ready

    ManyPeople.__name__ = ManyPeople.__qualname__ = kind.__name__
    return ManyPeople
