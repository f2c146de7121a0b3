"""Every regular expression that the package compiles: ``python -m tests.fuzz.patterns`` lists them as JSON.

Run in a process of its own, which looks on as the package's modules compile theirs at import; a pattern that a call
spells out (``re.search("..", text)``) is found in the source. :func:`nested` says what could take exponential time.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from typing import Any, Final, NamedTuple

import medreward

_ROOT: Final = Path(medreward.__file__).parent
_MANY: Final = 32
"""from so many repetitions on, one counts as unbounded"""
_BACKTRACKING: Final = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT})
_CALLS: Final = frozenset({"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"})


class Pattern(NamedTuple):
    """A regular expression and where it is compiled."""

    file: str
    """below the package"""
    pattern: str
    flags: int


def nested(pattern: str, flags: int) -> bool:
    """Whether an unbounded repetition that gives back holds another one: each way to divide a run may be tried.

    A possessive repetition (``*+``) gives nothing back, and what it holds is then tried once.
    """
    return _nested(parser.parse(pattern, flags), False)


def _nested(tree: Any, inside: bool) -> bool:
    for code, argument in tree:
        if code in _BACKTRACKING:
            _, most, body = argument
            unbounded = most == codes.MAXREPEAT or most >= _MANY
            if (unbounded and inside) or _nested(body, inside or unbounded):
                return True
        elif code == codes.POSSESSIVE_REPEAT:
            if _nested(argument[2], False):
                return True
        elif any(_nested(part, inside) for part in _parts(argument)):
            return True
    return False


def _parts(argument: Any) -> list[Any]:
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, (list, tuple)):
        return [part for one in argument for part in _parts(one)]
    return []


def compiled() -> tuple[list[Pattern], list[str]]:
    """The patterns, and the modules that could not be looked at, for what they need is not installed here."""
    found: dict[Pattern, None] = {}
    real = re.compile

    def watched(pattern: Any, flags: Any = 0) -> Any:
        made = real(pattern, flags)
        caller = Path(sys._getframe(1).f_code.co_filename)
        if caller.is_relative_to(_ROOT):
            text = made.pattern if isinstance(made.pattern, str) else made.pattern.decode("latin-1")
            found[Pattern(str(caller.relative_to(_ROOT)), text, made.flags & ~re.UNICODE)] = None
        return made

    re.compile = watched
    for name in [name for name in sys.modules if name.startswith("medreward")]:
        del sys.modules[name]
    missed = []
    for module in pkgutil.walk_packages([str(_ROOT)], "medreward."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            missed.append(f"{module.name}: {error}")
    re.compile = real
    for path in _ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            spelled = _spelled(node)
            if spelled is not None:
                found[Pattern(str(path.relative_to(_ROOT)), spelled, 0)] = None
    return list(found), missed


def _spelled(node: ast.AST) -> str | None:
    """The pattern of ``re.search("..", ..)`` and its like."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS):
        return None
    if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args):
        return None
    first = node.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


if __name__ == "__main__":
    patterns, missed = compiled()
    print(json.dumps({"patterns": [list(one) for one in patterns], "missed": missed}))
