from __future__ import annotations

from collections.abc import Sequence
from math import inf, log, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward.judge.expected import distributions, expected
from medreward.judge.prompt import render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.types import Completion, Prompt, Token
from medreward.judge.verdict import Unparseable, read

RUBRICS = load_rubrics()
FIELDS = {"question": "q", "reference": "r", "candidate": "c"}
PROMPT = render(RUBRICS["semantics"], FIELDS, top_logprobs=20)
SWAPPED = render(RUBRICS["semantics"], FIELDS, swapped=True, top_logprobs=20)


def completion(*pieces: str | dict[str, float], text: str | None = None) -> Completion:
    """A completion of tokens: a string is certain, a dict has alternatives, the written one first."""
    tokens = [_token({piece: 1.0} if isinstance(piece, str) else piece) for piece in pieces]
    joined = "".join(token.text for token in tokens)
    return Completion(joined if text is None else text, "stop", tokens=tokens)


def _token(chances: dict[str, float]) -> Token:
    top = [(text, log(chance) if chance else -inf) for text, chance in chances.items()]
    return Token(*top[0], top=top)


def of(first: Sequence[str | dict[str, float]], prompt: Prompt = PROMPT) -> dict[str, dict[int, float]]:
    """Distributions where the first score is spelled so, and the second is 3 for certain."""
    done = completion('{"', "assistant", "1", '":', " ", *first, ",", ' "assistant2": ', "3", ",", text=None)
    return {name: {n: p for n, p in found.items() if p} for name, found in distributions(prompt, done).items()}


def test_numbers_of_one_token_have_their_probabilities() -> None:
    found = of([{"9": 0.5, "8": 0.3, "10": 0.2}])
    assert found == {"assistant1": pytest.approx({8: 0.3, 9: 0.5, 10: 0.2}), "assistant2": {3: 1.0}}
    assert expected(found["assistant1"]) == pytest.approx(8.9)


def test_every_number_of_the_range_has_an_entry() -> None:
    (first, _) = distributions(PROMPT, completion('{"assistant1": ', "9", ', "assistant2": ', "3", ", ")).values()
    assert list(first) == list(range(1, 11))


def test_what_is_off_the_menu_is_left_out_and_the_rest_sums_to_one() -> None:
    found = of([{"9": 0.4, "8": 0.4, "nine": 0.1, "0": 0.05, "11": 0.05}])
    assert found["assistant1"] == pytest.approx({8: 0.5, 9: 0.5})


def test_a_blank_before_the_number_does_not_matter() -> None:
    done = completion('{"assistant1":', {" 9": 0.5, "9": 0.25, " 8": 0.25}, ', "assistant2":', " 3", ",")
    found = distributions(PROMPT, done)["assistant1"]
    assert {n: p for n, p in found.items() if p} == pytest.approx({8: 0.25, 9: 0.75})


def test_a_token_may_hold_more_than_the_number() -> None:
    done = completion('{"assistant1', {'": 9,': 0.5, '": 8,': 0.25, '": 10,': 0.25}, ' "assistant2": ', "3", ",")
    found = distributions(PROMPT, done)["assistant1"]
    assert {n: p for n, p in found.items() if p} == pytest.approx({8: 0.25, 9: 0.5, 10: 0.25})


@pytest.mark.parametrize("written", ["1", "10"])
def test_a_spelled_out_ten_is_told_from_one_by_the_next_token(written: str) -> None:
    rest = [{"0": 0.75, ",": 0.25}] if written == "10" else []
    ending: list[str | dict[str, float]] = [","] if written == "10" else [{",": 0.25, "0": 0.75}]
    done = completion('{"assistant1": ', {"1": 0.8, "9": 0.2}, *rest, *ending, ' "assistant2": ', "3", ",")
    found = distributions(PROMPT, done)["assistant1"]
    assert {n: p for n, p in found.items() if p} == pytest.approx({1: 0.2, 9: 0.2, 10: 0.6})


def test_the_next_token_divides_all_that_was_written_before_it() -> None:
    done = completion('{"assistant1": ', {"1": 0.8, "9": 0.2}, {"0": 0.6, ",": 0.2}, ', "assistant2": ', "3", ",")
    found = distributions(PROMPT, done)["assistant1"]
    assert {n: p for n, p in found.items() if p} == pytest.approx({1: 0.2, 9: 0.2, 10: 0.6})


def test_one_is_one_where_the_tokenizer_has_a_token_for_ten() -> None:
    assert of([{"9": 0.5, "10": 0.25, "1": 0.25}])["assistant1"] == pytest.approx({1: 0.25, 9: 0.5, 10: 0.25})


def test_a_one_that_may_be_a_ten_leaves_the_score_out() -> None:
    assert of([{"9": 0.7, "1": 0.3}]) == {"assistant2": {3: 1.0}}


def test_a_one_that_may_be_a_ten_does_not_matter_where_it_is_rare() -> None:
    assert of([{"9": 0.999, "1": 0.001}])["assistant1"] == pytest.approx({1: 0.001, 9: 0.999})


