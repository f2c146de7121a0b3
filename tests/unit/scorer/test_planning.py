"""Which trajectories go into a forward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medreward.scorer.planning import Waiting


def waiting(*lengths: int) -> Waiting[int]:
    """Items that are their own lengths, in the order in which they came."""
    made: Waiting[int] = Waiting(multiple=1)
    for length in lengths:
        made.add(length, length)
    return made


def test_nothing_waits_then_nothing_is_taken() -> None:
    assert waiting().take(100) == []


def test_the_one_that_waited_longest_is_in_the_next_batch() -> None:
    assert 90 in waiting(90, 10, 10, 10, 10).take(100)


def test_a_batch_is_filled_with_those_nearest_in_length() -> None:
    assert sorted(waiting(50, 10, 49, 200, 52).take(156)) == [49, 50, 52]


def test_shorter_ones_fill_the_room_that_is_left() -> None:
    made = waiting(50, 10, 20)
    assert sorted(made.take(1000)) == [10, 20, 50]
    assert len(made) == 0


def test_one_that_is_longer_than_the_budget_goes_alone() -> None:
    made = waiting(500, 500)
    assert made.take(100) == [500]
    assert made.take(100) == [500]


def test_equal_lengths_go_in_the_order_they_came() -> None:
    made: Waiting[str] = Waiting()
    for name in "abcd":
        made.add(name, 10)
    assert made.take(32) == ["a", "b"]
    assert made.take(32) == ["c", "d"]


def test_what_was_dropped_is_not_taken() -> None:
    made: Waiting[str] = Waiting()
    tickets = [made.add(name, 10) for name in "abc"]
    made.drop([tickets[0], tickets[2]])
    assert len(made) == 1
    assert made.take(1000) == ["b"]
    made.drop(tickets)  # one that was taken meanwhile is no matter


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 1000))
def test_every_item_is_taken_once_and_within_the_budget(lengths: list[int], budget: int) -> None:
    made: Waiting[tuple[int, int]] = Waiting(multiple=8)
    for number, length in enumerate(lengths):
        made.add((number, length), length)
    taken: list[tuple[int, int]] = []
    while batch := made.take(budget):
        oldest = min(number for number in range(len(lengths)) if number not in {number for number, _ in taken})
        assert oldest in {number for number, _ in batch}
        padded = -(-max(length for _, length in batch) // 8) * 8
        assert len(batch) == 1 or len(batch) * padded <= budget
        taken += batch
    assert sorted(taken) == list(enumerate(lengths))
