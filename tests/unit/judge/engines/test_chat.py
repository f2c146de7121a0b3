from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from medreward.judge.engines import chat
from medreward.judge.engines.schema import response_format
from medreward.judge.prompt import render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.types import EngineError
from tests.unit.judge.engines.endpoint import GOOD, prompt


def reply(**changes: Any) -> dict[str, Any]:
    made = copy.deepcopy(GOOD)
    made["choices"][0].update(changes)
    return made


@pytest.mark.parametrize("structured", ["vllm", "sglang", "json_schema", "none"])
def test_decoding_is_greedy_and_owes_nothing_to_the_models_own_defaults(structured: chat.Structured) -> None:
    body = chat.body(prompt(), "m", structured)
    assert (body["temperature"], body["top_p"], body["seed"], body["n"], body["stream"]) == (0.0, 1.0, 0, 1, False)
    assert (body["frequency_penalty"], body["presence_penalty"]) == (0.0, 0.0)
    assert body["model"] == "m"
    assert structured in chat.sampling(structured)


def test_each_engine_is_constrained_in_its_own_words_and_knows_no_others() -> None:
    asked = prompt()
    words = {"structured_outputs", "regex", "response_format", "repetition_penalty"}
    bodies = {kind: chat.body(asked, "m", kind) for kind in ("vllm", "sglang", "json_schema", "none")}
    assert bodies["vllm"]["structured_outputs"] == {"regex": asked.constraint.removeprefix(r'\{"assistant1":')}
    assert bodies["sglang"]["regex"] == asked.constraint
    assert bodies["json_schema"]["response_format"] == response_format(asked.rubric)
    assert {kind: words & body.keys() for kind, body in bodies.items()} == {
        "vllm": {"structured_outputs", "repetition_penalty"},
        "sglang": {"regex", "repetition_penalty"},
        "json_schema": {"response_format"},
        "none": set(),
    }


def test_the_prompt_arrives_as_it_is() -> None:
    asked = prompt(top_logprobs=12)
    body = chat.body(asked, "m", "sglang")
    assert body["messages"] == [{"role": m.role, "content": m.content} for m in asked.messages]
    assert (body["stop"], body["max_tokens"]) == (list(asked.stop), asked.max_tokens)
    assert (body["logprobs"], body["top_logprobs"]) == (True, 12)
    json.dumps(body)


@pytest.mark.parametrize("name", sorted(load_rubrics()))
def test_vllm_goes_on_from_the_beginning_that_all_replies_have(name: str) -> None:
    rubric = load_rubrics()[name]
    asked = render(rubric, dict.fromkeys(rubric.fields, "text"))
    body = chat.body(asked, "m", "vllm")
    *before, begun = body["messages"]
    assert before == [{"role": m.role, "content": m.content} for m in asked.messages]
    assert begun == {"role": "assistant", "content": chat.begun(asked, "vllm")}
    assert (body["add_generation_prompt"], body["continue_final_message"]) == (False, True)
    whole, rest = asked.constraint, body["structured_outputs"]["regex"]
    written = '9,"assistant2":3,"reason":"x"}' if name == "semantics" else 'A","reason":"x"}'
    if name != "stages":
        assert re.fullmatch(rest, written)
        assert re.fullmatch(whole, begun["content"] + written)
    assert len(rest) < len(whole)


def test_what_was_given_stands_before_what_was_written_in_text_and_tokens() -> None:
    asked = prompt()
    tokens = [{"token": text, "logprob": -0.1, "top_logprobs": []} for text in ("9", ',"', "assistant2", '":', "3")]
    made = reply(message={"content": '9,"assistant2":3'}, logprobs={"content": tokens})
    got = chat.completion(made, chat.begun(asked, "vllm"))
    assert got.text == '{"assistant1":9,"assistant2":3'
    assert "".join(token.text for token in got.tokens) == got.text
    assert chat.begun(asked, "sglang") == chat.begun(asked, "none") == ""


