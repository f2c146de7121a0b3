"""Answer matching: the deterministic accuracy reward, 0 or 1, for closed, choice and open questions.

The answer comes from a policy that will use any leniency, so a verdict rests on what the answer *asserts*, never on
what it contains:

========================================  ================================================================
``text``                                  markup and Unicode go; numbers, signs and polarity stay
``tokens``, ``vocabulary``                words, and the part each plays in talk about an answer
``options``, ``reference``                the choices compiled for reading, and the right answer among them
``mentions`` -> ``groups``                which words name an option, and which names are one list
``claims`` -> ``reading``                 what every clause asserts, rejects, doubts or takes back; the sum
``choice``, ``closed``, ``open_text``     the matchers
``verdict``                               what they return, and the one error they raise
========================================  ================================================================

An answer is never an error: it earns 0.0 and the detail says why. A reference or choices that make no sense raise
``BadReference``.
"""

from .choice import chosen_option, chosen_options, match_choice, match_choices
from .closed import match_yes_no, yes_no
from .open_text import match_text
from .text import normalize
from .verdict import BadReference, Verdict

__all__ = [
    "BadReference",
    "Verdict",
    "chosen_option",
    "chosen_options",
    "match_choice",
    "match_choices",
    "match_text",
    "match_yes_no",
    "normalize",
    "yes_no",
]
