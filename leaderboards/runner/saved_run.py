"""Runs in files: stopped, and continued to the same bits.

A file holds the settings and the answers of the benchmark, as JSON. To continue, the
run is begun anew and answered from the file, until it is where it was: no training is
repeated, and nothing in the file is executed, so files of strangers do no harm. What it
takes is that the strategy is determined by its seed, as the contract of strategies says
and as is checked question by question.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from leaderboards.runner.answers import Answer
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import Experiment, Simulation
from nasbench.atomic import atomic_path
from nasbench.benchmark import (
    Benchmark,
    Evaluation,
    Measurements,
    Specified,
    Status,
)
from nasbench.errors import NasbenchError
from nasbench.proxy_source import ProxySource
from nasbench.search import Budget, Constraint, Objective, StrategyFactory

FORMAT = "nasbench run, version 1"


def save_run(simulation: Simulation, path: Path) -> None:
    """Write a run, over or not, to a file.

    Args:
        simulation: What has been run; it can go on afterwards.
        path: The file; one that is there is replaced.

    Raises:
        NasbenchError: The file cannot be written.
    """
    experiment, given = simulation.experiment, simulation.ledger.answers.given
    contents = {
        "format": FORMAT,
        "strategy": experiment.name,
        "benchmark": experiment.benchmark.name,
        "digest": _digest(experiment.benchmark),
        "seed": experiment.seed,
        "settings": asdict(experiment.settings),
        "evaluations": len(simulation.ledger),
        "over": simulation.is_over,
        "answers": [
            [architecture, epochs, seed, _to_json(evaluation)]
            for architecture, epochs, seed, evaluation in given
        ],
        "thinking": simulation.thinking.measured,
    }
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(contents, default=_plain), "utf-8")
    except OSError as error:
        raise NasbenchError(f"cannot write the run to {path}: {error}") from error


def continue_run(
    path: Path,
    factory: StrategyFactory,
    benchmark: Benchmark,
    proxies: ProxySource | None = None,
) -> Simulation:
    """Return the run of a file as it was when it was saved; `advance` goes on.

    Args:
        path: What `save_run` wrote.
        factory: Builds the strategy of the run.
        benchmark: The benchmark of the run.
        proxies: As the run had them.

    Raises:
        NasbenchError: The file is missing or no saved run, the benchmark is another,
            or the run does not repeat itself.
    """
    contents = _read(path)
    try:
        answers: list[Answer] = [
            (tuple(architecture), epochs, seed, _from_json(evaluation))
            for architecture, epochs, seed, evaluation in contents["answers"]
        ]
        settings = _settings(contents["settings"])
        name, digest = contents["benchmark"], contents["digest"]
        evaluations, over = contents["evaluations"], contents["over"]
        experiment = Experiment(
            factory,
            benchmark,
            settings,
            contents["seed"],
            contents["strategy"],
            proxies,
        )
        thinking = [float(seconds) for seconds in contents["thinking"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise NasbenchError(f"{path} is damaged: {reason}") from error
    if (benchmark.name, _digest(benchmark)) != (name, digest):
        raise NasbenchError(
            f"{path} is a run on {name} with digest {digest}, not on {benchmark.name} "
            f"with digest {_digest(benchmark)}"
        )
    simulation = Simulation(experiment)
    simulation.ledger.answers.expect(answers)
    simulation.thinking.expect(thinking)
    if over:
        simulation.advance()
    else:
        simulation.advance(evaluations)
    left = simulation.ledger.answers.expected
    if left or len(simulation.ledger) != evaluations:
        raise NasbenchError(
            f"the run of {path} does not repeat itself: it had {evaluations} "
            f"evaluations and has {len(simulation.ledger)}, {left} answers are left"
        )
    return simulation


def _read(path: Path) -> dict[str, Any]:
    try:
        contents = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise NasbenchError(f"cannot read the run {path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise NasbenchError(f"{path} is no saved run: {error}") from error
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise NasbenchError(f"{path} is no saved run of the format {FORMAT!r}")
    return contents


def _settings(stored: dict[str, Any]) -> RunSettings:
    return RunSettings(
        **{
            **stored,
            "budget": Budget(**stored["budget"]),
            "speeds": tuple(stored["speeds"]),
            "objectives": tuple(Objective(**one) for one in stored["objectives"]),
            "constraints": tuple(Constraint(**one) for one in stored["constraints"]),
        }
    )


def _digest(benchmark: Benchmark) -> str | None:
    return benchmark.spec.digest if isinstance(benchmark, Specified) else None


def _to_json(evaluation: Evaluation) -> dict[str, Any]:
    values = {
        field.name: getattr(evaluation, field.name) for field in fields(evaluation)
    }
    return {**values, "measured": dict(evaluation.measured)}


def _from_json(values: dict[str, Any]) -> Evaluation:
    return Evaluation(
        **{
            **values,
            "curve": tuple(values["curve"]),
            "status": Status(values["status"]),
            "measured": Measurements(values["measured"]),
        }
    )


def _plain(value: object) -> object:
    """Return a number of numpy as one of Python; JSON knows no others."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is no number or text")
