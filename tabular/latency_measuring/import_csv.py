"""Latencies that another device measured, from its CSV file into the table."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings
from nasbench.hardware.named import target_names
from tabular.latency_columns import LatencyColumns, check_target_name
from tabular.latency_measuring.blocks import Blocks
from tabular.latency_measuring.csv_rows import TIMES, Row, read_rows
from tabular.latency_measuring.measure_table import len_classes
from tabular.latency_measuring.tied_blocks import tied
from tabular.outputs import check_writable
from tabular.provenance import this_run
from tabular.schema import TableFile, write_table
from tabular.table import Table


def import_latencies(
    file: Path, path: Path, target: str, command: str, anew: bool = False
) -> LatencyColumns:
    """Write the latencies of a CSV file into a table, as those of a new target.

    Columns ``architecture`` (text form) and ``latency_ms`` have to be there; ``block``,
    ``round``, ``wall_ms``, ``p10_ms``, ``p90_ms``, ``deviation`` and ``reason`` may be.
    Lines before the header that begin with ``#`` are ``key: value`` facts.

    Args:
        file: The CSV file.
        path: The table file.
        target: What to call the device and its runtime.
        command: What to write into the table as the way it came there.
        anew: Whether a target of that name in the table is replaced.

    Raises:
        NasbenchError: The file is no such file, one of its lines is wrong (the line is
            named), it was measured for another table, or the name is taken.
    """
    table = Table.open(path)
    _check_name(target, path, anew)
    check_writable(path)
    facts, rows = read_rows(file, table)
    stated = facts.get("table")
    if stated is not None and stated != table.identity.fingerprint:
        raise NasbenchError(
            f"{file} was measured on networks of another table ({stated[:12]}), not of "
            f"{path} ({table.identity.fingerprint[:12]})"
        )
    blocks, timings = _blocks(file, rows)
    columns = tied(blocks, timings, len_classes(table), "cpu")
    here = ("load_averages", "usual_load", "measured_again")  # of this machine
    seen = {k: v for k, v in columns.provenance.items() if k not in here}
    source = {"file": file.name, "file_sha256": _digest(file)}
    provenance = {**this_run(command), **facts, **source, **seen}
    columns = replace(columns, provenance=provenance)
    contents = TableFile(path).contents()
    merged = {**contents.latencies, target: columns}
    write_table(replace(contents, latencies=merged), path)
    return columns


def _check_name(target: str, path: Path, anew: bool) -> None:
    check_target_name(target)
    if target in target_names():
        raise NasbenchError(
            f"{target} is a target of this suite; name yours for its device and "
            "runtime, as in pi5-ort-fp32"
        )
    if target in TableFile(path).latencies() and not anew:
        raise NasbenchError(
            f"{path} holds a target {target}; choose another name, or --replace"
        )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _blocks(file: Path, rows: Iterable[Row]) -> tuple[Blocks, tuple[BlockTimings, ...]]:
    """Return rows as blocks; what was measured in every block ties them together."""
    by_block: dict[int, dict[int, list[Row]]] = {}
    for row in rows:
        by_block.setdefault(row.block, {}).setdefault(row.number, []).append(row)
    blocks = [by_block[number] for number in sorted(by_block)]
    rounds = max(len(found) for block in blocks for found in block.values())
    anchors = sorted(set.intersection(*map(set, blocks))) if len(blocks) > 1 else []
    ordered = [[*anchors, *sorted(set(block) - set(anchors))] for block in blocks]
    for block in blocks:
        for found in block.values():
            _check_rounds(file, found, rounds)
    times = _no_class_twice(file, ordered, anchors)
    return Blocks(np.array(anchors, np.int64), times), tuple(
        _timings([block[number] for number in order], rounds)
        for block, order in zip(blocks, ordered, strict=True)
    )


def _no_class_twice(
    file: Path, ordered: Iterable[list[int]], anchors: list[int]
) -> tuple[NDArray[np.int64], ...]:
    blocks = list(ordered)
    others = Counter(number for block in blocks for number in block[len(anchors) :])
    twice = sorted(number for number, count in others.items() if count > 1)
    if twice:
        raise NasbenchError(
            f"{file}: class {twice[0]} is measured in several blocks, but not in all"
        )
    return tuple(np.array(block, np.int64) for block in blocks)


def _check_rounds(file: Path, found: list[Row], rounds: int) -> None:
    rejected = any(row.reason for row in found)
    turns = {row.turn for row in found}
    if rejected and len(found) > 1:
        raise NasbenchError(
            f"{file}, line {found[-1].line}: the network has a latency in one line and "
            "a reason why there is none in another"
        )
    if not rejected and turns != set(range(rounds)):
        raise NasbenchError(
            f"{file}, line {found[0].line}: the network has the rounds "
            f"{sorted(turns)}, where others have {rounds}, counted from 0"
        )


def _timings(block: list[list[Row]], rounds: int) -> BlockTimings:
    columns = {name: np.full((len(block), rounds), np.nan) for name in TIMES}
    for place, found in enumerate(block):
        for row in found:
            for name in TIMES if row.turn >= 0 else ():
                columns[name][place, row.turn] = row.times[name]
    return BlockTimings(
        cpu_ms=columns["latency_ms"],
        wall_ms=columns["wall_ms"],
        p10_ms=columns["p10_ms"],
        p90_ms=columns["p90_ms"],
        deviation=np.array([found[0].deviation for found in block]),
        again=np.zeros(len(block), np.int64),
        reasons=tuple(found[0].reason for found in block),
        load=(math.nan, math.nan),
    )
