"""What fixes a board: read from a TOML file, and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from leaderboards.boards.manifest_values import (
    flag,
    number,
    numbers,
    refuse_unknown,
    subtable,
    text,
    texts,
    whole,
)
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.fronts.objective_text import parse_constraint, parse_objectives
from leaderboards.runner.settings import RunSettings
from nasbench.errors import NasbenchError, unknown
from nasbench.search import Budget, BudgetUnit

FORMAT = 1

Metric: TypeAlias = Literal[
    "test_regret", "validation_regret", "test_error", "validation_error", "hypervolume"
]
"""What a board can rank by: the last value of a run; of shares, 1 minus the share."""

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class BenchmarkPin:
    """A benchmark of a board, and the numbers that it has to hold.

    Attributes:
        id: An installed id, or the path of a table or surrogate beside the manifest.
        digest: Its content digest; empty before `nasbench board pin`.
        measured: SHA-256 over what the digest leaves out and a run may read: costs in
            seconds, latencies of the objectives and limits, proxies that may be bought,
            recorded searches that are replayed, tables that strategies learn from.
    """

    id: str
    digest: str = ""
    measured: str = ""


@dataclass(frozen=True)
class Manifest:
    """All that decides a board.

    Attributes:
        path: The file.
        title: One line.
        about: What the board shows, in some sentences.
        benchmarks: What is searched.
        strategies: What searches, as in ``evolution(population_size=10)``.
        seeds: Runs per strategy and benchmark, from the seeds 0 to `seeds` - 1.
        walks: Runs per strategy and benchmark that are kept whole, from seed 0 on.
        settings: Budget and rules.
        proxies: Whether strategies may buy the proxy scores that tables store.
        metrics: What is ranked by, the first first.
        baseline: The strategy that the others are compared with.
    """

    path: Path
    title: str
    about: str
    benchmarks: tuple[BenchmarkPin, ...]
    strategies: tuple[str, ...]
    seeds: int
    walks: int
    settings: RunSettings
    proxies: bool
    metrics: tuple[Metric, ...]
    baseline: str

    @property
    def name(self) -> str:
        """The name of the board: that of the file."""
        return self.path.stem

    @property
    def has_fronts(self) -> bool:
        """Whether there are several objectives."""
        return len(self.settings.objectives) > 1


TOP = (
    "format",
    "title",
    "about",
    "seeds",
    "walks",
    "strategies",
    "benchmarks",
    "budget",
    "rules",
    "ranking",
)
RULES = (
    "workers",
    "speeds",
    "fidelity",
    "repeats",
    "overhead",
    "noise",
    "objectives",
    "constraints",
    "proxies",
)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a file; see ``docs/board-manifests.md`` for the keys.

    Raises:
        NasbenchError: The file is missing, no TOML, of another format, or has a key
            or value that is not known; what is allowed is named.
    """
    try:
        return parse_manifest(path.read_text("utf-8"), path)
    except OSError as error:
        reason = error.strerror or error
        raise NasbenchError(f"cannot read the manifest {path}: {reason}") from error
    except UnicodeDecodeError as error:
        raise NasbenchError(f"{path} is no TOML: {error}") from error


def parse_manifest(content: str, path: Path) -> Manifest:
    """Return the manifest of a text; `path` names it in errors, and the board.

    Raises:
        NasbenchError: As `read_manifest`.
    """
    try:
        given = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NasbenchError(f"{path} is no TOML: {error}") from error
    try:
        return _manifest(given, path)
    except NasbenchError as error:
        raise NasbenchError(f"{path}: {error}") from error


def _manifest(given: Mapping[str, Any], path: Path) -> Manifest:
    version = given.get("format")
    if isinstance(version, bool) or version != FORMAT:
        raise NasbenchError(f"format is {version!r}; this version reads {FORMAT}")
    refuse_unknown("key", given, TOP)
    strategies = texts(given, "strategies")
    for one in strategies:
        _check_strategy(one)
    ranking = subtable(given, "ranking", ("metrics", "baseline"))
    settings = _settings(given)
    seeds, walks = whole(given, "seeds", least=1), whole(given, "walks", 1)
    if walks > seeds:
        raise NasbenchError(f"walks is {walks}; expected {seeds} at most, the seeds")
    return Manifest(
        path=path,
        title=text(given, "title"),
        about=text(given, "about", ""),
        benchmarks=_benchmarks(given),
        strategies=strategies,
        seeds=seeds,
        walks=walks,
        settings=settings,
        proxies=flag(subtable(given, "rules", RULES), "proxies"),
        metrics=_metrics(ranking, len(settings.objectives) > 1),
        baseline=_baseline(ranking, strategies),
    )


