"""The entries that Onelight ships: repositories, licences and sizes as their publishers state them.

No checksums stand here because none could be taken from the publishers' files when this was written; the
store pins them at the first installation (see `ModelEntry.files`).
"""

from typing import Final

from generation.imaging.models.table import GIB, NOT_OF_A_PACK, EncoderFacts, ModelEntry, Needs
from generation.imaging.models.wheels import IDENTITY_ENCODER, WHEEL_MODELS, WheelModel

SDXL_BASE: Final = "sdxl-base"
SDXL_VAE: Final = "sdxl-vae-fp16-fix"
SDXL_CONTROL: Final = "sdxl-controlnet-union-promax"
DEPTH: Final = "depth-anything-v2-small"
IP_ADAPTER_FACE: Final = "ip-adapter-plus-face-sdxl"
IP_ADAPTER_STYLE: Final = "ip-adapter-plus-sdxl"
IP_ADAPTER_ENCODER: Final = "ip-adapter-image-encoder"
IP_ADAPTER_FACEID: Final = "ip-adapter-faceid-sdxl"
IP_ADAPTER_FACEID_PLUS: Final = "ip-adapter-faceid-plusv2-sdxl"
SDXL_LCM: Final = "sdxl-lcm-lora"
SDXL_LIGHTNING: Final = "sdxl-lightning-lora"
FIRERED_EDIT: Final = "firered-image-edit-1.1"
QWEN_EDIT: Final = "qwen-image-edit-2511"
FLUX2_KLEIN: Final = "flux2-klein-4b"
BUFFALO_L: Final = "insightface-buffalo-l"
ANTELOPE_V2: Final = "insightface-antelopev2"

# dlib's numbers are those of `identity/likeness.py`, measured on labelled photos.
_DLIB: Final = EncoderFacts("dlib", "euclidean", threshold=0.455, usual=0.36, even=0.55, steepness=13.0)
# ArcFace-type embeddings compare by cosine; distance here is 1 - cosine. No pack could be fetched to measure
# it: same-person pairs of real photos have a median similarity near 0.46 and different people lie around 0.
# A bound of 0.35 is strict beside the 0.32 that DeepFace ships for ArcFace. The curve gives the same words as
# dlib's: likeness 0.93 at the usual distance, 0.01 between strangers. `manage.py models measure` measures the
# threshold on an operator's own photos, and `table.toml` takes it.
_ARCFACE: Final = EncoderFacts("arcface", "cosine", threshold=0.65, usual=0.54, even=0.706, steepness=15.6)

_RAIL: Final = "CreativeML Open RAIL++-M"
_INSIGHTFACE: Final = "InsightFace models, non-commercial research"
_PIPELINE: Final = ("*.json", "*.txt", "*.jinja", "*.model", "*.safetensors")


def _gib(disk: float, gpu: float, ram: float) -> Needs:
    return Needs(round(disk * GIB), round(gpu * GIB), round(ram * GIB))


def _hub(
    name: str, role: object, repo: str, licence: str, hub_licence: str, needs: Needs, **more: object
) -> ModelEntry:
    """An entry that lies on the hub, commercial use allowed unless `more` says otherwise."""
    values: dict[str, object] = {"commercial": True, "revision": "main", "files": None, **more}
    return ModelEntry(
        name=name,
        role=role,  # type: ignore[arg-type]
        repo=repo,
        licence=licence,
        hub_licence=hub_licence,
        needs=needs,
        source=f"https://huggingface.co/{repo}",
        **values,  # type: ignore[arg-type]
    )


def _carried(model: WheelModel) -> ModelEntry:
    roles = {"selfie_segmentation": "segmentation", "dlib_face": "identity"}
    role = next((role for part, role in roles.items() if part in model.path), "face")
    return ModelEntry(
        name=model.name,
        role=role,  # type: ignore[arg-type]
        repo="",
        revision=f"{model.package} {model.version}",
        files=None,
        licence=model.licence,
        commercial=model.commercial,
        needs=Needs(0, 0, 0),
        source=model.source,
        encoder=_DLIB if model is IDENTITY_ENCODER else None,
        wheel=model,
    )


