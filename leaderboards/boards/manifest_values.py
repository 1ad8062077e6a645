"""Values of a TOML table by their keys; another type is refused in one line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from nasbench.errors import NasbenchError, unknown

Given = Mapping[str, Any]


def refuse_unknown(kind: str, given: Given, known: Collection[str]) -> None:
    """Refuse keys that are not known.

    Raises:
        NasbenchError: One is not; near matches are named.
    """
    for key in given:
        if key not in known:
            raise NasbenchError(unknown(kind, key, known))


def subtable(given: Given, key: str, known: Collection[str]) -> Given:
    """Return a table in a table; an empty one where there is none."""
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise NasbenchError(f"{key} is {found!r}; write a table, [{key}]")
    refuse_unknown(f"key of [{key}]", found, known)
    return found


def text(given: Given, key: str, default: str | None = None) -> str:
    """Return a text."""
    found = _needed(given, key, default)
    if not isinstance(found, str):
        raise NasbenchError(f"{key} is {found!r}; expected a text in quotes")
    return found


def whole(given: Given, key: str, default: int | None = None, least: int = 1) -> int:
    """Return a whole number of at least `least`."""
    found = _needed(given, key, default)
    if not isinstance(found, int) or isinstance(found, bool) or found < least:
        raise NasbenchError(
            f"{key} is {found!r}; expected a whole number, {least} or more"
        )
    return found


def flag(given: Given, key: str) -> bool:
    """Return true or false; false where there is nothing."""
    found = given.get(key, False)
    if not isinstance(found, bool):
        raise NasbenchError(f"{key} is {found!r}; expected true or false")
    return found


def number(given: Given, key: str, default: float | None = None) -> float:
    """Return a finite number."""
    return _finite(key, _needed(given, key, default))


def numbers(given: Given, key: str) -> tuple[float, ...]:
    """Return a list of finite numbers, empty where there is none."""
    found = given.get(key, [])
    if not isinstance(found, list):
        raise NasbenchError(f"{key} is {found!r}; expected a list of numbers")
    return tuple(_finite(key, one) for one in found)


def texts(
    given: Given, key: str, default: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return a list of texts, all different, not empty unless that is the default."""
    found = _needed(given, key, default)
    if found == default:
        return tuple(found)
    if not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise NasbenchError(f"{key} is {found!r}; expected a list of texts in quotes")
    if not found and default != ():
        raise NasbenchError(f"{key} is an empty list; name at least one")
    twice = sorted({one for one in found if found.count(one) > 1})
    if twice:
        raise NasbenchError(f"{key} names {', '.join(twice)} twice")
    return tuple(found)


def _finite(key: str, found: object) -> float:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not isfinite(found):  # type: ignore[arg-type]
        raise NasbenchError(f"{key} is {found!r}; expected a finite number")
    return found  # type: ignore[return-value]


def _needed(given: Given, key: str, default: object) -> Any:
    if key not in given and default is None:
        raise NasbenchError(f"{key} is missing")
    return given.get(key, default)
