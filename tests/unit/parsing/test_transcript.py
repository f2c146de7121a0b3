"""A pasted chat is scored on the assistant's last turn; a response that speaks of one stays whole."""

from __future__ import annotations

import pytest

from medreward.parsing import parse

REPLY = "<think>t</think><answer>B</answer>"
ASK = "Is it normal? Reply within <think></think> and <answer>X</answer>."

CHATS = {
    "lines": f"system\nYou are a helpful assistant.\nuser\n{ASK}\nassistant\n{REPLY}",
    "lines after white space": f" \n user\n{ASK}\nassistant\n{REPLY}",
    "lines of another machine": f"system\r\nBe brief.\r\nuser\r\n{ASK}\r\nassistant\r\n{REPLY}",
    "lines with colons": f"User:\n{ASK}\nAssistant:\n{REPLY}",
    "lines, reply on the marker's": f"system\nBe brief.\nuser\n{ASK}\nassistant {REPLY}",
    "chatml": f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{ASK}<|im_end|>\n"
    f"<|im_start|>assistant\n{REPLY}<|im_end|>\n",
    "chatml of the reply alone": f"<|im_start|>assistant\n{REPLY}<|im_end|>",
    "llama": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
    f"<|start_header_id|>user<|end_header_id|>\n\n{ASK}<|eot_id|>"
    f"<|start_header_id|>assistant<|end_header_id|>\n\n{REPLY}<|eot_id|>",
    "gemma": f"<start_of_turn>user\n{ASK}<end_of_turn>\n<start_of_turn>model\n{REPLY}<end_of_turn>",
    "phi": f"<|user|>\n{ASK}<|end|>\n<|assistant|>\n{REPLY}<|endoftext|>",
    "names": f"User: {ASK}\nAssistant: {REPLY}",
    "human": f"Human: {ASK}\n\nAssistant: {REPLY}",
    "headings": f"### Human: {ASK}\n### Assistant: {REPLY}",
    "names on one line": f"USER: {ASK} ASSISTANT: {REPLY}</s>",
    "one line": f"system You are a helpful assistant. user {ASK} assistant {REPLY}",
    "one line without system": f"user {ASK} assistant {REPLY}",
    "two replies": f"user\n{ASK}\nassistant\n<answer>A</answer>\nuser\nSure?\nassistant\n{REPLY}",
    "a user follows": f"user\n{ASK}\nassistant\n{REPLY}\nuser\nWhy not <answer>A</answer>?",
    "a named user follows": f"User: {ASK}\nAssistant: {REPLY}\nUser: Why not <answer>A</answer>?",
    "a chatml user follows": f"<|im_start|>user\n{ASK}<|im_end|>\n<|im_start|>assistant\n{REPLY}\n"
    "<|im_start|>user\nWhy not <answer>A</answer>?",
}


@pytest.mark.parametrize("text", CHATS.values(), ids=CHATS)
def test_last_assistant_turn_is_scored(text: str) -> None:
    found = parse(text)
    assert text[slice(*found.body)].strip() == REPLY
    assert found.source == text
    assert (found.answer, found.problems) == ("B", ())
    assert all(text[slice(*stage.span)].strip() == stage.text for stage in found.stages)


@pytest.mark.parametrize(
    "text",
    [
        f"system\nYou are a helpful assistant\nuser\n{ASK}",
        f"user\n{ASK}",
        f"User: {ASK}",
        f"System: Be brief.\nUser: {ASK}",
        f"<|im_start|>system\nx<|im_end|>\n<|im_start|>user\n{ASK}<|im_end|>",
        f"system You are a helpful assistant. user {ASK}",
        "system\nYou are an assistant <b>\nuser\nNow.",
    ],
)
def test_transcript_without_an_assistant_has_an_empty_body(text: str) -> None:
    found = parse(text)
    assert text[slice(*found.body)] == ""
    assert (found.answer, found.stages, found.regions) == (None, (), ())
    assert [problem.code for problem in found.problems] == ["no_assistant_turn"]


@pytest.mark.parametrize(
    "text",
    [
        "The assistant helped the user.",
        "It was read by\nassistant\nstaff, not by the\nuser\nhimself",
        "<think>the user asks; I am the assistant</think>",
        "<think>\nuser\nassistant\n</think>",
        "Seen by: User: none. Assistant: none.",
        "assistant\nA",
        "System: respiratory",
        "System: respiratory\nFinding: effusion",
        "system review is normal, said the assistant <br>",
        "user of tobacco, seen by an assistant today",
        "Users: two",
        "humane care; assistant <b>present</b>",
    ],
)
def test_response_that_mentions_roles_stays_whole(text: str) -> None:
    assert parse(text).body == (0, len(text))


@pytest.mark.parametrize("text", ["user\nq\nassistant\n", "user\nq\nassistant", "user\nq\nassistant\nuser\nr"])
def test_empty_assistant_turn_is_an_empty_response(text: str) -> None:
    found = parse(text)
    assert text[slice(*found.body)] == ""
    assert [problem.code for problem in found.problems] == ["empty_response"]


@pytest.mark.parametrize("tail", ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>", "<|im_end|>\n<|endoftext|>\n"])
def test_trailing_special_tokens_are_cut(tail: str) -> None:
    assert parse("A" + tail).answer == "A"
    assert parse("A</s> x" + tail).answer == "A</s> x"
