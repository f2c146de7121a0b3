"""Numbers with their units, in one measure: ``5 cm`` is ``50 mm``, ``two`` is ``2``, ``1.5 million`` is 1500000."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .text import Token

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_WORDS = {
    **{word: number for number, word in enumerate(_ONES) if number},
    **{word: number for number, word in enumerate(_ORDINALS, 1)},
    **{word: 10 * number for number, word in enumerate(_TENS, 2)},
    **{word[:-1] + "ieth": 10 * number for number, word in enumerate(_TENS, 2)},
    "twice": 2,
    "pair": 2,
    "dozen": 12,
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NUMERAL = re.compile(r"[ivx]+")
_ROMAN = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
}  # fmt: skip
_BEFORE_ROMAN = frozenset(
    [
        "stage",
        "grade",
        "type",
        "class",
        "nerve",
        "degree",
        "phase",
        "war",
        "part",
        "chapter",
        "factor",
        "level",
        "category",
    ]
)
_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_MEASURES: dict[str, tuple[str, float, str]] = {
    "length": ("m", 1.0, "m meter meters metre metres"),
    "length ": ("mm", 1e-3, "mm millimeter millimeters millimetre millimetres"),
    "length  ": ("cm", 1e-2, "cm cms centimeter centimeters centimetre centimetres"),
    "length   ": ("km", 1e3, "km kilometer kilometers kilometre kilometres"),
    "length    ": ("um", 1e-6, "um micron microns micrometer micrometers micrometre micrometres"),
    "length     ": ("in", 0.0254, "inch inches"),
    "length      ": ("ft", 0.3048, "ft foot feet"),
    "length       ": ("mi", 1609.344, "mile miles"),
    "mass": ("g", 1.0, "g gram grams gm gms gramme grammes"),
    "mass ": ("mg", 1e-3, "mg milligram milligrams"),
    "mass  ": ("ug", 1e-6, "ug mcg microgram micrograms"),
    "mass   ": ("kg", 1e3, "kg kgs kilogram kilograms kilo kilos"),
    "mass    ": ("lb", 453.59237, "lb lbs pound pounds"),
    "volume": ("l", 1.0, "l liter liters litre litres"),
    "volume ": ("ml", 1e-3, "ml mls cc milliliter milliliters millilitre millilitres"),
    "volume  ": ("dl", 1e-1, "dl deciliter deciliters decilitre"),
    "time": ("s", 1.0, "sec secs"),
    "time ": ("min", 60.0, "min mins minutes"),
    "time  ": ("h", 3600.0, "h hr hrs hour hours"),
    "time   ": ("d", _DAY, "day days"),
    "time    ": ("wk", 7 * _DAY, "week weeks wk wks"),
    "time     ": ("mo", _YEAR / 12, "month months"),
    "time      ": ("y", _YEAR, "year years yr yrs yo"),
    "percent": ("%", 1.0, "% percent pct"),
    "angle": ("deg", 1.0, "° degree degrees deg"),
    "rate": ("bpm", 1.0, "bpm"),
    "pressure": ("mmhg", 1.0, "mmhg"),
    "density": ("hu", 1.0, "hu hounsfield"),
    "dollars": ("$", 1.0, "dollar dollars usd"),
}
_UNITS: dict[str, tuple[str, float]] = {
    word: (dimension.strip(), factor) for dimension, (_, factor, words) in _MEASURES.items() for word in words.split()
}
_ATTACHED = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_TIMES = frozenset(("x", "by"))
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Quantity(NamedTuple):
    """A number that a text states."""

    value: float
    """in the dimension's base unit (m, g, l, s)"""
    dimension: str
    """``length``, ``mass/volume`` ...; ``year`` for a bare year of four digits; empty for any other bare number"""
    written: float
    """the number as it stands, without its unit"""

    def equals(self, other: Quantity) -> bool:
        """The same quantity; a number without unit may stand for one with a unit."""
        if self.dimension == other.dimension:
            return _close(self.value, other.value)
        bare = not self.dimension or not other.dimension
        return bare and _close(self.written, other.written)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other), 1e-12)


def quantity_at(words: Sequence[Token], at: int) -> tuple[Quantity, int] | None:
    """The quantity that begins at the token, and how many tokens it takes; None if none begins there."""
    text = words[at].text
    unit: str | None = None
    if text[0].isdigit():
        if _DIGITS.fullmatch(text):
            written = float(text.replace(",", ""))
        elif text[-2:] in ("st", "nd", "rd", "th") and text[:-2].isdigit():
            written = float(text[:-2])
        else:
            attached = _ATTACHED.fullmatch(text)
            if attached is None or attached[2] not in _UNITS:
                return None
            written, unit = float(attached[1]), attached[2]
        taken = 1
    else:
        spelled = _spelled(words, at)
        if spelled is None:
            return None
        written, taken = spelled
    while unit is None and at + taken < len(words) and words[at + taken].text in _SCALES:
        written *= _SCALES[words[at + taken].text]
        taken += 1
    if unit is None and at + taken < len(words):
        # a dash stands between a number and its unit in "5-cm" and "12-year-old"
        skip = taken + (words[at + taken].text == "-" and at + taken + 1 < len(words))
        if words[at + skip].text in _UNITS:
            unit = words[at + skip].text
            taken = skip + 1
    unit = unit or _shared_unit(words, at + taken)
    if unit is None:
        year = text.isdigit() and len(text) == 4 and 1000 <= written <= 2100
        return Quantity(written, "year" if year else "", written), taken
    dimension, factor = _UNITS[unit]
    if at + taken + 1 < len(words) and words[at + taken].text == "/" and words[at + taken + 1].text in _UNITS:
        per, divisor = _UNITS[words[at + taken + 1].text]
        return Quantity(written * factor / divisor, f"{dimension}/{per}", written), taken + 2
    return Quantity(written * factor, dimension, written), taken


def _shared_unit(words: Sequence[Token], at: int) -> str | None:
    """The unit at the end of "1.5 x 1.8 cm", which holds for every number of it."""
    start = at
    while at + 1 < len(words) and words[at].text in _TIMES and _DIGITS.fullmatch(words[at + 1].text):
        at += 2
    return words[at].text if start < at < len(words) and words[at].text in _UNITS else None


def _spelled(words: Sequence[Token], at: int) -> tuple[float, int] | None:
    text = words[at].text
    if text in _ROMAN and at and words[at - 1].text in _BEFORE_ROMAN:
        return float(_ROMAN[text]), 1
    if text in ("ii", "iii", "vi", "vii", "viii", "ix", "xi", "xii") and words[at].written.isupper():
        return float(_ROMAN[text]), 1
    value = _WORDS.get(text)
    if value is None:
        return None
    if (
        text == "one"
        and at + 1 < len(words)
        and words[at + 1].text in ("of", "or", "can", "is", "who", "sided", "side")
    ):
        return None
    taken = 1
    skip = taken + (at + taken + 1 < len(words) and words[at + taken].text == "-")
    if value >= 20 and value % 10 == 0 and at + skip < len(words):
        ones = _WORDS.get(words[at + skip].text, 0)
        if 0 < ones < 10:
            return float(value + ones), skip + 1
    return float(value), taken