def test_log_probabilities_and_stop_are_left_out_where_they_are_not_wanted() -> None:
    body = chat.body(prompt(explain=True), "m", "vllm")
    assert not {"stop", "logprobs", "top_logprobs"} & body.keys()


def test_a_schema_names_the_scores_in_order_with_their_range_and_the_reason_last() -> None:
    schema = response_format(load_rubrics()["semantics"])["json_schema"]["schema"]
    assert list(schema["properties"]) == schema["required"] == ["assistant1", "assistant2", "reason"]
    assert schema["properties"]["assistant1"] == {"type": "integer", "minimum": 1, "maximum": 10}
    assert schema["additionalProperties"] is False


def test_a_schema_of_options_is_their_letters() -> None:
    schema = response_format(load_rubrics()["trust"])["json_schema"]["schema"]
    assert schema["properties"]["verdict"] == {"type": "string", "enum": ["A", "B", "C"]}


@pytest.mark.parametrize("rubric", ["semantics", "review", "trust", "stages"])
def test_a_schema_and_the_regular_expression_allow_the_same_keys_in_the_same_order(rubric: str) -> None:
    loaded = load_rubrics()[rubric]
    asked = {name: f"some text {name}" for name in loaded.fields}
    keys = re.findall(r'"(\w+)":', render(loaded, asked).constraint)
    assert list(response_format(loaded)["json_schema"]["schema"]["properties"]) == keys


def test_a_reply_is_read_whole() -> None:
    got = chat.completion(json.dumps(GOOD).encode())
    assert got.text == '9,"assistant2":3,'
    assert got[1:5] == ("stop", 400, 384, 28)
    assert got == chat.completion(GOOD)


def test_tokens_come_with_their_possible_alternatives_only() -> None:
    token = {"token": "9", "logprob": -0.5, "bytes": [57]}
    top = [token, {"token": "8", "logprob": -1.0}, {"token": "x", "logprob": -9999.0}]
    got = chat.completion(reply(logprobs={"content": [{**token, "top_logprobs": top}]}))
    assert got.tokens == (("9", -0.5, (("9", -0.5), ("8", -1.0))),)


def test_the_token_itself_is_among_its_alternatives_even_when_the_engine_leaves_it_out() -> None:
    top = [{"token": "8", "logprob": -1.0}]
    got = chat.completion(reply(logprobs={"content": [{"token": "9", "logprob": -2.0, "top_logprobs": top}]}))
    assert got.tokens[0].top == (("8", -1.0), ("9", -2.0))


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 7, "prompt_tokens_details": None}])
def test_an_engine_need_not_count_tokens(usage: object) -> None:
    got = chat.completion({**GOOD, "usage": usage})
    assert (got.cached_tokens, got.completion_tokens) == (0, 0)


@pytest.mark.parametrize(
    ("broken", "again"),
    [
        ({}, False),
        ({"choices": []}, False),
        ({"choices": [{}]}, False),
        ({"choices": [{"message": {"content": 3}, "finish_reason": "stop"}]}, False),
        ({"error": {"message": "no"}}, False),
        (reply(finish_reason="content_filter"), False),
        (reply(finish_reason=None), False),
        (reply(finish_reason="abort"), True),
        ([], False),
    ],
)
def test_what_is_no_chat_completion_is_unavailable(broken: object, again: bool) -> None:
    with pytest.raises(EngineError) as caught:
        chat.completion(json.dumps(broken).encode())
    assert (caught.value.status, caught.value.retryable) == ("unavailable", again)


@pytest.mark.parametrize("broken", [b"", b"<html>", b'{"choices": [{"mess', b'{"choices": "\xff"}'])
def test_broken_json_may_be_asked_for_again(broken: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        chat.completion(broken)
    assert caught.value.status == "unavailable"


def test_an_empty_answer_is_a_completion_for_the_verdict_to_refuse() -> None:
    assert chat.completion(reply(message={"content": None})).text == ""
