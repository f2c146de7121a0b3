from __future__ import annotations

import pytest

from medreward.judge.embedded.lexicon import LEXICON
from medreward.judge.embedded.reading import read


def test_relations_name_only_units_that_exist() -> None:
    named = set(LEXICON.groups) | set(LEXICON.parents) | {name for pair in LEXICON.near for name in pair}
    named |= {parent for parents in LEXICON.parents.values() for parent in parents}
    assert named <= set(LEXICON.kinds)


def test_near_units_are_no_opposites() -> None:
    for one, other in LEXICON.near:
        assert not set(LEXICON.groups.get(one, ())) & set(LEXICON.groups.get(other, ())), (one, other)


def test_no_unit_is_a_kind_of_itself() -> None:
    assert all(name not in parents for name, parents in LEXICON.parents.items())


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("no effusion", {"effusion"}),
        ("no effusion but pneumothorax present", {"effusion"}),
        ("effusion is not absent", set()),
        ("no effusion, and a fracture is seen", {"effusion"}),
        ("neither effusion nor fracture", {"effusion", "fracture"}),
        ("effusion without fracture", {"fracture"}),
        ("not only effusion", set()),
        ("non-displaced fracture", {"displaced"}),
    ],
)
def test_a_denial_reaches_what_it_denies(text: str, absent: set[str]) -> None:
    assert {unit.name for unit in read(text).units if unit.absent} == absent