def test_a_one_at_the_end_of_the_tokens_is_no_reply() -> None:
    done = completion('{"assistant1": ', "3", ', "assistant2": ', {"1": 0.9, "3": 0.1})
    with pytest.raises(Unparseable):
        distributions(PROMPT, done)


def test_a_menu_that_holds_little_of_the_probability_leaves_the_score_out() -> None:
    assert of([{"9": 0.4, "nine": 0.6}]) == {"assistant2": {3: 1.0}}
    assert "assistant1" in of([{"9": 0.6, "nine": 0.4}])


def test_a_range_without_long_numbers_is_never_unsure() -> None:
    stages = render(RUBRICS["stages"], {"question": "q", "reference": "r"})
    done = completion(
        '{"localization": ',
        {"2": 0.5, "1": 0.5},
        ', "visual_analysis": ',
        "1",
        ', "knowledge": ',
        "5",
        ', "reasoning": ',
        "4",
        ",",
    )
    found = distributions(stages, done)
    assert [expected(chances) for chances in found.values()] == pytest.approx([1.5, 1, 5, 4])


@pytest.mark.parametrize("broken", [nan, -inf])
def test_a_broken_log_probability_has_no_part(broken: float) -> None:
    token = Token("9", log(0.6), [("9", log(0.6)), ("8", broken)])
    tokens = [_token({'{"assistant1": ': 1}), token, *(_token({t: 1}) for t in (', "assistant2": ', "3", ","))]
    done = Completion("".join(t.text for t in tokens), "stop", tokens=tokens)
    found = distributions(PROMPT, done)["assistant1"]
    assert expected(found) == 9


def test_the_written_token_counts_where_the_alternatives_lack_it() -> None:
    token = Token("9", log(0.5), [("8", log(0.5))])
    tokens = [_token({'{"assistant1": ': 1}), token, *(_token({t: 1}) for t in (', "assistant2": ', "3", ","))]
    done = Completion("".join(t.text for t in tokens), "stop", tokens=tokens)
    assert expected(distributions(PROMPT, done)["assistant1"]) == pytest.approx(8.5)


def test_without_alternatives_there_is_no_distribution() -> None:
    text = '{"assistant1": 9, "assistant2": 3, '
    assert distributions(PROMPT, Completion(text, "stop")) == {}
    assert distributions(PROMPT, Completion(text, "stop", tokens=[Token(text, -0.1, [])])) == {}


def test_tokens_that_do_not_spell_the_text_give_no_distribution() -> None:
    assert distributions(PROMPT, completion("nothing", "9", text='{"assistant1": 9, "assistant2": 3,')) == {}


def test_tokens_without_their_blanks_are_found() -> None:
    text = '{"assistant1": 9, "assistant2": 3, '
    done = completion('{"assistant1":', {"9": 0.5, "8": 0.5}, ",", '"assistant2":', "3", ",", '"r', text=text)
    found = distributions(PROMPT, done)
    assert expected(found["assistant1"]) == pytest.approx(8.5)
    assert expected(found["assistant2"]) == 3


def test_swapped_distributions_are_swapped_back() -> None:
    assert expected(of([{"9": 0.5, "8": 0.5}], SWAPPED)["assistant2"]) == pytest.approx(8.5)
    done = completion('{"assistant1": ', {"9": 0.7, "1": 0.3}, ', "assistant2": ', "3", ", ")
    assert list(distributions(SWAPPED, done)) == ["assistant1"]
    verdict = read(SWAPPED, done)
    assert (verdict.scores, expected(verdict.distributions["assistant1"])) == ({"assistant1": 3, "assistant2": 9}, 3)


def test_a_completion_that_is_no_reply_is_unparseable() -> None:
    with pytest.raises(Unparseable):
        distributions(PROMPT, completion("9"))


def test_an_empty_distribution_has_no_mean() -> None:
    with pytest.raises(ValueError, match="empty"):
        expected({})


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=10, max_size=10), st.integers(0, 9), st.booleans())
def test_the_mean_is_that_of_the_engines_probabilities(weights: list[float], at: int, spelled: bool) -> None:
    total = sum(weights)
    chances = {str(n): w / total for n, w in enumerate(weights, 1)}
    written = str(at + 1)
    if not spelled:
        pieces: list[str | dict[str, float]] = [{written: chances[written], **chances}, ","]
    else:  # ten as "1" and "0": known where the number written begins with 1
        written = "1"
        one = chances["1"] + chances.pop("10")
        begun = {**chances, "1": one}
        ten = (one - chances["1"]) / one
        pieces = [{written: begun[written], **begun}, {",": 1 - ten, "0": ten}]
    done = completion('{"assistant1": ', *pieces, ' "assistant2": ', "3", ",")
    mean = sum(n * w for n, w in enumerate(weights, 1)) / total
    assert expected(distributions(PROMPT, done)["assistant1"]) == pytest.approx(mean)
