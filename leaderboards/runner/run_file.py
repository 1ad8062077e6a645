"""The file of a saved run: what stands in it, written and read with care."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from leaderboards.runner.answers import Answer
from leaderboards.runner.settings import RunSettings
from nasbench.atomic import atomic_path
from nasbench.benchmark import Evaluation, Measurements, Status
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Constraint, Objective

FORMAT = "nasbench run, version 2"


@dataclass(frozen=True)
class RunFile:
    """What a file of a saved run holds.

    Attributes:
        name: What the strategy is called.
        strategy: Which one it is, by `strategy_identity`.
        benchmark: Facts that tell the benchmark from others.
        proxies: Names of the proxies that could be bought.
        seed: The seed of the run.
        settings: Budget and rules.
        evaluations: How many had ended.
        over: Whether the run was over.
        answers: What the benchmark had said, in its order.
        thinking: CPU seconds of every call, where they were measured.
    """

    name: str
    strategy: str
    benchmark: Mapping[str, Any]
    proxies: Sequence[str]
    seed: int
    settings: RunSettings
    evaluations: int
    over: bool
    answers: Sequence[Answer]
    thinking: Sequence[float]

    def write(self, path: Path) -> None:
        """Write the file, or replace it.

        Raises:
            NasbenchError: It cannot be written.
        """
        contents = {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "format": FORMAT,
            "settings": asdict(self.settings),
            "answers": [
                [architecture, epochs, seed, _to_json(evaluation)]
                for architecture, epochs, seed, evaluation in self.answers
            ],
        }
        # Once there and back: numbers of numpy and tuples become what a reader finds.
        plain = json.loads(json.dumps(contents, default=_plain))
        plain["checksum"] = checksum(plain)
        try:
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(plain), "utf-8")
        except OSError as error:
            raise NasbenchError(f"cannot write the run to {path}: {error}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            NasbenchError: The file is missing, no saved run, or damaged.
        """
        contents = _contents(path)
        if contents.get("checksum") != checksum(contents):
            raise NasbenchError(
                f"{path} is damaged, or was changed by hand: its checksum is not that "
                "of its contents"
            )
        try:
            return cls(**_fields(contents))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise NasbenchError(f"{path} is damaged: {reason}") from error
        except NasbenchError as error:
            raise NasbenchError(f"{path} is damaged: {error}") from error


def checksum(contents: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything in the file but the checksum itself."""
    rest = {name: value for name, value in contents.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _contents(path: Path) -> dict[str, Any]:
    try:
        contents = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise NasbenchError(f"cannot read the run {path}: {error}") from error
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise NasbenchError(f"{path} is no saved run: {reason}") from error
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise NasbenchError(f"{path} is no saved run of the format {FORMAT!r}")
    return contents


def _fields(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `RunFile`, each of the type that it has to have."""
    kinds: dict[str, type] = {
        "name": str,
        "strategy": str,
        "benchmark": dict,
        "proxies": list,
        "seed": int,
        "settings": dict,
        "evaluations": int,
        "over": bool,
        "answers": list,
        "thinking": list,
    }
    found = {name: _of_kind(contents, name, kind) for name, kind in kinds.items()}
    found["settings"] = _settings(found["settings"])
    found["answers"] = [_answer(*one) for one in found["answers"]]
    found["thinking"] = [_seconds(one) for one in found["thinking"]]
    if not 0 <= found["evaluations"] <= len(found["answers"]):
        raise ValueError(
            f"{found['evaluations']} evaluations of {len(found['answers'])} answers"
        )
    return found


def _of_kind(contents: Mapping[str, Any], name: str, kind: type) -> Any:
    value = contents[name]
    if type(value) is not kind:
        raise TypeError(f"{name} is {value!r:.40}, expected {kind.__name__}")
    return value


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not value >= 0:
        raise ValueError(f"thinking for {value!r} seconds")
    return float(value)


def _answer(architecture: Any, epochs: Any, seed: Any, evaluation: Any) -> Answer:
    options = tuple(architecture)
    if not all(type(one) is int for one in (*options, epochs)):
        raise TypeError(f"an answer for {architecture!r:.40}, {epochs!r:.40} epochs")
    if seed is not None and type(seed) is not int:
        raise TypeError(f"an answer of the seed {seed!r:.40}")
    return options, epochs, seed, _evaluation(evaluation)


def _evaluation(values: Mapping[str, Any]) -> Evaluation:
    found = Evaluation(
        **{
            **values,
            "curve": tuple(values["curve"]),
            "status": Status(values["status"]),
            "measured": Measurements(values["measured"]),
        }
    )
    numbers = [found.cost_seconds, *found.curve, *found.measured.values()]
    if found.validation_accuracy is not None:
        numbers.append(found.validation_accuracy)
    whole = (found.epochs, found.parameters, found.flops)
    if not all(type(one) in (int, float) for one in (*numbers, *whole)):
        raise TypeError(f"an evaluation of {values!r:.60}")
    return found


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


def _to_json(evaluation: Evaluation) -> dict[str, Any]:
    values = {
        field.name: getattr(evaluation, field.name) for field in fields(evaluation)
    }
    return {**values, "measured": dict(evaluation.measured)}


def _plain(value: object) -> object:
    """Return a number of numpy as one of Python; JSON knows no others."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is no number or text")
