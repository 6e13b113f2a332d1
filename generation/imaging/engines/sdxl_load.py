"""The weights that SDXL takes, and the pipeline that is built from them.

Loaded once per quality and kept by the runtime. Both IP-Adapters (the person's face, the style's pictures)
are always loaded; FaceID joins them where the operator holds its licence and has installed it. PyTorch and
diffusers are imported late.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from generation.imaging.engines import sdxl_identity
from generation.imaging.engines.placement import Needs, file_bytes, working_bytes
from generation.imaging.engines.sdxl_control import letting_go
from generation.imaging.errors import EngineError
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelState, ModelStore

Quality = Literal["preview", "final"]
FewKind = Literal["", "lightning", "lcm"]
_NO_FEW: Final[tuple[None, FewKind]] = (None, "")
# By preference.
_FACEID: Final = (shipped.IP_ADAPTER_FACEID_PLUS, shipped.IP_ADAPTER_FACEID)
# Where the hub's repositories keep what they hold.
_ENCODER_FOLDER: Final = "models/image_encoder"
_ADAPTER_FOLDER: Final = "sdxl_models"
# Working memory in that of a decoder in two-byte numbers (`working_bytes`). Counted over the full-size
# architecture (896 x 1152 to 1856 x 2304, storages alive at a time): the decoder takes 1540 bytes a pixel and
# the encoder 1290, UNet 330 and ControlNet 480 at most with guidance, at other times. SDXL's own VAE, unlike
# the repaired one, is computed in four-byte numbers.
_WORKING: Final = 1
_WORKING_OWN_VAE: Final = 2


@dataclass(frozen=True, slots=True)
class Weights:
    """Verified folders of everything that is loaded; None for what is optional and not there."""

    base: Path
    control: Path
    face: Path
    style: Path
    encoder: Path
    vae: Path | None
    faceid: Path | None
    # The identity pack that FaceID was trained on.
    pack: Path | None
    # A LoRA for few steps, and which scheduler goes with it.
    few: Path | None
    few_kind: FewKind
    # A network that sees depth; not part of the pipeline.
    depth: Path | None = None
    # FaceID's name in the model table where it is loaded.
    faceid_name: str = ""
    # Installed models that would have been loaded but may not, each with the code of the reason.
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What the runtime keeps the pipeline under: other files are another pipeline."""
        folders = (self.base, self.control, self.face, self.style, self.encoder, self.vae, self.faceid)
        stamps = [(str(folder), folder.stat().st_mtime_ns) for folder in folders if folder]
        digest = hashlib.sha256(repr(stamps).encode()).hexdigest()[:8]
        return f"sdxl {self.few_kind or 'final'}{' faceid' if self.faceid else ''} {digest}"

    @property
    def native_px(self) -> int:
        """Side of the square pictures that the model was trained on."""
        unet = json.loads((self.base / "unet/config.json").read_text())
        vae = json.loads(((self.vae or self.base / "vae") / "config.json").read_text())
        return int(unet["sample_size"] * 2 ** (len(vae["block_out_channels"]) - 1))

    @property
    def grain_px(self) -> int:
        """What a picture's sides must be multiples of: the VAE and the UNet halve them so often."""
        unet = json.loads((self.base / "unet/config.json").read_text())
        vae = json.loads(((self.vae or self.base / "vae") / "config.json").read_text())
        return int(2 ** (len(vae["block_out_channels"]) + len(unet["block_out_channels"]) - 2))

    def needs(self, size: tuple[int, int]) -> Needs:
        """Bytes of the weights and of one picture of `size` (width, height)."""
        folders = (self.base, self.control, self.face, self.style, self.encoder, self.vae, self.faceid)
        weights = sum(file_bytes(folder) for folder in folders if folder)
        share = _WORKING if self.vae else _WORKING_OWN_VAE
        return Needs(weights, share * working_bytes(*size))


def installed(store: ModelStore, quality: Quality) -> Weights:
    """What the store holds. Raises the store's EngineErrors for what is missing, changed or not licensed."""
    few, kind = _few_steps(store) if quality == "preview" else _NO_FEW
    pack = _optional(store, shipped.BUFFALO_L)
    name, faceid = _faceid(store) if pack else ("", None)
    return Weights(
        base=store.locate(shipped.SDXL_BASE),
        control=store.locate(shipped.SDXL_CONTROL),
        face=store.locate(shipped.IP_ADAPTER_FACE),
        style=store.locate(shipped.IP_ADAPTER_STYLE),
        encoder=store.locate(shipped.IP_ADAPTER_ENCODER),
        vae=_optional(store, shipped.SDXL_VAE),
        faceid=faceid,
        pack=pack if faceid else None,
        few=few,
        few_kind=kind,
        depth=_optional(store, shipped.DEPTH),
        faceid_name=name,
        left_out=left_out(store),
    )


def _optional(store: ModelStore, name: str) -> Path | None:
    """The model's folder where it is installed and may be used, None otherwise. A changed or incomplete
    one raises: it was meant to be used."""
    state = store.state(name)
    if state.state in ("missing", "partial") or state.refused:
        return None
    return store.locate(name)


def _faceid(store: ModelStore) -> tuple[str, Path | None]:
    """FaceID-Plus, which also sees the face, before FaceID: name and folder."""
    for name in _FACEID:
        folder = _optional(store, name)
        if folder:
            return name, folder
    return "", None


