"""SDXL, ControlNet-Union, IP-Adapters and FaceID with few random weights, in the files that the hub has.

The VAE is exact: its weights are set by hand so that it keeps pictures, which lets a person's face survive a
weak img2img through an otherwise random model, and a whole shoot come to its end.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from branding.look import STARTERS
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.prompt import Visible, build

# Tests share a machine: threads that wait for each other cost more than they bring.
torch.set_num_threads(1)
# One side of the pictures that the model draws at its own size.
NATIVE_PX: Final = 64
BLOCKS: Final = (32, 32, 64)
CROSS: Final = 64
TEXT: Final = 32
# Latents are larger than noise by this much: what the random model adds stays small beside the picture.
SCALING: Final = 12.0
_K, _LIFT, _GROUP = 100.0, 20.0, 8


def write_all(folder: Path) -> dict[str, Path]:
    """The weights of every SDXL entry of the model table as repositories below `folder`, by entry."""
    torch.manual_seed(7)
    unet = _unet()
    return {
        shipped.SDXL_BASE: _base(folder / "base", unet),
        shipped.SDXL_CONTROL: _control(folder / "control"),
        shipped.IP_ADAPTER_FACE: _adapter(folder / "face", unet, "ip-adapter-plus-face_sdxl_vit-h"),
        shipped.IP_ADAPTER_STYLE: _adapter(folder / "style", unet, "ip-adapter-plus_sdxl_vit-h"),
        shipped.IP_ADAPTER_ENCODER: _image_encoder(folder / "encoder"),
        shipped.SDXL_LCM: _lora(folder / "lcm", unet),
        shipped.IP_ADAPTER_FACEID: _faceid(folder / "faceid", unet),
        shipped.IP_ADAPTER_FACEID_PLUS: _faceid_plus(folder / "faceid-plus", unet),
        shipped.BUFFALO_L: _pack(folder / "pack"),
    }


def install(store: ModelStore, sources: dict[str, Path], *names: str) -> None:
    """Accept the licences of these entries (all but the non-commercial by default) and install them."""
    for name in names or [one for one in sources if store.entry(one).commercial]:
        store.accept_licence(name, "tests")
        store.install_from_directory(name, sources[name])


def _unet(**changes: Any) -> Any:
    from diffusers import UNet2DConditionModel

    up = ("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D")
    own = {"sample_size": NATIVE_PX, "out_channels": 4, "up_block_types": up}
    unet = UNet2DConditionModel(**{**_blocks(), **own, **changes})
    with torch.no_grad():
        # Random weights predict next to nothing; what conditions them must show.
        unet.conv_out.weight.mul_(6)
    return unet


def _blocks() -> dict[str, Any]:
    return {
        "in_channels": 4,
        "block_out_channels": BLOCKS,
        "down_block_types": ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        "layers_per_block": 2,
        "norm_num_groups": 16,
        "attention_head_dim": (2, 2, 4),
        "cross_attention_dim": CROSS,
        "transformer_layers_per_block": 1,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 80,
    }


def _base(folder: Path, unet: Any) -> Path:
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=2000, hidden_size=TEXT, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        projection_dim=32, max_position_embeddings=77, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    scheduler = DPMSolverMultistepScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
    )
    pipe = StableDiffusionXLPipeline(
        vae=exact_vae(),
        text_encoder=CLIPTextModel(config),
        text_encoder_2=CLIPTextModelWithProjection(config),
        tokenizer=_tokenizer(folder / "words"),
        tokenizer_2=_tokenizer(folder / "words"),
        unet=unet,
        scheduler=scheduler,
        add_watermarker=False,
    )
    pipe.save_pretrained(folder / "repository", variant="fp16", safe_serialization=True)
    return folder / "repository"


def _tokenizer(folder: Path) -> Any:
    """CLIP's tokenizer with a vocabulary learned from the starters' prompts."""
    import json

    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    learned = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    learned.normalizer = normalizers.Lowercase()
    learned.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = ["<|startoftext|>", "<|endoftext|>"]
    alphabet = [chr(code) for code in range(33, 127)]
    trainer = trainers.BpeTrainer(
        vocab_size=1900, special_tokens=ends, end_of_word_suffix="</w>", initial_alphabet=alphabet
    )
    worn = Visible(glasses=True, beard=True, head_covering=True, hair="long")
    built = [build(look, seen) for look in STARTERS.values() for seen in (worn, Visible())]
    learned.train_from_iterator([text for one in built for text in (one.positive, one.negative)] * 3, trainer)
    learned.model.save(str(folder))
    vocabulary = json.loads((folder / "vocab.json").read_text())
    for sign in alphabet:
        vocabulary.setdefault(f"{sign}</w>", len(vocabulary))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def exact_vae() -> Any:
    """An AutoencoderKL that keeps every pixel.

    Residual branches are silenced. The last norm divides a group of channels by their deviation: each
    colour stands with its negative (so that their mean is 0) among constants that decide the deviation, and
    is lifted to where SiLU is the identity.
    """
    from diffusers import AutoencoderKL

    vae = AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(32,), layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
        norm_num_groups=32 // _GROUP, mid_block_add_attention=False, force_upcast=False,
        scaling_factor=SCALING,
    )  # fmt: skip
    with torch.no_grad():
        for name, module in vae.named_modules():
            if name.endswith("conv2"):
                module.weight.zero_()
                module.bias.zero_()
        for half, colours in ((vae.encoder, 8), (vae.decoder, 3)):
            _spread(half.conv_in)
            _norm(half.conv_norm_out)
            _gather(half.conv_out, colours)
        for mix in (vae.quant_conv, vae.post_quant_conv):
            mix.weight.copy_(torch.eye(mix.weight.shape[0])[:, :, None, None])
            mix.bias.zero_()
        # The other half of the encoder's channels is the logarithm of a variance: none.
        vae.quant_conv.bias[4:] = -30.0
    return vae


def _spread(conv: nn.Conv2d) -> None:
    """Colour c to the first channel of group c and its negative to the last, constants between them."""
    conv.weight.zero_()
    conv.bias.copy_(torch.tensor([0.0, _K, -_K, _K, -_K, _K, -_K, 0.0] * 4))
    for colour in range(3):
        conv.weight[colour * _GROUP, colour, 1, 1] = 1.0
        conv.weight[colour * _GROUP + 7, colour, 1, 1] = -1.0


def _norm(norm: nn.GroupNorm) -> None:
    norm.weight.fill_(_K * 0.75**0.5)
    norm.bias.fill_(_LIFT)


def _gather(conv: nn.Conv2d, outputs: int) -> None:
    conv.weight.zero_()
    conv.bias.zero_()
    for colour in range(min(outputs, 3)):
        conv.weight[colour, colour * _GROUP, 1, 1] = 1.0
        conv.bias[colour] = -_LIFT


def _control(folder: Path, **changes: Any) -> Path:
    from diffusers import ControlNetUnionModel

    blocks = {**_blocks(), **changes}
    control = ControlNetUnionModel(
        **blocks, num_control_type=8, num_trans_channel=BLOCKS[0], num_proj_channel=BLOCKS[0],
        num_trans_head=4, conditioning_embedding_out_channels=(16,),
    )  # fmt: skip
    with torch.no_grad():
        # ControlNets begin with nothing to say.
        for weight in control.parameters():
            if not weight.any():
                weight.normal_(std=0.2)
    control.save_pretrained(folder)
    (folder / "config.json").rename(folder / "config_promax.json")
    weights = "diffusion_pytorch_model{}.safetensors"
    (folder / weights.format("")).rename(folder / weights.format("_promax"))
    return folder


def _processors(unet: Any) -> dict[int, tuple[str, int]]:
    """Number, name and width of every cross-attention, as IP-Adapter files number them."""
    found = {}
    for number, name in enumerate(unet.attn_processors):
        if name.endswith("attn2.processor"):
            found[number] = (name, unet.get_submodule(name.rpartition(".")[0]).to_q.out_features)
    return found


def _to_kv(unet: Any) -> dict[str, torch.Tensor]:
    return {
        f"{number}.to_{kind}_ip.weight": torch.randn(width, CROSS) * 0.3
        for number, (_, width) in _processors(unet).items()
        for kind in "kv"
    }


def _adapter(folder: Path, unet: Any, name: str, hidden: int = 32) -> Path:
    from diffusers.models.embeddings import IPAdapterPlusImageProjection
    from safetensors.torch import save_file

    projection = IPAdapterPlusImageProjection(
        embed_dims=hidden, output_dims=CROSS, hidden_dims=64, heads=1, num_queries=4
    )
    weights = {f"image_proj.{key}": value for key, value in _as_published(projection.state_dict()).items()}
    weights |= {f"ip_adapter.{key}": value for key, value in _to_kv(unet).items()}
    (folder / "sdxl_models").mkdir(parents=True)
    save_file(weights, folder / "sdxl_models" / f"{name}.safetensors")
    return folder


def _as_published(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """IP-Adapter's own names for diffusers' resampler; keys and values are one matrix there."""
    parts = {
        "ln0": "0.norm1", "ln1": "0.norm2", "attn.to_q": "0.to_q", "attn.to_out.0": "0.to_out",
        "ff.0": "1.0", "ff.1.net.0.proj": "1.1", "ff.1.net.2": "1.3",
    }  # fmt: skip
    out = {}
    for key, value in state.items():
        stem, _, end = key.rpartition(".")
        head, number, part = (*stem.split(".", 2), "", "")[:3]
        if part == "attn.to_k":
            both = [value, state[key.replace("to_k", "to_v")]]
            out[f"layers.{number}.0.to_kv.{end}"] = torch.cat(both)
        elif head == "layers" and part != "attn.to_v":
            out[f"layers.{number}.{parts[part]}.{end}"] = value
        elif head != "layers":
            out[key] = value
    return {key: value.contiguous() for key, value in out.items()}


def _image_encoder(folder: Path) -> Path:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, projection_dim=32,
        image_size=32, patch_size=8,
    )  # fmt: skip
    CLIPVisionModelWithProjection(config).save_pretrained(folder / "models/image_encoder")
    return folder


def _lora(folder: Path, unet: Any) -> Path:
    from safetensors.torch import save_file

    weights = {}
    for name, width in _processors(unet).values():
        layer = f"unet.{name.rpartition('.')[0]}.to_q"
        weights[f"{layer}.lora_A.weight"] = torch.randn(4, width) * 0.2
        weights[f"{layer}.lora_B.weight"] = torch.randn(width, 4) * 0.2
    folder.mkdir(parents=True)
    save_file(weights, folder / "pytorch_lora_weights.safetensors")
    return folder


def _faceid(folder: Path, unet: Any) -> Path:
    """As published: a pickle with an image projection, keys and values, and LoRAs of every attention."""
    from diffusers.models.embeddings import IPAdapterFaceIDImageProjection

    projection = IPAdapterFaceIDImageProjection(
        image_embed_dim=512, cross_attention_dim=CROSS, mult=2, num_tokens=4
    )
    names = {"ff.net.0.proj": "proj.0", "ff.net.2": "proj.2"}
    image = {}
    for key, value in projection.state_dict().items():
        stem, _, end = key.rpartition(".")
        image[f"{names.get(stem, stem)}.{end}"] = value
    return _steered_by_arcface(folder, unet, image, "ip-adapter-faceid_sdxl.bin")


def _faceid_plus(folder: Path, unet: Any, hidden: int = 32) -> Path:
    """The same with a resampler that also reads what the image encoder sees of the face."""
    from diffusers.models.embeddings import IPAdapterFaceIDPlusImageProjection

    plus: Any = IPAdapterFaceIDPlusImageProjection
    state = plus(embed_dims=CROSS, output_dims=CROSS, hidden_dims=hidden, heads=1).state_dict()
    own = {key: value for key, value in state.items() if key.startswith(("proj.", "norm."))}
    seen = {key: value for key, value in state.items() if key not in own}
    image = {f"perceiver_resampler.{key}": value for key, value in _as_published(seen).items()}
    for key, value in own.items():
        image[key.replace("proj.net.0.proj", "proj.0").replace("proj.net.2", "proj.2")] = value
    return _steered_by_arcface(folder, unet, image, "ip-adapter-faceid-plusv2_sdxl.bin")


def _steered_by_arcface(folder: Path, unet: Any, image: dict[str, torch.Tensor], file: str) -> Path:
    adapter = _to_kv(unet)
    for number, name in enumerate(unet.attn_processors):
        attention = unet.get_submodule(name.rpartition(".")[0])
        layers = {"q": attention.to_q, "k": attention.to_k, "v": attention.to_v, "out": attention.to_out[0]}
        for kind, layer in layers.items():
            down, up = torch.randn(4, layer.in_features) * 0.1, torch.randn(layer.out_features, 4) * 0.1
            adapter[f"{number}.to_{kind}_lora.down.weight"] = down
            adapter[f"{number}.to_{kind}_lora.up.weight"] = up
    folder.mkdir(parents=True)
    torch.save({"image_proj": image, "ip_adapter": adapter}, folder / file)
    return folder


def _pack(folder: Path) -> Path:
    """A recogniser in the shape of insightface's: a face of 112 x 112 in, 512 numbers out."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    kernel = numpy_helper.from_array(rng.normal(0, 0.05, (16, 3, 16, 16)).astype(np.float32), "kernel")
    matrix = numpy_helper.from_array(rng.normal(0, 0.05, (16 * 49, 512)).astype(np.float32), "matrix")
    nodes = [
        helper.make_node("Conv", ["input.1", "kernel"], ["seen"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Tanh", ["seen"], ["bent"]),
        helper.make_node("Flatten", ["bent"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["known"]),
    ]
    face = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [None, 3, 112, 112])
    known = helper.make_tensor_value_info("known", TensorProto.FLOAT, [None, 512])
    graph = helper.make_graph(nodes, "tiny", [face], [known], [kernel, matrix])
    folder.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, folder / "w600k_tiny.onnx")
    return folder
