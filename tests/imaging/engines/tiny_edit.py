"""Tiny pipelines of the edit engine with random weights, built from their configuration classes and saved as
a hub repository would be. No file comes from anywhere: the tokenizers know bytes and a few special tokens."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

SPECIAL: Final = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
    "<|video_pad|>",
)  # fmt: skip
CHAT: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# The pipeline cuts off this many tokens of its template; the tiny tokenizer makes more of it, which only
# leaves some of the template in front of the prompt.
HIDDEN: Final = 16
IMAGE_TOKEN: Final = 256 + SPECIAL.index("<|image_pad|>")


def tokenizer() -> Any:
    """A Qwen2 tokenizer that knows single bytes."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {one: at for at, one in enumerate((*letters, *SPECIAL))}
    made = Qwen2Tokenizer(vocab=vocab, merges=[], additional_special_tokens=list(SPECIAL[1:]))
    made.chat_template = CHAT
    return made


def _heed(transformer: Any) -> None:
    """Make a random transformer heed what conditions it: fresh weights are so small that only the noise is
    seen in its pictures."""
    import torch

    gain = 3.0
    with torch.no_grad():
        for name, weight in transformer.named_parameters():
            if weight.ndim == 2:
                weight.mul_(gain if "mod" not in name else gain**2)


def _see(vae: Any) -> None:
    """Make a random VAE tell photos apart: fresh weights encode all of them to nearly the same."""
    import torch

    with torch.no_grad():
        vae.quant_conv.weight.mul_(10.0)


def save_klein(folder: Path, seed: int = 0) -> Path:
    """FLUX.2-klein: two transformer blocks, Qwen3 with two layers, a VAE that shrinks by two."""
    import torch
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    text = Qwen3Config(
        vocab_size=256 + len(SPECIAL), hidden_size=HIDDEN, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=8, max_position_embeddings=2048,
        pad_token_id=256, eos_token_id=256,
    )  # fmt: skip
    transformer = Flux2Transformer2DModel(
        patch_size=1, in_channels=4, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=HIDDEN, timestep_guidance_channels=256,
        axes_dims_rope=[4] * 4, guidance_embeds=False,
    )  # fmt: skip
    _heed(transformer)
    vae = AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8), layers_per_block=1, latent_channels=1, norm_num_groups=4, sample_size=64,
    )  # fmt: skip
    _see(vae)
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    pipe = Flux2KleinPipeline(
        scheduler, vae, Qwen3ForCausalLM(text), tokenizer(), transformer, is_distilled=True
    )
    pipe.save_pretrained(folder)
    return folder


def save_qwen(folder: Path, seed: int = 0) -> Path:
    """Qwen-Image-Edit: two transformer blocks, Qwen2.5-VL with two layers, the VAE at its smallest."""
    import torch
    from diffusers import AutoencoderKLQwenImage, QwenImageTransformer2DModel

    torch.manual_seed(seed)
    transformer = QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16,
        num_attention_heads=3, joint_attention_dim=HIDDEN, guidance_embeds=False, axes_dims_rope=(8, 4, 4),
        zero_cond_t=True,
    )  # fmt: skip
    _heed(transformer)
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 2], num_res_blocks=1, temperal_downsample=[False],
        latents_mean=[0.0] * 4, latents_std=[1.0] * 4,
    )  # fmt: skip
    _see(vae)
    return save_qwen_parts(folder, transformer, vae, _vision_language())


def save_qwen_parts(folder: Path, transformer: Any, vae: Any, text_encoder: Any) -> Path:
    """A Qwen-Image-Edit of these parts as the hub has it."""
    from diffusers import FlowMatchEulerDiscreteScheduler, QwenImageEditPlusPipeline

    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    processor = _processor(folder / "as-published")
    pipe = QwenImageEditPlusPipeline(scheduler, vae, text_encoder, tokenizer(), processor, transformer)
    pipe.save_pretrained(folder)
    # What the hub has instead: the processor with its video part, by the name of its class.
    shutil.rmtree(folder / "processor")
    (folder / "as-published").rename(folder / "processor")
    index = json.loads((folder / "model_index.json").read_text())
    index["processor"] = ["transformers", "Qwen2VLProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def _vision_language() -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 256 + len(SPECIAL), "hidden_size": HIDDEN, "intermediate_size": 32,
            "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
            "max_position_embeddings": 4096, "pad_token_id": 256, "eos_token_id": 256, "bos_token_id": 256,
            "rope_parameters": {"type": "default", "rope_type": "default", "mrope_section": [1, 1, 2],
                                "rope_theta": 1000000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": HIDDEN,
            "fullatt_block_indexes": [1], "window_size": 56, "patch_size": 14, "spatial_merge_size": 2,
        },
        image_token_id=IMAGE_TOKEN, video_token_id=IMAGE_TOKEN + 1,
        vision_start_token_id=256 + SPECIAL.index("<|vision_start|>"),
        vision_end_token_id=256 + SPECIAL.index("<|vision_end|>"),
    )  # fmt: skip
    return Qwen2_5_VLForConditionalGeneration(config)


def _processor(folder: Path) -> Any:
    """A processor as the hub has it, and as the engine reads it: without the video part."""
    from generation.imaging.engines.edit_pipelines import pictures_only

    folder.mkdir(parents=True)
    tokenizer().save_pretrained(folder)
    pictures = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2_5_VLProcessor",
        "do_convert_rgb": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "min_pixels": 28 * 28,
        "max_pixels": 28 * 28 * 16,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    video = {**pictures, "video_processor_type": "Qwen2VLVideoProcessor"}
    (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    return pictures_only().from_pretrained(folder, local_files_only=True)
