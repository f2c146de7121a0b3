"""A Qwen2.5-VL small enough to build and teach in seconds: real architecture, a tokenizer of its own.

It is taught a handful of texts, so that it writes each of them about equally often, whatever it is asked. What it says
is then right by chance, and wrong by chance: both ways of a rollout are taken.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
CONTEXT = 2048
IMAGE = "<image>"
"""where a prompt has its image"""
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build(
    directory: Path,
    asked: Sequence[str],
    said: Sequence[str],
    *,
    then: Sequence[tuple[str, Sequence[str]]] = (),
    steps: int = 120,
    seed: int = 1,
) -> None:
    """Writes configuration, weights, tokenizer and processor into ``directory``.

    Args:
        directory: made if missing.
        asked: prompts as they will come, with ``<image>`` where there is one; the tokenizer learns their words.
        said: what the model is to say to any of them.
        then: what it is asked next in the same conversation, in this order, each with what it is to say to that.
        steps: of teaching; 0: it stays random.
        seed: the same gives the same model.
    """
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    turns = [text for prompt, answers in then for text in (prompt, *answers)]
    tokenizer = _tokenizer([*(prompt.replace(IMAGE, "") for prompt in asked), *turns, *said])
    id_of = tokenizer.convert_tokens_to_ids
    torch.manual_seed(seed)
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),  # vLLM's sampler may give any row of the embedding
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": CONTEXT,
            "tie_word_embeddings": False,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]},
            "layer_types": ["full_attention"] * 2,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        image_token_id=id_of("<|image_pad|>"),
        video_token_id=id_of("<|video_pad|>"),
        vision_start_token_id=id_of("<|vision_start|>"),
        vision_end_token_id=id_of("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    model = Qwen2_5_VLForConditionalGeneration(config)
    _teach(model, tokenizer, asked, then, said, steps, seed)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.to(torch.bfloat16).save_pretrained(directory)
    _processor(tokenizer).save_pretrained(directory)


def _tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=list(CONTROL),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts] * 4, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=[name for name in CONTROL if name not in ("<|im_end|>", "<|endoftext|>")],
        chat_template=_TEMPLATE,
    )
    fast.image_token, fast.video_token = "<|image_pad|>", "<|video_pad|>"
    return fast


def _processor(tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLProcessor, Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    images = Qwen2VLImageProcessor(
        min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 16, patch_size=14, merge_size=2, temporal_patch_size=2
    )
    return Qwen2_5_VLProcessor(
        image_processor=images, tokenizer=tokenizer, video_processor=Qwen2VLVideoProcessor(), chat_template=_TEMPLATE
    )


def _teach(
    model: Any,
    tokenizer: Any,
    asked: Sequence[str],
    then: Sequence[tuple[str, Sequence[str]]],
    said: Sequence[str],
    steps: int,
    seed: int,
) -> None:
    import torch

    dice = random.Random(seed)
    # an untaught tower says nothing rather than anything, which the model would have to see through: it gives zeros
    # until it is trained, and so do the tokens that stand for its output here
    for parameter in model.model.visual.merger.mlp[-1].parameters():
        torch.nn.init.zeros_(parameter)
    embeddings = model.get_input_embeddings()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=max(1, steps))
    for _ in range(steps):
        ids, labels = [], []
        for _ in range(8):
            first = dice.choice(asked)
            pads = "<|image_pad|>" * dice.randint(4, 16)
            first = first.replace(IMAGE, f"<|vision_start|>{pads}<|vision_end|>")
            tokens: list[int] = []
            targets: list[int] = []
            for prompt, answers in ((first, said), *then):
                before = tokenizer.encode(f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n")
                after = tokenizer.encode(f"{dice.choice(answers)}<|im_end|>")
                end = tokenizer.encode("\n")
                tokens += before + after + end
                targets += [-100] * len(before) + after + [-100] * len(end)
            ids.append(torch.tensor(tokens))
            labels.append(torch.tensor(targets))
        batch = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=tokenizer.pad_token_id)
        target = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
        loss = model(input_ids=batch, attention_mask=batch != tokenizer.pad_token_id, labels=target).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            embeddings.weight[model.config.image_token_id] = 0
