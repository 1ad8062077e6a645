"""Which runs of stored results replay one recorded search.

A replayed search charges its own cost before the training of what it found, so that
equal costs and equal incumbents mean the same search. A deterministic strategy repeats
itself too, and is no replay: from any seed it would do the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leaderboards.boards.entrants import Entrant
from leaderboards.boards.manifest import Manifest
from leaderboards.boards.rows import Row
from leaderboards.searches import first_of_each
from nasbench.errors import NasbenchError


def replayed_searches(
    rows: Sequence[Row], found: Sequence[Entrant], manifest: Manifest
) -> list[int] | None:
    """Return for every row the seed of the first run of the same search.

    Args:
        rows: Those of the runs, of every strategy and benchmark by ascending seed.
        found: The strategies.
        manifest: The rules.

    Returns:
        One seed per row, its own where the run searches itself; None where no run
        replays what another one does.
    """
    runs: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        runs.setdefault((row["strategy"], row["benchmark"]), []).append(place)
    entrants = {one.name: one for one in found}
    seeds = [int(row["seed"]) for row in rows]
    searches = list(seeds)
    recorded: dict[str, bool] = {}
    for (name, _), places in runs.items():
        places.sort(key=seeds.__getitem__)
        own = [seeds[place] for place in places]
        firsts = first_of_each([_key(rows[place]) for place in places], own)
        if firsts == own or not all(_cost(rows[place]) for place in places):
            continue
        if name not in recorded:
            recorded[name] = _replays(entrants[name], manifest)
        if recorded[name]:
            for place, first in zip(places, firsts, strict=True):
                searches[place] = first
    return None if searches == seeds else searches


def _key(row: Mapping[str, str]) -> tuple[str, str, str]:
    return row["thinking_seconds"], row["at_evaluation"], row["incumbent"]


def _cost(row: Mapping[str, str]) -> float:
    """Return what was charged besides trainings: of a replay, its search."""
    return float(row["thinking_seconds"])


def _replays(entrant: Entrant, manifest: Manifest) -> bool:
    """Return whether a strategy replays; a submitted file is not run to find out."""
    if entrant.file is None:
        try:
            return entrant.factory().recorded
        except NasbenchError:
            pass  # it is not installed here
    # Then only a replay is charged for anything but trainings.
    return not manifest.settings.overhead and not manifest.proxies
