"""What the settings of a strategy may be, read from the annotations of its class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from math import inf, isfinite
from numbers import Integral, Real
from types import SimpleNamespace, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from nasbench.errors import NasbenchError

_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "a word",
    bool: "True or False",
    type(None): "None",
}
_LITERALS = (bool, int, float, complex, str, bytes, list, tuple, dict, set, type(None))
"""What can be written as text is no object of a class that a setting asks for."""

_NO_HINT = inspect.Parameter.empty


@dataclass(frozen=True)
class Within:
    """The range of a number, as in ``Annotated[int, Within(1, 100)]``.

    Attributes:
        least: The smallest value.
        most: The largest value.
        above: Whether `least` itself is left out.
        below: Whether `most` itself is left out.
    """

    least: float = -inf
    most: float = inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a number lies in the range."""
        over = value > self.least if self.above else value >= self.least
        under = value < self.most if self.below else value <= self.most
        return bool(over and under)

    def __str__(self) -> str:
        """Return the range in words, as in ``from 1 to 100``."""
        least = f"above {self.least:,g}" if self.above else f"{self.least:,g} or more"
        if self.most == inf:
            return least
        if not (self.above or self.below):
            return f"from {self.least:,g} to {self.most:,g}"
        most = f"below {self.most:,g}" if self.below else f"at most {self.most:,g}"
        return f"{least} and {most}"


MOST = 100_000
"""A search of one machine has no use for more of anything, and memory ends there."""

Count: TypeAlias = Annotated[int, Within(1, MOST)]
"""How many of something that is kept or drawn."""

HiddenUnits: TypeAlias = Annotated[int, Within(1, 512)]
"""The width of a recurrent network; beyond, one proposal takes seconds."""

Share: TypeAlias = Annotated[float, Within(0, 1)]
"""A share of a whole, or a probability."""

InnerShare: TypeAlias = Annotated[float, Within(0, 1, above=True, below=True)]
"""A share that is neither nothing nor all."""

LearningRate: TypeAlias = Annotated[float, Within(0, 10, above=True)]
"""The length of an optimiser's step; Adam's are commonly below 0.1."""

Momentum: TypeAlias = Annotated[float, Within(0, 1, below=True)]
"""The weight of the past in a moving average."""

NotNegative: TypeAlias = Annotated[float, Within(0)]
"""A price or a rate that may be nothing."""

Positive: TypeAlias = Annotated[float, Within(0, above=True)]
"""A scale."""

Weight: TypeAlias = Annotated[float, Within(0, 1000)]
"""The factor of a term in a sum."""


@dataclass(frozen=True)
class InWords:
    """What a setting takes, where its types would say it badly; in `Annotated`.

    Attributes:
        text: As in ``the path of a table``.
    """

    text: str


def settings_of(strategy: type) -> Mapping[str, Any]:
    """Return the settings of a strategy class with their defaults.

    They are the parameters behind the first, the context; where one has no default,
    `inspect.Parameter.empty` stands for it.

    Raises:
        NasbenchError: The constructor takes no context.
    """
    return {p.name: p.default for p in _parameters(strategy)}


def required_settings(strategy: type) -> list[str]:
    """Return the settings of a strategy class that have no default.

    Raises:
        NasbenchError: The constructor takes no context.
    """
    return [
        name for name, default in settings_of(strategy).items() if default is _NO_HINT
    ]


def check_settings(owner: str, strategy: type, given: Mapping[str, Any]) -> None:
    """Check settings against the annotations of a strategy class.

    Args:
        owner: What the error calls the strategy.
        strategy: The class.
        given: The settings by name.

    Raises:
        NasbenchError: A setting is not known, missing, of another type, out of its
            range or not finite; what is allowed is named.
    """
    allowed = settings_of(strategy)
    for setting in given:
        if setting not in allowed:
            known = ", ".join(_with_default(*one) for one in allowed.items())
            raise NasbenchError(
                f"{owner} has no setting {setting!r}; it has {known or 'none'}"
            )
    hints = annotations_of(_constructor(strategy))
    _check(owner, given, allowed, hints)
    missing = [s for s in required_settings(strategy) if s not in given]
    if missing:
        wanted = ", ".join(f"{s}: {worded(hints.get(s, Any))}" for s in missing)
        raise NasbenchError(f"{owner} needs settings that are not given: {wanted}")


