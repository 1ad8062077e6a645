"""Compute the latencies of simulated targets, and write them into a table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.hardware.named import make_target
from nasbench.hardware.target import ModelledCost, RejectedError, SimulatedTarget
from tabular.latency_columns import COMPLETE, FAILED, LatencyColumns
from tabular.outputs import check_writable
from tabular.provenance import this_run
from tabular.schema import TableFile, write_table
from tabular.table import Table

ENERGY_SOURCE = "Horowitz, ISSCC 2014, figure 1.1.9: 45 nm at 0.9 V"

Report = Callable[[int, int], None]
"""Called with the targets done and their number."""


def model_latencies(
    path: Path,
    targets: str | Sequence[str],
    *,
    command: str = "",
    report: Report | None = None,
) -> Table:
    """Write what simulated targets say of every class of a table into it, in one step.

    That is latency, energy, peak memory and bytes moved.

    The numbers are functions of architecture, skeleton and target alone, so that a
    column which is there already is computed anew. The content digest of the table
    stays what it was. What a target has no room for is missing, with the reason.

    Args:
        path: The table file.
        targets: The name of a simulated target, or several.
        command: What to write into the table as the way the numbers were made.
        report: Called before the first target and after every one.

    Returns:
        The table with the columns.

    Raises:
        NasbenchError: A target is unknown or not simulated, its model does not know
            the table's space, or the file cannot be read or written.
    """
    names = [targets] if isinstance(targets, str) else list(targets)
    made = [simulated_target(name) for name in names]
    path = path.resolve() if path.is_symlink() else path
    check_writable(path)
    file = TableFile(path)
    table = Table(file)
    columns = dict(file.latencies())
    for number, target in enumerate(made):
        if report is not None:
            report(number, len(made))
        kind = columns[target.name].kind if target.name in columns else "simulated"
        if kind != "simulated":
            raise NasbenchError(
                f"{path} holds {kind} latencies called {target.name}; a model never "
                "takes their place"
            )
        columns[target.name] = modelled_columns(table, target, command)
    if report is not None:
        report(len(made), len(made))
    write_table(replace(file.contents(), latencies=columns), path)
    return Table.open(path)


def simulated_target(name: str) -> SimulatedTarget:
    """Return the simulated target called `name`.

    Raises:
        NasbenchError: There is none, or it has to be measured.
    """
    target = make_target(name)
    if not isinstance(target, SimulatedTarget):
        raise NasbenchError(
            f"target {name} is measured, not simulated: `nasbench latency measure` "
            "runs it"
        )
    return target


def modelled_columns(
    table: Table, target: SimulatedTarget, command: str = ""
) -> LatencyColumns:
    """Return what a simulated target says of every class of a table.

    Raises:
        NasbenchError: The target's model does not know the table's space.
    """
    identity = table.identity
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    indices = table.read("classes/representative").tolist()
    values = np.full((4, len(indices)), np.nan)
    status = np.full(len(indices), COMPLETE, np.uint8)
    reasons = [b""] * len(indices)
    for number, index in enumerate(indices):
        architecture = table.space.architecture_at(index)
        try:
            cost: ModelledCost = target.cost(table.space, architecture, skeleton)
        except RejectedError as error:
            status[number], reasons[number] = FAILED, str(error).encode()
        else:
            values[:, number] = (
                cost.latency_ms,
                cost.energy_mj,
                cost.memory_bytes,
                cost.moved_bytes,
            )
    described: dict[str, Any] = {"name": target.name}
    if dataclasses.is_dataclass(target) and not isinstance(target, type):
        described = dataclasses.asdict(target)
    return LatencyColumns(
        "simulated",
        values[0][:, None],
        status,
        energy_mj=values[1],
        memory_bytes=values[2],
        moved_bytes=values[3],
        reason=np.array(reasons, "S") if any(reasons) else None,
        provenance={
            **this_run(command),
            "model": json.dumps(described, sort_keys=True),
            "skeleton": json.dumps(dataclasses.asdict(skeleton), sort_keys=True),
            "energy_source": ENERGY_SOURCE,
        },
    )
