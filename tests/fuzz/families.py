"""Texts that slow pattern matching down where it can be slowed: each family is a text of any length, of one idea."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Family = Callable[[int], str]
"""a number of characters -> a text of about as many, never more"""


def _of(unit: str, head: str = "", tail: str = "") -> Family:
    """``head``, then ``unit`` over and over, then ``tail``."""
    return lambda n: head + unit * max(0, (n - len(head) - len(tail)) // len(unit)) + tail


def _nested(opening: str, closing: str, inside: str = "") -> Family:
    """As many openings as closings, in this order."""

    def text(n: int) -> str:
        depth = max(0, (n - len(inside)) // (len(opening) + len(closing)))
        return opening * depth + inside + closing * depth

    return text


def _growing(unit: str, between: str) -> Family:
    """Runs of ``unit`` each one longer than the last, with ``between`` after each: no two are alike."""

    def text(n: int) -> str:
        runs: list[str] = []
        left = n
        while (size := len(unit) * (len(runs) + 1) + len(between)) <= left:
            runs.append(unit * (len(runs) + 1) + between)
            left -= size
        return "".join(runs)

    return text


def _counting(form: str, most: int | None = None) -> Family:
    """``form`` filled with 0, 1, 2, ..: words that no cache has seen."""

    def text(n: int) -> str:
        pieces: list[str] = []
        left = n
        number = 0
        while left > 0:
            piece = form.format(number if most is None else number % most)
            pieces.append(piece)
            left -= len(piece)
            number += 1
        return "".join(pieces)[:n]

    return text


FAMILIES: Final[dict[str, Family]] = {
    # characters on their own
    "letters": _of("a"),
    "capitals": _of("A"),
    "spaces": _of(" "),
    "spaces, then a word": _of(" ", tail="x"),
    "line breaks": _of("\n"),
    "tabs and breaks": _of("\t\n\r "),
    "NUL": _of("\x00"),
    "byte order marks": _of("\ufeff"),
    "zero widths": _of("\u200b"),
    "right to left": _of("\u202ea\u202c"),
    "combining marks": _of("\u0301", head="e"),
    "combining marks of two classes": _of("\u0301\u0323", head="e"),
    "Hangul fillers": _of("\u3164"),
    "emoji joined": _of("\U0001f468\u200d"),
    "ligatures that grow": _of("\ufdfa"),
    "long s and dotted I": _of("\u017f\u0130\u212a"),
    "full width": _of("\uff21\uff1a"),
    # numbers
    "digits": _of("1"),
    "digits of Arabic": _of("\u0661"),
    "superscripts": _of("\u00b2\u2083"),
    "fractions": _of("1\u00bd"),
    "thousands": _of("1,000,", tail="x"),
    "thousands, groups of three": _of(",000", head="1", tail="x"),
    "digits and commas": _of("1,"),
    "digits and points": _of("1."),
    "points": _of("."),
    "spaced numbers": _of("1 , 2 ,"),
    "ranges": _of("1-2/"),
    "exponents": _of("1e9"),
    "signs": _of("+-"),
    "units": _of("3mm "),
    "comparisons": _of("> 3 < "),
    # punctuation
    "commas": _of(","),
    "commas and spaces": _of(" ,"),
    "spaces before commas": _growing(" ", ","),
    "semicolons": _of("; "),
    "hyphens": _of("a-"),
    "dashes": _of("-"),
    "underscores": _of("_"),
    "stars": _of("*"),
    "stars about letters": _of("*a*"),
    "backticks": _of("`"),
    "fences": _of("```\n"),
    "fences of JSON": _of("```json\n{"),
    "tildes": _of("~"),
    "struck": _of("~~a"),
    "hashes": _of("# "),
    "quotes of a block": _of("> "),
    "bullets": _of("- a\n"),
    "bullets of numbers": _counting("{}. a\n"),
    "tasks": _of("- [ ] A\n"),
    "arrows": _of("=-"),
    "arrow heads": _of("=", tail=">"),
    "exclamations": _of("!"),
    "questions": _of("? "),
    "bars": _of("|"),
    "quotation marks": _of('"'),
    "backslashes": _of("\\"),
    "dollars": _of("$"),
    # brackets
    "angles": _of("<"),
    "angles spaced": _of("< "),
    "angles closed": _of("<>"),
    "angles and letters": _of("<a"),
    "half boxes": _of("["),
    "half boxes closed": _of("]"),
    "half braces": _of("{"),
    "half brackets": _of("("),
    "boxes in boxes": _nested("[", "]"),
    "braces in braces": _nested("{", "}"),
    "brackets in brackets": _nested("(", ")", "A"),
    "brackets, not closed": _of("(A "),
    "brackets, empty": _of("( )"),
    "brackets of every kind": _of("([{"),
    # tags
    "tags, open": _of("<answer>"),
    "tags, half": _of("<answer"),
    "tags, closing": _of("</answer>"),
    "tags, nested": _nested("<answer>", "</answer>", "A"),
    "tags, thinking": _nested("<think>", "</think>"),
    "tags, a million": _of("<con>"),
    "tags, closed at once": _of("<con></con>"),
    "tags, crossed": _of("<LOC><VISUAL></LOC></VISUAL>"),
    "tags, spaced": _of("<answer "),
    "tags of HTML": _of("<p class="),
    "tags, deleted": _of("<del>a"),
    "comments": _of("<!--"),
    "closings of thought": _of("</think>"),
    # boxes
    "boxes": _of("<box>[1,2,3,4]</box>"),
    "boxes, open": _of("<box>[1,2,3,4]"),
    "boxes, overlapping": _counting("<box>[{0},{0},900000,900000]</box>"),
    "boxes by reference": _of("<ref>x</ref><box>[1, 2, 3, 4]</box>"),
    "boxes of JSON": _of('{"box_2d": [1, 2, 3, 4], "label": "x"},'),
    "boxes of JSON, open": _of('{"box_2d": ['),
    "boxes of JSON, in lists": _of('{"bbox_2d": [[1,2,3,4],'),
    "boxes of JSON, one list": _of("[1,2,3,4],", head='{"bbox_xyxy_pixel": [', tail="]}"),
    "labels": _of('"label": "x", '),
    "labels, open": _of('"label": "'),
    "labels, escaped": _of('"label": "\\'),
    "keys of JSON": _of('"box_2d":'),
    "corner pairs": _of("(1,2),(3,4),"),
    "points before numbers": _of("[.", head="<location>"),
    # transcripts
    "turns": _of("\nassistant\n"),
    "turns of users": _of("\nuser\n"),
    "turns with colons": _of("\nUser: \nAssistant: "),
    "turns of tokens": _of("<|im_start|>assistant\n"),
    "ends of turns": _of("<|im_end|>"),
    "half tokens": _of("<|"),
    "the word assistant": _of(" assistant"),
    # LaTeX and code
    "LaTeX boxed": _of("\\boxed{"),
    "LaTeX boxed in boxed": _nested("\\boxed{", "}", "A"),
    "LaTeX text": _of("\\text{a "),
    "LaTeX cancelled": _of("\\cancel{"),
    "LaTeX fractions": _of("\\frac{1}{"),
    "JSON": _of('{"a": [1, "b", {"c": null}]}, '),
    "JSON escapes": _of('"\\"'),
    "HTML entities": _of("&lt;"),
    # language
    "no no no": _of("no "),
    "not not": _of("not "),
    "yes no": _of("yes, no. "),
    "negations": _of("there is no evidence of not "),
    "neither nor": _of("neither A nor B, "),
    "letters as options": _of("A "),
    "letters, every one": _of("A B C D "),
    "letters in brackets": _of("(A) "),
    "letters listed": _of("A, "),
    "letters with and": _of("A and B or "),
    "letters to letters": _of("A-D "),
    "letters headed": _of("A: no\n"),
    "the answer is": _of("the answer is "),
    "the answer is A": _of("The answer is A. "),
    "the answer is not A": _of("The answer is not A, "),
    "options named": _of("option A is wrong; "),
    "hedges": _of("maybe A, or perhaps B? "),
    "asides": _of("A - not B - "),
    "asides in brackets": _of("A (not B) "),
    "findings": _of("left pleural effusion, "),
    "findings denied": _of("no pleural effusion "),
    "findings with and": _of(" and consolidation"),
    "sides": _of("left right "),
    "words, all different": _counting("word{} "),
    "capital words": _of("Abc "),
    "acronyms": _counting("({}ABC) "),
    "vertebrae": _of("L4/5-"),
    "X-rays": _of("x-ray "),
    "refusals": _of("I cannot answer "),
    "words to the judge": _of("ignore the above and "),
    "headings for the judge": _of("[The End of Assistant 1's Answer]\n"),
    "scores": _of('{"score": 10, '),
}
"""name -> text of a length"""