def checks_settings(constructor: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that checks what it is given against its annotations."""
    signature = inspect.signature(constructor)
    defaults = {p.name: p.default for p in _named(signature)}
    hints: dict[str, Any] | None = None

    @wraps(constructor)
    def checked(self: object, *values: Any, **settings: Any) -> None:
        nonlocal hints
        if hints is None:
            # Not where the class is defined: names may be defined further below.
            hints = annotations_of(constructor)
        try:
            given = signature.bind_partial(self, *values, **settings).arguments
        except TypeError:
            given = {}  # the call below says what is wrong with it
        chosen = {name: given[name] for name in defaults if name in given}
        _check(type(self).__name__, chosen, defaults, hints)
        constructor(self, *values, **settings)

    return checked


def fits(value: object, hint: Any) -> bool:
    """Return whether a value is of a type, in its range, and finite."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        ranges = [one for one in parts[1:] if isinstance(one, Within)]
        return fits(value, parts[0]) and all(
            one.holds(value)  # type: ignore[arg-type]  # a range is that of a number
            for one in ranges
        )
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in parts)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in parts)
    if hint is float:
        return _is_number(value, Real) and isfinite(value)  # type: ignore[arg-type]
    if hint is int:
        return _is_number(value, Integral)
    if hint in (bool, str, type(None)):
        return isinstance(value, hint)
    if origin in (tuple, list, Sequence):
        return _fit_elements(value, hint)
    return _may_be(value, origin or hint)


def expected(value: object, hint: Any) -> str:
    """Return what a setting takes, for an error about a value."""
    infinite = isinstance(value, float) and not isfinite(value)
    return worded(hint) + (", and finite" if infinite else "")


def worded(hint: Any) -> str:
    """Return what a setting takes, in words."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        said = [one.text for one in parts[1:] if isinstance(one, InWords)]
        return " ".join(said or [worded(parts[0]), *map(str, parts[1:])])
    if origin is Literal:
        return "one of " + ", ".join(str(one) for one in parts)
    if origin in (Union, UnionType):
        return " or ".join(worded(one) for one in parts)
    if origin in (tuple, list, Sequence):
        count = f"{len(parts)} " if _is_fixed(hint) else ""
        return f"({count}values in parentheses, each {worded(parts[0])})"
    if hint is Any:
        return "a value"
    return _WORDS.get(hint, "an object that only Python can give")


def _check(
    owner: str,
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
    hints: Mapping[str, Any],
) -> None:
    for setting, value in given.items():
        hint = hints.get(setting, Any)
        if not fits(value, hint):
            default = defaults.get(setting, _NO_HINT)
            example = "" if default is _NO_HINT else f", as in {setting}={default!r}"
            raise NasbenchError(
                f"setting {setting} of {owner} is {_short(value)}; expected "
                f"{expected(value, hint)}{_near(value, hint) or example}"
            )


def _near(value: object, hint: Any) -> str:
    """Return the name that was meant, where names are to choose from."""
    names = [str(one) for one in get_args(hint)] if get_origin(hint) is Literal else []
    near = get_close_matches(str(value), names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _constructor(strategy: type) -> Callable[..., None]:
    function: Callable[..., None] = getattr(strategy, "__init__")  # noqa: B009 - mypy
    return function


def _parameters(strategy: type) -> list[inspect.Parameter]:
    signature = inspect.signature(_constructor(strategy))
    if len(signature.parameters) < 2:
        raise NasbenchError(
            f"{strategy.__name__}.__init__ takes no context; write "
            "def __init__(self, context), and settings behind it"
        )
    return _named(signature)


def _named(signature: inspect.Signature) -> list[inspect.Parameter]:
    """Return the parameters behind ``self`` and the context that have a name."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p for p in list(signature.parameters.values())[2:] if p.kind in named]


def annotations_of(constructor: Callable[..., None]) -> dict[str, Any]:
    """Return the annotations; without those that only a type checker can read."""
    function = inspect.unwrap(constructor)
    hints = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        one = SimpleNamespace(__annotations__={name: annotation})
        try:
            hints.update(get_type_hints(one, function.__globals__, include_extras=True))
        except NameError:
            continue  # a name that is imported under TYPE_CHECKING: no check
    return hints


def _fit_elements(value: object, hint: Any) -> bool:
    if not isinstance(value, list | tuple | range | np.ndarray):
        return False
    parts = get_args(hint)
    if _is_fixed(hint):
        pairs = zip(value, parts, strict=False)
        return len(value) == len(parts) and all(fits(v, part) for v, part in pairs)
    return all(fits(one, parts[0]) for one in value)


def _may_be(value: object, kind: Any) -> bool:
    """Return whether a value may stand for a class; objects of others may by duck."""
    if kind is Any or not isinstance(kind, type) or type(value) not in _LITERALS:
        return True
    # Text has no objects; what a protocol asks for is no literal either.
    return not getattr(kind, "_is_protocol", False) and isinstance(value, kind)


def _is_fixed(hint: Any) -> bool:
    return get_origin(hint) is tuple and Ellipsis not in get_args(hint)


def _is_number(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool | np.bool_)


def _with_default(setting: str, default: Any) -> str:
    return setting if default is _NO_HINT else f"{setting}={default!r}"


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