def _pack(name: str, archive: str, needs: Needs) -> ModelEntry:
    return ModelEntry(
        name=name,
        role="identity",
        repo="",
        revision="model-zoo",
        files=None,
        licence=_INSIGHTFACE,
        commercial=False,
        needs=needs,
        source="https://github.com/deepinsight/insightface#license",
        archive=f"https://github.com/deepinsight/insightface/releases/download/model-zoo/{archive}.zip",
        include=("*.onnx", "*.json"),
        exclude=NOT_OF_A_PACK,
        required=("*.onnx",),
        encoder=_ARCFACE,
    )


def _faceid(name: str, file: str, needs: Needs) -> ModelEntry:
    """One of the adapters that ArcFace steers."""
    return _hub(
        name,
        "adapter",
        "h94/IP-Adapter-FaceID",
        "IP-Adapter-FaceID, non-commercial research",
        "",
        needs,
        commercial=False,
        # Published as a pickle only. Read it by torch.load(..., weights_only=True), which runs no code.
        include=(f"{file}.bin",),
        also_allowed=(".bin",),
        required=(f"{file}.*",),
    )


_SDXL = (
    _hub(
        SDXL_BASE,
        "base",
        "stabilityai/stable-diffusion-xl-base-1.0",
        _RAIL,
        "openrail++",
        _gib(6.5, 10, 14),
        include=(
            "model_index.json",
            "scheduler/*.json",
            "tokenizer*/*",
            "text_encoder*/config.json",
            "text_encoder*/model.fp16.safetensors",
            "unet/config.json",
            "unet/*.fp16.safetensors",
            "vae/config.json",
            "vae/*.fp16.safetensors",
        ),
        required=(
            "model_index.json",
            "unet/*.safetensors",
            "vae/*.safetensors",
            "text_encoder*/*.safetensors",
        ),
    ),
    _hub(
        SDXL_VAE,
        "vae",
        "madebyollin/sdxl-vae-fp16-fix",
        "MIT",
        "mit",
        _gib(0.35, 0.4, 0.4),
        include=("config.json", "diffusion_pytorch_model.safetensors"),
        required=("config.json", "*.safetensors"),
    ),
    _hub(
        SDXL_CONTROL,
        "control",
        "xinsir/controlnet-union-sdxl-1.0",
        "Apache-2.0",
        "apache-2.0",
        _gib(2.4, 2.6, 2.6),
        include=("config_promax.json", "diffusion_pytorch_model_promax.safetensors"),
        renamed=(
            ("config_promax.json", "config.json"),
            ("diffusion_pytorch_model_promax.safetensors", "diffusion_pytorch_model.safetensors"),
        ),
        required=("config.json", "*.safetensors"),
    ),
    # The small one: base and large are non-commercial.
    _hub(
        DEPTH,
        "depth",
        "depth-anything/Depth-Anything-V2-Small-hf",
        "Apache-2.0",
        "apache-2.0",
        _gib(0.1, 0, 0.4),
        include=("config.json", "preprocessor_config.json", "model.safetensors"),
        required=("config.json", "*.safetensors"),
    ),
    _hub(
        IP_ADAPTER_FACE,
        "adapter",
        "h94/IP-Adapter",
        "Apache-2.0",
        "apache-2.0",
        _gib(0.8, 0.9, 0.9),
        include=("sdxl_models/ip-adapter-plus-face_sdxl_vit-h.safetensors",),
        required=("sdxl_models/*.safetensors",),
    ),
    _hub(
        IP_ADAPTER_STYLE,
        "adapter",
        "h94/IP-Adapter",
        "Apache-2.0",
        "apache-2.0",
        _gib(0.8, 0.9, 0.9),
        include=("sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors",),
        required=("sdxl_models/*.safetensors",),
    ),
    _hub(
        IP_ADAPTER_ENCODER,
        "image encoder",
        "h94/IP-Adapter",
        "Apache-2.0",
        "apache-2.0",
        _gib(2.4, 1.3, 2.5),
        include=("models/image_encoder/config.json", "models/image_encoder/model.safetensors"),
        required=("models/image_encoder/config.json", "models/image_encoder/*.safetensors"),
    ),
    _faceid(IP_ADAPTER_FACEID, "ip-adapter-faceid_sdxl", _gib(1.0, 1.1, 1.1)),
    _faceid(IP_ADAPTER_FACEID_PLUS, "ip-adapter-faceid-plusv2_sdxl", _gib(1.4, 1.5, 1.5)),
    _hub(
        SDXL_LCM,
        "few steps",
        "latent-consistency/lcm-lora-sdxl",
        _RAIL,
        "openrail++",
        _gib(0.4, 0.4, 0.4),
        include=("pytorch_lora_weights.safetensors",),
        required=("*.safetensors",),
    ),
    _hub(
        SDXL_LIGHTNING,
        "few steps",
        "ByteDance/SDXL-Lightning",
        _RAIL,
        "openrail++",
        _gib(0.4, 0.4, 0.4),
        include=("sdxl_lightning_4step_lora.safetensors",),
        required=("*.safetensors",),
    ),
)
_EDIT = (
    _hub(
        FIRERED_EDIT,
        "edit",
        "FireRedTeam/FireRed-Image-Edit-1.1",
        "Apache-2.0",
        "apache-2.0",
        _gib(54, 60, 64),
        include=_PIPELINE,
        required=("model_index.json", "transformer/*.safetensors", "text_encoder/*.safetensors", "vae/*"),
    ),
    _hub(
        QWEN_EDIT,
        "edit",
        "Qwen/Qwen-Image-Edit-2511",
        "Apache-2.0",
        "apache-2.0",
        _gib(54, 60, 64),
        include=_PIPELINE,
        required=("model_index.json", "transformer/*.safetensors", "text_encoder/*.safetensors", "vae/*"),
    ),
    _hub(
        FLUX2_KLEIN,
        "edit preview",
        "black-forest-labs/FLUX.2-klein-4B",
        "Apache-2.0",
        "apache-2.0",
        _gib(15, 13, 18),
        # The repository also holds the transformer as one file at its root, for other programs.
        include=("model_index.json", "*/*.json", "*/*.txt", "*/*.jinja", "*/*.safetensors"),
        required=("model_index.json", "transformer/*.safetensors", "text_encoder/*.safetensors", "vae/*"),
    ),
)
_OTHERS = (
    _pack(BUFFALO_L, "buffalo_l", _gib(0.32, 0.6, 0.6)),
    _pack(ANTELOPE_V2, "antelopev2", _gib(0.4, 0.7, 0.7)),
    _hub(
        "birefnet",
        "matte",
        "onnx-community/BiRefNet-ONNX",
        "MIT",
        "mit",
        _gib(0.95, 3, 3),
        include=("*.json", "onnx/model.onnx"),
        required=("onnx/model.onnx",),
    ),
    _hub(
        "modnet",
        "matte",
        "Xenova/modnet",
        "Apache-2.0",
        "apache-2.0",
        _gib(0.03, 0.3, 0.3),
        include=("*.json", "onnx/model.onnx"),
        required=("onnx/model.onnx",),
    ),
    _hub(
        "real-esrgan-x4plus",
        "upscale",
        "Comfy-Org/Real-ESRGAN",
        "BSD-3-Clause",
        "",
        _gib(0.07, 2, 1),
        include=("*RealESRGAN_x4plus.safetensors",),
        required=("*.safetensors",),
    ),
)
SHIPPED: Final[dict[str, ModelEntry]] = {
    entry.name: entry for entry in (*map(_carried, WHEEL_MODELS), *_SDXL, *_EDIT, *_OTHERS)
}
