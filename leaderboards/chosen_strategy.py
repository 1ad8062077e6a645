"""A strategy with settings as users write it: ``evolution(population_size=10)``."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from functools import cached_property
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nasbench.errors import NasbenchError
from nasbench.search import AskTell, SearchContext
from strategies import Strategy, find_strategy

FORM = "name(setting=value, ...)"

CONSTANTS = ("None", "True", "False")
"""Words that are Python's own values."""

WORDS = {
    int: "a whole number",
    float: "a number",
    str: "a word",
    bool: "True or False",
    type(None): "None",
}


class ChosenStrategy:
    """Builds a strategy by its name and settings; unlike a lambda, it can be pickled.

    Args:
        text: A name of `strategies.find_strategy`, or one with settings in
            parentheses. Values are Python literals; words need no quotes.

    Attributes:
        text: What was given.
        name: The name without the settings.
        settings: Keyword arguments of the class.

    Raises:
        NasbenchError: The text has another form, the strategy or a setting is not
            known, or a value has a wrong type; what is allowed is named.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.name, self.settings = split_settings(self.text)
        allowed = settings_of(self.strategy)
        hints = get_type_hints(self.strategy.__init__) if self.settings else {}
        for setting, value in self.settings.items():
            if setting not in allowed:
                known = ", ".join(f"{k}={v!r}" for k, v in allowed.items())
                raise NasbenchError(
                    f"strategy {self.name} has no setting {setting!r}; it has "
                    f"{known or 'none'}"
                )
            hint = hints.get(setting, Any)
            if not _fits(value, hint):
                raise NasbenchError(
                    f"setting {setting} of strategy {self.name} is {value!r}; expected "
                    f"{_worded(hint)}, as in {setting}={allowed[setting]!r}"
                )

    @cached_property
    def strategy(self) -> type[Strategy]:
        """The class."""
        return find_strategy(self.name)

    @property
    def slow(self) -> bool:
        """Whether the class says that it is."""
        return bool(getattr(self.strategy, "slow", False))

    @property
    def several_objectives(self) -> bool:
        """Whether the class can optimise several objectives at once."""
        return self.strategy.several_objectives

    def __call__(self, context: SearchContext) -> AskTell:
        """Return a new strategy."""
        return self.strategy(context, **self.settings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Find the class anew in the process that unpickles."""
        return ChosenStrategy, (self.text,)

    def __repr__(self) -> str:
        return f"ChosenStrategy({self.text!r})"


def settings_of(strategy: type[Strategy]) -> Mapping[str, Any]:
    """Return the settings of a strategy class with their defaults.

    The first parameter is the context.
    """
    _, *parameters = inspect.signature(strategy).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default for p in parameters if p.kind in named}


def split_settings(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings out of ``name(setting=value, ...)``.

    Raises:
        NasbenchError: The text has another form.

    >>> split_settings("evolution(population_size=10, order=first)")
    ('evolution', {'population_size': 10, 'order': 'first'})
    """
    if not text.endswith(")"):
        return text, {}
    # Paths may hold parentheses too, so the first that gives a call is taken.
    starts = [i for i, letter in enumerate(text) if letter == "(" and i]
    for start in starts:
        try:
            call = ast.parse(f"f{text[start:]}", mode="eval").body
        except (SyntaxError, ValueError):
            continue
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        given = [keyword.arg for keyword in call.keywords]
        if call.args or None in given or len(set(given)) < len(given):
            break
        name = text[:start].strip()
        return name, {str(k.arg): _literal(k.value, text) for k in call.keywords}
    raise NasbenchError(
        f"{text!r} is no strategy with settings; write {FORM}, as in "
        "'evolution(population_size=10)'"
    )


def _literal(value: ast.expr, text: str) -> Any:
    word = ast.unparse(value).replace(" - ", "-")
    if re.fullmatch(r"[A-Za-z_]\w*(-[A-Za-z_]\w*)*", word) and word not in CONSTANTS:
        return word
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError) as error:
        raise NasbenchError(
            f"{ast.unparse(value)!r} in {text!r} is no number, word, or list of these"
        ) from error


def _fits(value: object, hint: Any) -> bool:
    """Return whether a value is of a type; what is no plain type fits anything."""
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if hint is float:
        return type(value) in (int, float)
    if hint in (int, bool, str, type(None)):
        return type(value) is hint
    return True


def _worded(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(str(one) for one in get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_worded(one) for one in get_args(hint))
    return WORDS.get(hint, str(hint))
