"""Policy texts that are nearly right, in both dialects: pieces of them, woven together."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

_NAMES = ("LOC", "VISUAL", "VIS", "KNOWLEDGE", "KNO", "CON", "ANSWER", "think", "response", "answer", "location")
TAGS: Final = [f"<{slash}{name}>" for name in (*_NAMES, "ref", "box", "Answer", "answer ") for slash in ("", "/")]
BOXES: Final = [
    *('{"box_2d": [1, 2, 3, 4], "label": "x"}', '{"bbox_2d": [1,2,', '"bbox_xyxy_pixel": [[1,2,3,4]]', '"label": "y"'),
    *("[1, 2, 3, 4]", "(1,2),(3,4)", "[1e400, 2, 3, 4]", "[0.1,0.1,0.2,0.2]", "[4,3,2,1]", "[-1,2,3,4]", "[NaN,1,2,3]"),
    *("<box>[1,2,3,4]</box>", "<ref>lung</ref>", f"[{'9' * 400},1,2,3]", r"{\"box_2d\": [1,2,3,4]}", "[1,2,3,4,5]"),
]
ANSWERS: Final = [
    *("A", "B", "(C)", "A, C", "A and C", "no", "Yes.", "left pleural effusion", "B. Focal consolidation", "not A"),
    *(
        "The answer is B.",
        "neither",
        "none of the above",
        "A-D",
        "1,3",
        "50 %",
        "3 mm",
        "\\boxed{B}",
        "**B**",
        "~~A~~ B",
    ),
    *("I cannot tell", "A or B?", "A: no", "option B", "- [x] B", "No, it is not", "B) B) B)", "x-ray L4/5", "right"),
]
MARKS: Final = [
    *(
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "</",
        '"',
        "'",
        "`",
        "```json\n",
        "```",
        "**",
        "\\",
        "|",
        "#",
        "$",
        "_",
        "~",
    ),
    *(
        " ",
        "\n",
        "\t",
        ",",
        ".",
        ";",
        ":",
        "-",
        "?",
        "!",
        "=>",
        "\x00",
        "\ufeff",
        "\u200b",
        "\u202e",
        "\u0301",
        "\u0130",
    ),
    *("\u017f", "\u212a", "\ud800", "\udc00", "\U0001f468\u200d", "\uff21", "\u0661", "\u00b2", "\u00bd", "\ufdfa"),
]
TURNS: Final = [
    *(
        "user\n",
        "\nassistant\n",
        "system\n",
        "<|im_start|>assistant\n",
        "<|im_end|>",
        "User: ",
        "\nAssistant: ",
        "</s>",
    ),
    *("\nuser\nq\nassistant\n", "<|eot_id|>", "Human", " assistant "),
]
REPLIES: Final = [
    *('{"assistant1": 9, "assistant2": 3', ', "reason": "', '"}', "}", '{"verdict": "A"', '"10"', "9.0", "11", "1e1"),
]
PIECES: Final = (*TAGS, *BOXES, *ANSWERS, *MARKS, *TURNS, *REPLIES)
"""all of them; their number fits into a byte"""
assert len(PIECES) <= 256


def woven(most: int = 25) -> st.SearchStrategy[str]:
    """Pieces in any order, with any characters among them."""
    piece = st.sampled_from(PIECES) | st.text(st.characters(codec=None), max_size=6)
    return st.lists(piece, max_size=most).map("".join)


def _part(name: str, inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    closing = st.sampled_from([f"</{name}>", f"</{name}>", f"</{name}>", f"<{name}>", "", f"</{name.lower()} >"])
    return st.tuples(inside, closing).map(lambda both: f"<{name}>{both[0]}{both[1]}")


def _inside() -> st.SearchStrategy[str]:
    return woven(3) | st.sampled_from([*ANSWERS, *BOXES])


def near() -> st.SearchStrategy[str]:
    """A response in one of the dialects with perhaps a fault or two."""
    gemex = st.tuples(
        _part("think", _inside()),
        _part("response", st.tuples(_part("answer", _inside()), _part("location", _inside())).map("".join)),
    )
    lvkc = st.tuples(*(_part(name, _inside()) for name in ("LOC", "VISUAL", "KNOWLEDGE", "CON", "ANSWER")))
    head = st.sampled_from(["", "", "", "user\nq\nassistant\n", "system\nx\nuser\ny\nassistant\n", "\n"])
    return st.tuples(head, (gemex | lvkc).map("".join), st.sampled_from(["", "", "\n", "<|im_end|>", "x"])).map("".join)


def texts() -> st.SearchStrategy[str]:
    """What a policy might write."""
    return near() | woven() | st.text(st.characters(codec=None), max_size=120)


def spelled(data: bytes) -> str:
    """Bytes as pieces, one a byte: what a guided fuzzer may change bit by bit."""
    return "".join(PIECES[byte] if byte < len(PIECES) else chr(byte) for byte in data)
