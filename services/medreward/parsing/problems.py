"""What can be wrong with a policy output: the codes, and the list that collects them.

Nothing here is raised. A problem is a fact about the text; what it costs is the rewards' business
(the format reward of MEDSAGE is 0 when there is any).
"""

from __future__ import annotations

from .types import Problem, Span

PROBLEMS: dict[str, str] = {
    # the turn
    "empty_response": "there is no text to score",
    "no_assistant_turn": "a chat transcript in which the assistant never speaks",
    # the tags
    "unclosed_tag": "a tag is opened and never closed",
    "stray_close": "a closing tag has no opening tag",
    "repeated_tag": "a part that may stand once stands again",
    "nested_tag": "a part stands inside one that may not hold it",
    "empty_tag": "a part has no text",
    "misordered_tag": "a part stands before one that it should follow",
    "mixed_dialects": "tags of LVKC and of think/response are used together, or a tag is closed by its other name",
    "too_many_tags": "tags beyond the limit were not read, so no answer is taken",
    # the answer
    "missing_answer": "there is no answer tag",
    "untagged_answer": "the answer stands after the thinking without its tag",
    "conflicting_answers": "several answers that differ",
    # the boxes
    "box_outside_location": "a <box> stands outside <location>",
    "unreadable_location": "a <location> has numbers but no <box>, or a <LOC> four in a list but no key",
    "box_unclosed": "the list of corners breaks off",
    "box_not_a_number": "a corner is not a finite number of at most 30 digits before the point and after it",
    "box_malformed": "a box has brackets that do not match, or more beside its list than separators",
    "box_boolean": "a corner is true or false",
    "box_wrong_count": "a box has more or fewer than four numbers",
    "box_negative": "a corner is below zero",
    "box_no_area": "the second corner is not to the right of and below the first",
    "box_off_grid": "a corner of a box_2d is beyond 1000, the end of its grid",
    "box_too_large": "a corner is beyond any image",
    "too_many_boxes": "boxes beyond the limit were not read",
    # this list
    "too_many_problems": "problems beyond the limit were not recorded",
}

MAX_PROBLEMS = 64
"""problems recorded of one output; a hostile text could otherwise have one for each character"""


class Problems(list[Problem]):
    """The problems found so far, in the order they were found."""

    def add(self, code: str, message: str, span: Span) -> None:
        """Record a problem, or say once that there are too many."""
        if len(self) < MAX_PROBLEMS:
            self.append(Problem(code, message, span))
        elif len(self) == MAX_PROBLEMS:
            self.append(Problem("too_many_problems", f"only the first {MAX_PROBLEMS} problems are listed", span))