def left_out(store: ModelStore) -> tuple[tuple[str, str], ...]:
    """Where FaceID is installed: which of its parts keeps it from being used, and the code why."""
    why = {name: one.refused for name, one in _present(store, *_FACEID).items()}
    if not why:
        return ()
    pack = _present(store, shipped.BUFFALO_L).get(shipped.BUFFALO_L)
    why[shipped.BUFFALO_L] = pack.refused if pack else "model_missing"
    return tuple((name, code) for name, code in why.items() if code)


def _present(store: ModelStore, *names: str) -> dict[str, ModelState]:
    """The states of those of these models that are there, whether they may be used or not."""
    found = {name: store.state(name) for name in names}
    return {name: one for name, one in found.items() if one.state not in ("missing", "partial")}


def _few_steps(store: ModelStore) -> tuple[Path, FewKind]:
    lightning = _optional(store, shipped.SDXL_LIGHTNING)
    if lightning:
        return lightning, "lightning"
    return store.locate(shipped.SDXL_LCM), "lcm"


def build(weights: Weights) -> Callable[[Any], Any]:
    """How the runtime makes the pipeline in a dtype. Raises EngineError `weights_mismatch` where the parts
    do not belong together, or what the libraries raise on files they cannot read."""

    def make(dtype: Any) -> Any:
        pipe = _parts(weights, dtype)
        _check(pipe)
        _adapters(pipe, weights)
        if weights.faceid:
            _merge_loras(pipe)
        if weights.few:
            # After FaceID's own are merged: of several that are loaded only the last would be.
            pipe.load_lora_weights(str(weights.few), weight_name=_one(weights.few), local_files_only=True)
            _merge_loras(pipe)
        sdxl_identity.adjustable(pipe.unet)
        return pipe

    return make


def _merge_loras(pipe: Any) -> None:
    """Adapt the weights once instead of at every step. Only LoRAs: fusing projections of the UNet would
    replace its attention processors and with them, silently, the IP-Adapters."""
    pipe.fuse_lora()
    pipe.unload_lora_weights()


def _parts(weights: Weights, dtype: Any) -> Any:
    import diffusers
    from transformers import CLIPVisionModelWithProjection

    kit: Any = diffusers
    local: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    more: dict[str, Any] = {}
    if weights.vae:
        more["vae"] = kit.AutoencoderKL.from_pretrained(weights.vae, dtype=dtype, **local)
    half = any(weights.base.glob("unet/*.fp16.safetensors"))
    return sdxl_identity.many_people(kit.StableDiffusionXLControlNetUnionPipeline).from_pretrained(
        weights.base,
        controlnet=letting_go().from_pretrained(weights.control, dtype=dtype, **local),
        image_encoder=CLIPVisionModelWithProjection.from_pretrained(
            weights.encoder / _ENCODER_FOLDER, dtype=dtype, local_files_only=True
        ),
        dtype=dtype,
        variant="fp16" if half else None,
        # Where a picture comes from is told by its signed manifest, not by changing its pixels.
        add_watermarker=False,
        **local,
        **more,
    )


def _adapters(pipe: Any, weights: Weights) -> None:
    """The face first, then the style, then FaceID: the order of scales and embeddings."""
    folders = [weights.face, weights.style, *([weights.faceid] if weights.faceid else [])]
    inside = [_ADAPTER_FOLDER, _ADAPTER_FOLDER, ""][: len(folders)]
    names = [_one(folder / sub) for folder, sub in zip(folders, inside, strict=True)]
    pipe.load_ip_adapter(
        [str(folder) for folder in folders],
        subfolder=inside,
        weight_name=names,
        image_encoder_folder=None,
        local_files_only=True,
    )
    plus = sdxl_identity.plus_layer(pipe)
    if plus is not None:
        # The second version, the one that is in the table, adds to the embedding what the face shows.
        plus.shortcut = True
    hidden = pipe.image_encoder.config.hidden_size
    for layer in pipe.unet.encoder_hid_proj.image_projection_layers[:2]:
        wanted = getattr(layer, "proj_in", None)
        if wanted is not None and wanted.in_features != hidden:
            raise EngineError(
                "weights_mismatch", what="image encoder", wanted=wanted.in_features, found=hidden
            )


def _one(folder: Path) -> str:
    """The weight file of a folder that holds one."""
    found = sorted(file.name for file in folder.iterdir() if file.suffix in (".safetensors", ".bin"))
    if not found:
        raise EngineError("weights_unreadable", model=folder.name, detail="no weights")
    return found[0]


def _check(pipe: Any) -> None:
    """That the parts have each other's sizes: a mismatch would only show in the middle of a picture."""
    unet, control = pipe.unet.config, pipe.controlnet.config
    text = sum(one.config.hidden_size for one in (pipe.text_encoder, pipe.text_encoder_2) if one is not None)
    pairs = {
        "ControlNet": (unet.cross_attention_dim, control.cross_attention_dim),
        "ControlNet's blocks": (list(unet.block_out_channels), list(control.block_out_channels)),
        "text encoders": (unet.cross_attention_dim, text),
        "VAE": (unet.in_channels, pipe.vae.config.latent_channels),
    }
    for what, (wanted, found) in pairs.items():
        if wanted != found:
            raise EngineError("weights_mismatch", what=what, wanted=str(wanted), found=str(found))
