"""The generating engines' architectures with random weights, full-size and reduced, saved as a hub has them.

Speed does not depend on the weights' values. Sizes are those of the published configurations: SDXL base with
ControlNet-Union ProMax and two IP-Adapter-Plus, Qwen-Image-Edit-2511, FLUX.2-klein-4B. The tokenizers know
bytes; a prompt of as many bytes is as long for the transformer as a real one of as many tokens.
"""

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from tests.imaging.engines import tiny_edit, tiny_sdxl

kit: Any = diffusers
texts: Any = transformers


@contextmanager
def random_weights(dtype: Any, device: str) -> Any:
    """Inside, modules are made in `dtype` right on the device, where filling 20 billion numbers is fast."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def klein(dtype: Any, device: str) -> Any:
    """FLUX.2-klein-4B: Qwen3-4B as its text encoder, of which layers 9, 18 and 27 are read."""
    with random_weights(dtype, device):
        transformer = kit.Flux2Transformer2DModel(
            patch_size=1, in_channels=128, num_layers=5, num_single_layers=20, attention_head_dim=128,
            num_attention_heads=24, joint_attention_dim=3 * 2560, guidance_embeds=False,
        )  # fmt: skip
        text = texts.Qwen3ForCausalLM(texts.Qwen3Config(
            vocab_size=151936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36,
            num_attention_heads=32, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True,
        ))  # fmt: skip
        vae = kit.AutoencoderKLFlux2()
    scheduler = kit.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    return kit.Flux2KleinPipeline(scheduler, vae, text, tiny_edit.tokenizer(), transformer, is_distilled=True)


def qwen_parts(dtype: Any, device: str) -> tuple[Any, Any, Any]:
    """Qwen-Image-Edit-2511's transformer (60 blocks of 3072 channels), VAE and encoder (Qwen2.5-VL-7B)."""
    with random_weights(dtype, device):
        transformer = kit.QwenImageTransformer2DModel(zero_cond_t=True)
        vae = kit.AutoencoderKLQwenImage()
        text = texts.Qwen2_5_VLForConditionalGeneration(texts.Qwen2_5_VLConfig(
            text_config={
                "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944,
                "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
                "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24],
                                    "rope_theta": 1000000.0},
            },
            vision_config={
                "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16,
                "out_hidden_size": 3584, "fullatt_block_indexes": [7, 15, 23, 31], "window_size": 112,
            },
            image_token_id=tiny_edit.IMAGE_TOKEN, video_token_id=tiny_edit.IMAGE_TOKEN + 1,
        ))  # fmt: skip
    return transformer, vae, text


def save_qwen(folder: Path, dtype: Any, device: str) -> Path:
    """The full-size Qwen-Image-Edit, saved."""
    return tiny_edit.save_qwen_parts(folder, *qwen_parts(dtype, device))


def save_klein(folder: Path, dtype: Any, device: str) -> Path:
    """The full-size klein, saved."""
    klein(dtype, device).save_pretrained(folder)
    return folder


def sdxl_parts(dtype: Any, device: str) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """SDXL's UNet, ControlNet-Union ProMax, VAE and both text encoders."""
    blocks: dict[str, Any] = {
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "layers_per_block": 2, "attention_head_dim": (5, 10, 20), "cross_attention_dim": 2048,
        "transformer_layers_per_block": (1, 2, 10), "use_linear_projection": True,
        "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    }  # fmt: skip
    up = ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")
    with random_weights(dtype, device):
        unet = kit.UNet2DConditionModel(
            sample_size=128, in_channels=4, out_channels=4, up_block_types=up, **blocks
        )
        control = kit.ControlNetUnionModel(num_control_type=8, **blocks)
        vae = kit.AutoencoderKL(
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            scaling_factor=0.13025, force_upcast=False,
        )  # fmt: skip
        first = texts.CLIPTextModel(texts.CLIPTextConfig(
            hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        ))  # fmt: skip
        second = texts.CLIPTextModelWithProjection(texts.CLIPTextConfig(
            hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
            projection_dim=1280, hidden_act="gelu",
        ))  # fmt: skip
    return unet, control, vae, (first, second)


def save_sdxl(folder: Path, dtype: Any, device: str) -> Path:
    """The full-size SDXL, saved; its IP-Adapters are made by `load_sdxl`."""
    return _save_sdxl(folder, *sdxl_parts(dtype, device))


def save_small_sdxl(folder: Path) -> Path:
    """The same with few and small blocks."""
    config = texts.CLIPTextConfig(
        vocab_size=2000, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        projection_dim=32,
    )  # fmt: skip
    encoders = texts.CLIPTextModel(config), texts.CLIPTextModelWithProjection(config)
    control = kit.ControlNetUnionModel(
        **tiny_sdxl._blocks(), num_control_type=8, num_trans_channel=32, num_proj_channel=32,
        num_trans_head=4, conditioning_embedding_out_channels=(16,),
    )  # fmt: skip
    return _save_sdxl(folder, tiny_sdxl._unet(), control, tiny_sdxl.exact_vae(), encoders)


def _save_sdxl(folder: Path, unet: Any, control: Any, vae: Any, encoders: tuple[Any, Any]) -> Path:
    words = tiny_sdxl._tokenizer(folder / "words")
    pipe = kit.StableDiffusionXLControlNetUnionPipeline(
        vae, *encoders, words, words, unet, control, kit.EulerDiscreteScheduler(), add_watermarker=False
    )
    pipe.save_pretrained(folder)
    shutil.rmtree(folder / "words")
    return folder


def load_sdxl(folder: Path, dtype: Any) -> Any:
    """The saved pipeline with two IP-Adapters of random weights, as large as the published ones."""
    from diffusers.models.embeddings import IPAdapterPlusImageProjection

    pipe = kit.StableDiffusionXLControlNetUnionPipeline.from_pretrained(
        folder, dtype=dtype, local_files_only=True, add_watermarker=False
    )
    cross = pipe.unet.config.cross_attention_dim
    plus: Any = IPAdapterPlusImageProjection
    seen, heads = seen_width(pipe), max(1, seen_width(pipe) // 64)
    layer = plus(embed_dims=seen, output_dims=cross, hidden_dims=max(64, seen), heads=heads, num_queries=16)
    image = tiny_sdxl._as_published(layer.state_dict())
    adapter = {
        f"{number}.to_{kind}_ip.weight": torch.randn(width, cross) * 0.02
        for number, (_, width) in tiny_sdxl._processors(pipe.unet).items()
        for kind in "kv"
    }
    both = [{"image_proj": dict(image), "ip_adapter": dict(adapter)} for _ in range(2)]
    pipe.load_ip_adapter(both, subfolder="", weight_name=["", ""], image_encoder_folder=None)
    pipe.set_ip_adapter_scale([0.8, 0.4])
    return pipe


def seen_width(pipe: Any) -> int:
    """Channels of the image encoder's output: ViT-H's beside the real SDXL."""
    return 1280 if pipe.unet.config.cross_attention_dim == 2048 else 32
