"""Blank text: white space, and the characters that show nothing either."""

from __future__ import annotations

import re
from typing import Final

# zero-width spaces, joiners and marks, the soft hyphen, the byte order mark, NUL and the other controls
_BLANK: Final = re.compile("[\\s\x00-\x1f\x7f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*+")


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen."""
    # nearly every text begins with a visible character of ASCII
    return not "!" <= text < "\x7f" and _BLANK.fullmatch(text) is not None
