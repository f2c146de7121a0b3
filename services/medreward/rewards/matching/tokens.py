"""Tokens: words, numbers with their decimals, and single signs.

A sign that belongs to a word stays on it (``ER+``, ``HER2-``, ``-5``), and so does the rest of a compound
(``C-spine``): neither is the bare letter.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    [^\S\n]*+ (
      [A-Za-z]++(?!['+\w-])                                            # the usual word
    | [.,](?!\d)
    | (?<![^\s(])[+-]?\d++(?:[.,]\d+)*+                                # 1.5, -5
    | \d++(?:[.,]\d+)*+
    | (?!(?:YES|NO|ANSWER|OPTION|FINAL)-)(?:[A-Z][A-Z0-9]{1,5}|Rh)-(?![\w-])   # ER-, HER2-
    | [^\W_]++\+(?![\w+])                                              # ER+
    | [^\W_]++(?:'[^\W_]++|-(?=[^\W_])[^\W_]++)*+                      # isn't, C-spine
    | \n
    | [^\w\s]
    | _
    )
    """,
    re.VERBOSE,
)

words_of = _TOKEN.findall
