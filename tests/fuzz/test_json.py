"""JSON that is meant to break a decoder: refused in words, or read as what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward.contract import codec
from medreward.contract.codec import Limits
from medreward.contract.errors import ErrorCode, RequestError

DEEP = 100_000


def refused(body: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        codec.decode_request(body, Limits())
    return caught.value


def batch(**fields: Any) -> dict[str, Any]:
    return {"recipe": "gemex", "rollouts": [{"id": "r", "response": "B", **fields}]}


@pytest.mark.parametrize("body", [b"[" * DEEP, b'{"rollouts":' * DEEP, b'{"rollouts":[{"id":' + b"[" * DEEP])
def test_depth_is_refused(body: bytes) -> None:
    assert refused(body).code in (ErrorCode.MALFORMED, ErrorCode.INVALID)


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1" + "0" * 10_000, "NaN", "Infinity", "1e-400e5", "0x10", "--1"]
)
@pytest.mark.parametrize(
    "form",
    [
        '{"deadline_ms": %s}',
        '{"components": {"answer": 1.0, "format": %s}}',
        '{"rollouts": [{"image": {"width": %s, "height": 1}}]}',
        '{"rollouts": [{"reference": {"regions": [{"box": [%s, 1, 2, 3]}]}}]}',
    ],
)
def test_a_number_beyond_all_is_refused(form: str, number: str) -> None:
    error = refused((form % number).encode())
    assert error.code in (ErrorCode.MALFORMED, ErrorCode.INVALID)
    assert len(error.message) < 300


@pytest.mark.parametrize("whole", ["336.0", "3.36e2", "336", "33600e-2"])
def test_a_whole_number_may_be_written_as_any_number(whole: str) -> None:
    body = json.dumps(batch(image={"width": 1, "height": 2})).replace('"width": 1', f'"width": {whole}')
    image = codec.decode_request(body.encode(), Limits()).rollouts[0].image
    assert image is not None
    assert (image.width, image.height) == (336, 2)


@pytest.mark.parametrize(
    "number", ["336.5", "1e-1", "01.0", "1.", ".5", "1e99", "336.000000000000001", "0.999999999999999999"]
)
def test_no_other_number_is_a_whole_one(number: str) -> None:
    assert refused(b'{"deadline_ms": %s}' % number.encode()).code in (ErrorCode.MALFORMED, ErrorCode.INVALID)


def test_a_text_that_looks_like_a_field_stays_as_it_is() -> None:
    said = '{"width": 1.0, "height": 2.0} \\ud83d'
    request = codec.decode_request(
        json.dumps(batch(response=said, image={"width": 1.0, "height": 2})).encode(), Limits()
    )
    assert request.rollouts[0].response == said


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (r"a\ud83db", "a\ufffdb"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\uDE00\uD83D", "\ufffd\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\\ud83d", "\\ud83d"),
        (r"\ud83d\n\ud83d", "\ufffd\n\ufffd"),
        (r"\\\ud83d\\\\ude00", "\\\ufffd\\\\ude00"),
        (r"\"\ud83d\ude00\udfff\"", '"\U0001f600\ufffd"'),
    ],
)
def test_half_a_surrogate_pair_is_the_replacement_character(escaped: str, read: str) -> None:
    # with a half elsewhere, so that each of these is looked at
    body = json.dumps(batch(question="@")).replace("@", escaped + r"\ud800").encode()
    rollout = codec.decode_request(body, Limits()).rollouts[0]
    assert rollout.question == read + "\ufffd"
    assert rollout.response == "B"


@given(
    st.lists(
        st.sampled_from(["\ud83d", "\udbff", "\ude00", "\udfff", "\\", "ud83d", "\n", '"', "\0", "é"]), max_size=12
    )
)
@settings(max_examples=300, derandomize=True, deadline=None)
def test_every_half_and_nothing_else_is_replaced(pieces: list[str]) -> None:
    said = json.dumps("".join(pieces))
    # what json reads as a half is one
    read = "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in json.loads(said))
    body = json.dumps(batch(question="@")).replace('"@"', said).encode()
    assert codec.decode_request(body, Limits()).rollouts[0].question == read


@pytest.mark.parametrize(
    "raw", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"\xf4\x90\x80\x80", b"\x00", b"\xef\xbb\xbf\x01"]
)
def test_bytes_of_no_character_are_refused(raw: bytes) -> None:
    assert refused(b'{"recipe": "%s"}' % raw).code == ErrorCode.MALFORMED


@pytest.mark.parametrize(
    "body",
    [
        b'{"x - at `$.foo[...]":1}',
        b'{"components":{"x":1,"y":1e400}}',
        b'{"components":{"x":"a","x":1}}',
        b'{"rollouts":[{"choices":{"x":1}}],"z":1e400}',
        b'{"rollouts":[{"choices":{"x":1}}],"z":[}',
        b'{"rollouts":[{"choices":{"x":1}}],"z":' + b"[" * DEEP,
        b'{"rollouts":[{"choices":{"x":1}}],"rollouts":[]}',
        b'{"rollouts":[{"choices":{"\\ud800":1}}]}',
        b'{"rollouts":[{"choices":{"x":1}}],"y":"' + b"a" * 2**21 + b'"}',
    ],
)
def test_a_wrong_value_of_a_map_is_refused_though_its_key_is_not_to_be_found(body: bytes) -> None:
    assert refused(body).code == ErrorCode.INVALID


def test_a_refusal_repeats_no_long_name() -> None:
    for body in ({"a" * 10**6: 1}, {"rollouts": [{"b" * 10**6: 1}]}, {"components": {"c" * 10**6: "x"}}):
        assert len(json.dumps(refused(json.dumps(body).encode()).body())) < 1000


def test_of_a_key_said_twice_the_last_counts() -> None:
    body = b'{"recipe": "x", "recipe": "gemex", "rollouts": [{"id": "r"}]}'
    assert codec.decode_request(body, Limits()).recipe == "gemex"
