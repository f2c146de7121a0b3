"""A Llama small enough to build in a second: real architecture, random weights from a seed, a tokenizer of its own."""

from __future__ import annotations

from pathlib import Path

CONTEXT = 4096
CONTROL = ("<|begin|>", "<|end|>", "<|pad|>", "<|header|>", "<|turn|>")

_TEXT = """
Assistant 1 and Assistant 2 gave an answer each to a question about a chest X-ray. Rate accuracy and relevance.
The reference answer is right: no pleural effusion, a small left apical pneumothorax, cardiomegaly, consolidation in
the right lower lobe, bilateral interstitial opacities, the endotracheal tube ends 4 cm above the carina.
Is there any abnormality in the lung? Yes, there is an opacity. What is the largest organ in the image? The liver.
Reply with the scores, from 1 to 10, and then a short reason, as a JSON object and nothing else.
{"assistant1":1,"assistant2":2,"reason":"the same finding on the other side"}
{"assistant1":10,"assistant2":9,"reason":"both name the finding"}
{"assistant1":8,"assistant2":3,"reason":"the second denies what the image shows"}
{"verdict":"A","reason":"the thinking follows from the report"} A. Correct B. Incorrect C. Uncertain
Scores: 1 2 3 4 5 6 7 8 9 10 10 10 10 10 10
{"localization":5,"visual_analysis":4,"knowledge":3,"reasoning":2,"reason":"it skips a stage"}
"""

_PIECES = r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|[^\p{L}\p{N}]?\p{L}+|\s+"
"""as Llama 3 cuts its text: a number of up to three digits stands alone, without the blank before it"""

_TEMPLATE = (
    "<|begin|>{% for message in messages %}<|header|>{{ message['role'] }}\n{{ message['content'] }}<|turn|>"
    "{% endfor %}{% if add_generation_prompt %}<|header|>assistant\n{% endif %}"
)


def build(directory: Path, seed: int) -> None:
    """Writes configuration, weights and tokenizer into ``directory``; the same seed gives the same model."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bytes_ = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=640, initial_alphabet=bytes_, special_tokens=list(CONTROL), show_progress=False
    )
    tokenizer.train_from_iterator([_TEXT] * 4, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|begin|>",
        eos_token="<|end|>",
        pad_token="<|pad|>",
        additional_special_tokens=["<|header|>", "<|turn|>"],
    )
    fast.chat_template = _TEMPLATE
    fast.save_pretrained(directory)

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        initializer_range=0.4,  # far from ties: what is the likeliest token must not hang on rounding
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).to(torch.float32).save_pretrained(directory)
