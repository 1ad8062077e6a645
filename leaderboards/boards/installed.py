"""Installed strategies that are submitted by the names of their entry points."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from leaderboards.boards.entrants import Entrant
from leaderboards.chosen_strategy import ChosenStrategy
from nasbench.errors import NasbenchError
from strategies.named import ENTRY_POINTS


def installed_entrant(text: str, name: str | None = None) -> Entrant:
    """Return an installed strategy as something that can be submitted.

    Args:
        text: The name of its entry point, settings in parentheses if wanted.
        name: What the board is to show; None takes the text.

    Raises:
        NasbenchError: It is not installed, a setting is wrong, or nobody can tell
            which distribution installs it.
    """
    factory = ChosenStrategy(text)
    distribution, sha256 = _source(factory)
    shown = factory.text if name is None else name
    return Entrant(shown, factory.text, None, sha256, distribution)


def as_installed(found: Sequence[Entrant]) -> list[Entrant]:
    """Return entrants with the distributions and checksums that are installed now.

    A new version of a distribution has other code, and its strategy is run anew.

    Raises:
        NasbenchError: One is not installed any more; what installed it is named.
    """
    return [_now(one) if one.distribution else one for one in found]


def changes(found: Sequence[Entrant]) -> Iterator[str]:
    """Yield what was installed when the results were made and is another one now.

    Raises:
        NasbenchError: As `as_installed`.
    """
    for one, now in zip(found, as_installed(found), strict=True):
        if one.distribution != now.distribution:
            yield f"{one.name}: {one.distribution} then, {now.distribution} now"
        elif one.sha256 != now.sha256:
            yield f"{one.name}: another module of {one.distribution} then"


def _now(one: Entrant) -> Entrant:
    try:
        return replace(
            installed_entrant(one.text, one.name), file=one.file, text=one.text
        )
    except NasbenchError as error:
        raise NasbenchError(
            f"{one.name} was submitted from {one.distribution}, which has to be "
            f"installed: {error}"
        ) from error


def _source(factory: ChosenStrategy) -> tuple[str, str]:
    """Return the distribution with its version, and the SHA-256 of the module."""
    entry = next(iter(entry_points(group=ENTRY_POINTS, name=factory.name)))
    if entry.dist is None:
        raise NasbenchError(
            f"no distribution is known that installs {factory.name}; submit its file"
        )
    place = inspect.getsourcefile(factory.strategy)
    if place is None:
        raise NasbenchError(f"{factory.name} has no source file; submit a file")
    sha256 = hashlib.sha256(Path(place).read_bytes()).hexdigest()
    return f"{entry.dist.name}=={entry.dist.version}", sha256