def _check_strategy(given: str) -> None:
    """Refuse what cannot be built on another machine from the text alone."""
    if ".py:" in given or given.endswith(".py"):
        raise NasbenchError(
            f"strategy {given!r} is a file; a manifest names installed strategies: "
            "add files by `nasbench board submit`"
        )
    ChosenStrategy(given)


def _benchmarks(given: Mapping[str, Any]) -> tuple[BenchmarkPin, ...]:
    tables = given.get("benchmarks")
    if not isinstance(tables, dict) or not tables:
        raise NasbenchError(
            'benchmarks is missing; write [benchmarks] and lines ID = "" below it, '
            "then `nasbench board pin`"
        )
    pins = []
    for name, pinned in tables.items():
        found = [pinned] if isinstance(pinned, str) else pinned
        if pinned in ("", []):
            found = []
        if not isinstance(found, list) or len(found) not in (0, 2):
            raise NasbenchError(
                f"benchmark {name} is pinned to {pinned!r}; expected two digests, "
                "which `nasbench board pin` writes"
            )
        for digest in found:
            if not (isinstance(digest, str) and DIGEST.fullmatch(digest)):
                raise NasbenchError(
                    f"benchmark {name}: {digest!r} is no SHA-256 in 64 hexadecimal "
                    "digits; `nasbench board pin` writes them"
                )
        pins.append(BenchmarkPin(name, *found))
    return tuple(pins)


def _settings(given: Mapping[str, Any]) -> RunSettings:
    budget = subtable(given, "budget", get_args(BudgetUnit))
    if len(budget) != 1:
        raise NasbenchError(
            "budget needs one of evaluations, epochs, seconds; given "
            f"{', '.join(budget) or 'none'}"
        )
    rules = subtable(given, "rules", RULES)
    unit: BudgetUnit
    (unit,) = budget  # type: ignore[assignment]  # subtable refused all others
    amount = number(budget, unit) if unit == "seconds" else whole(budget, unit)
    overhead = number(rules, "overhead", 0.0)
    objectives = parse_objectives(",".join(texts(rules, "objectives", ("accuracy",))))
    if len(objectives) == 1 and objectives[0].column != "validation_accuracy":
        raise NasbenchError(
            "a board of one objective ranks by accuracy; give accuracy and "
            f"{objectives[0].column}"
        )
    return RunSettings(
        Budget(amount, unit),
        repeats=text(rules, "repeats", "charged"),  # type: ignore[arg-type]
        fidelity=text(rules, "fidelity", "resume"),  # type: ignore[arg-type]
        noise=text(rules, "noise", "mean"),  # type: ignore[arg-type]
        workers=whole(rules, "workers", 1),
        speeds=numbers(rules, "speeds"),
        overhead=overhead,
        objectives=objectives,
        constraints=tuple(
            parse_constraint(one) for one in texts(rules, "constraints", ())
        ),
    )


def _baseline(ranking: Mapping[str, Any], strategies: tuple[str, ...]) -> str:
    found = text(ranking, "baseline", "random")
    if "baseline" in ranking and found not in strategies:
        known = unknown("baseline", found, strategies)
        raise NasbenchError(f"{known}; it is one of the strategies of the board")
    return found


def _metrics(ranking: Mapping[str, Any], fronts: bool) -> tuple[Metric, ...]:
    default = ("hypervolume",) if fronts else ("test_regret", "validation_regret")
    found = texts(ranking, "metrics", default)
    return tuple(_metric(one, fronts) for one in found)


def metric_of(name: str, manifest: Manifest) -> Metric:
    """Return the metric of a name.

    Raises:
        NasbenchError: There is none, or the board has nothing to compute it from.
    """
    return _metric(name, manifest.has_fronts)


def _metric(name: str, fronts: bool) -> Metric:
    if name not in get_args(Metric):
        raise NasbenchError(unknown("metric", name, get_args(Metric)))
    if name == "hypervolume" and not fronts:
        raise NasbenchError("metric hypervolume needs several objectives")
    return name  # type: ignore[return-value]
