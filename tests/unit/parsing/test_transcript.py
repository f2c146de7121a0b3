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
        f"system\nYou are a helpful assistant.\nuser\n{ASK}\n",
        f"<|im_start|>user\n{ASK}",
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
        "assistant",
        "Assistant professor",
        f"user\n{ASK}",
        f"User: {ASK}",
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


ENDS = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "</s>", "<eos>", "<|im_end|>\n<|endoftext|>\n"]


@pytest.mark.parametrize("end", ENDS)
def test_first_end_of_turn_token_ends_the_response(end: str) -> None:
    for after in (
        "",
        "<answer>C</answer>",
        "\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<answer>C</answer>",
    ):
        for before in ("", "system\nx\nuser\nq\nassistant\n", "<|im_start|>assistant\n", "User: q\nAssistant: ", "<s>"):
            text = f"{before}{REPLY}{end}{after}"
            if before != "<|im_start|>assistant\n" or "assistant" not in after:
                assert text[slice(*parse(text).body)].strip() == REPLY
    assert parse("A" + end + "B").answer == "A"


def test_turn_that_begins_without_an_end_of_the_response_ends_it() -> None:
    for after in (
        "<|im_start|>user\n",
        "<start_of_turn>user\n",
        "<|user|>\n",
        "<|start_header_id|>user<|end_header_id|>",
    ):
        assert parse(f"{REPLY}\n{after}<answer>C</answer>").answer == "B"


def test_tokens_before_the_response_are_cut() -> None:
    for before in ("<s>", "<|begin_of_text|>", "<|endoftext|>", "<pad><pad><bos>", " <s>"):
        assert parse(before + "A").answer == "A"
        assert parse(f"{before}system\nx\nuser\nq\nassistant\nA").answer == "A"


@pytest.mark.parametrize(
    "reply",
    [
        "<think>t</think><response><answer>B</answer><location>user <box>[1, 2, 3, 4]</box></location></response>",
        "<think>user asks about it</think><answer>human papilloma virus, B</answer>",
        "<LOC>system of ducts</LOC><VISUAL>human tissue</VISUAL><ANSWER>B</ANSWER>",
        "<LOC>x</LOC>\nsystem review <ANSWER>B</ANSWER>",
        "The radiology assistant says B",
        "The radiology assistant <b>says</b> B",
    ],
)
def test_reply_on_a_single_line_is_not_ended_by_its_own_words(reply: str) -> None:
    text = f"system You are a helpful assistant. user What virus? assistant {reply}"
    assert text[slice(*parse(text).body)] == reply


@pytest.mark.parametrize("line", ["User", "System", "Human", "system", "human", "user:", "USER"])
def test_line_that_is_not_the_transcripts_own_marker_is_text(line: str) -> None:
    for reply in (f"<think>a\n{line}\nb</think><answer>B</answer>", f"B\n{line}\nB"):
        text = f"system\nx\nuser\nq\nassistant\n{reply}"
        assert text[slice(*parse(text).body)] == reply


@pytest.mark.parametrize("line", ["Human: none", "user: none", "System: normal", "**User:** none", "USER: none"])
def test_line_with_a_colon_that_is_not_the_transcripts_own_marker_is_text(line: str) -> None:
    for reply in (f"<think>a\n{line}</think><answer>B</answer>", f"B\n{line}"):
        text = f"User: q\nAssistant: {reply}"
        assert text[slice(*parse(text).body)].strip() == reply


def test_marker_inside_a_part_of_the_reply_is_text() -> None:
    for reply in (
        "<think>asked by\nuser\nhimself</think><answer>B</answer>",
        "<think>seen by\nassistant\nstaff</think><answer>B</answer>",
    ):
        for before in ("system\nx\nuser\nq\nassistant\n", "assistant\n"):
            for after in ("", "\nuser\n<answer>C</answer>"):
                text = f"{before}{reply}{after}"
                assert text[slice(*parse(text).body)] == reply


def test_reply_whose_thinking_began_in_the_prompt_is_found() -> None:
    first = "user\nq\nassistant\n<think>t</think><answer>A</answer>\n"
    assert parse("user\nq\nassistant\nt</think><answer>B</answer>").answer == "B"
    assert parse(first + "user\nq\nassistant\nt</think><answer>B</answer>").answer == "B"


@pytest.mark.parametrize(
    "text",
    [
        "Human",
        "user",
        "System",
        "System\n- lungs clear",
        "Human: no animal seen",
        "User: B",
        "Human\nUser: none",
        "Human papilloma virus",
        "System of ducts. The User is seen by an Assistant today.",
        "Developer: none",
        "system\nYou are helpful.",
    ],
)
def test_role_word_alone_proves_no_transcript(text: str) -> None:
    found = parse(text)
    assert (found.body, found.answer, found.problems) == ((0, len(text)), text, ())


MIXED = [
    "system\nYou.\nuser\nQ\nassistant: B",
    "system\nYou.\nuser\nQ\nassistant B",
    "system\nYou.\nuser\nQ\nassistant The\nassistant says B",
    "system\nYou.\nuser\nQ\nAssistant\nB",
    "system: You\nuser: Q\nassistant\nB",
    "system: You\nuser: Q\nassistant B",
    "System: You\nUser: Q\nassistant: B",
    "system\nYou user Q assistant B",
    "system\nYou.\nuser\nQ <answer>A</answer> assistant <answer>B</answer>",
    "system You. user Q assistant: B",
    "System You are helpful. User reply in <answer>A</answer> Assistant <think>..</think><answer>B</answer>",
    "developer\nx\nuser\nq <answer>A</answer>\nassistant\n<answer>B</answer>",
    "developer: x\nuser: q <answer>A</answer>\nassistant: <answer>B</answer>",
    "<|im_start|>developer\nx<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nB",
    "User:\nQ\nAssistant: B",
    "user\nq <answer>A</answer>\nmodel\nB",
]


@pytest.mark.parametrize("text", MIXED)
def test_assistant_is_found_when_markers_are_mixed(text: str) -> None:
    found = parse(text)
    assert found.answer is not None
    assert found.answer.removeprefix("The\nassistant says ") == "B"
    assert found.problems == ()


@pytest.mark.parametrize("marker", ["assistant\n", "Assistant:\n", "Assistant: ", "assistant: ", "**Assistant:** "])
def test_marker_of_the_assistant_alone_is_cut(marker: str) -> None:
    assert parse(f"{marker}B").answer == "B"
    text = f"{marker}{REPLY}"
    assert text[slice(*parse(text).body)].strip() == REPLY


@pytest.mark.parametrize(
    "text",
    [
        f"assistant\n<answer>A</answer>\nuser\nSure?\nassistant\n{REPLY}",
        f"assistant\n<answer>A</answer>\nuser\nSure?\nassistant\n{REPLY}\nuser\nWhy?",
        f"Assistant: <answer>A</answer>\nUser: Sure?\nAssistant: {REPLY}\nUser: Why?",
        f"<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n{REPLY}",
        f"assistant\n{REPLY}\nuser\nWhy?",
    ],
)
def test_transcript_may_begin_with_the_assistant(text: str) -> None:
    assert text[slice(*parse(text).body)].strip() == REPLY


def test_line_of_a_user_after_a_lone_reply_is_part_of_it() -> None:
    assert parse("Assistant: B\nHuman: none").answer == "B\nHuman: none"
