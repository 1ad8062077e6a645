"""Settings as text: name and values out of ``evolution(population_size=10)``."""

from __future__ import annotations

import ast
import re
from typing import Any

from nasbench.errors import NasbenchError

FORM = "name(setting=value, ...)"

CONSTANTS = ("None", "True", "False")
"""Words that are Python's own values."""

_WORD = re.compile(r"[A-Za-z_]\w*([-+]\w+)*")

_BARE = r"[^\s,()\[\]{}='\"]"
_PATH = re.compile(rf"([(,]\s*[A-Za-z_]\w*\s*=\s*)({_BARE}*[./]{_BARE}*)(?=\s*[,)])")
"""A setting whose value has a dot or a slash: a number, or the path of a file."""


def split_settings(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings out of ``name(setting=value, ...)``.

    Values are Python literals; words and paths without blanks need no quotes, and
    neither does another strategy with settings of its own.

    Raises:
        NasbenchError: The text has another form.

    >>> split_settings("evolution(population_size=10, order=first)")
    ('evolution', {'population_size': 10, 'order': 'first'})
    >>> split_settings("evolution-median(inner=genetic(elites=2))")
    ('evolution-median', {'inner': 'genetic(elites=2)'})
    >>> split_settings("darts(file=runs/darts.jsonl.gz, searches=2)")
    ('darts', {'file': 'runs/darts.jsonl.gz', 'searches': 2})
    """
    if not text.endswith(")"):
        if _is_left_open(text):
            raise NasbenchError(
                f"{text!r} lacks the closing parenthesis of its settings; write {FORM}"
            )
        return text, {}
    # Paths may hold parentheses too, so the first that gives a call is taken.
    for start in (i for i, letter in enumerate(text) if letter == "(" and i):
        source = f"f{_PATH.sub(_quoted, text[start:])}"
        try:
            call = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            return text[:start].strip(), _keywords(call, source, text)
    raise NasbenchError(
        f"{text!r} is no strategy with settings; write {FORM}, as in "
        "'evolution(population_size=10)'"
    )


def _quoted(found: re.Match[str]) -> str:
    """Return a setting with its value as a literal: a path in quotes."""
    setting, value = found.groups()
    try:
        complex(value)
    except ValueError:
        return f"{setting}{value!r}"
    return f"{setting}{value}"


def _keywords(call: ast.Call, source: str, text: str) -> dict[str, Any]:
    """Return the values of a call by name."""
    settings: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg in settings:
            raise NasbenchError(
                f"setting {keyword.arg} is given twice in {text!r}; give it once, as "
                f"{FORM}"
            )
        if keyword.arg is not None:
            settings[keyword.arg] = _value(keyword.value, source, text)
    if call.args or len(settings) < len(call.keywords):
        raise NasbenchError(
            f"{text!r} gives a value without the name of its setting; write {FORM}, "
            "as in 'evolution(population_size=10)'"
        )
    return settings


def _is_left_open(text: str) -> bool:
    """Return whether settings begin in the text and do not end."""
    name, _, rest = text.partition("(")
    is_name = _WORD.fullmatch(name.strip()) is not None
    # Behind a class in a file there can only be settings; in a path, "(" is a letter.
    of_class = re.search(r"\.py:\w+\s*\(", text) is not None
    return of_class or (is_name and "(" in text and ".py" not in rest)


def _value(value: ast.expr, source: str, text: str) -> Any:
    """Return a literal, or the text of a word or of a strategy with settings."""
    word = ast.unparse(value).replace(" - ", "-").replace(" + ", "+")
    if _WORD.fullmatch(word) and word not in CONSTANTS:
        return word
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        written = ast.get_source_segment(source, value) or word
        if _is_strategy(written):
            return written
        raise NasbenchError(
            f"{written!r} in {text!r} is no number, word, or list of these"
        ) from error


def _is_strategy(written: str) -> bool:
    """Return whether a value is a name with settings of its own."""
    try:
        name, _ = split_settings(written)
    except NasbenchError:
        return False
    return name != written and _WORD.fullmatch(name) is not None
