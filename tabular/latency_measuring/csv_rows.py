"""The lines of a CSV file of latencies, each checked."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nasbench.errors import NasbenchError
from tabular.table import Table

NEEDED = ("architecture", "latency_ms")
TIMES = ("latency_ms", "wall_ms", "p10_ms", "p90_ms")
MOST_ROUNDS = 1000


@dataclass(frozen=True)
class Row:
    """One line of the file.

    Attributes:
        line: Its number in the file, from 1.
        number: The class.
        block: The block in which it was measured.
        turn: The round; -1 for a network that was rejected.
        times: Milliseconds by the names of `TIMES`; NaN where there is none.
        deviation: From the expected outputs; NaN where it is not given.
        reason: Why the network was rejected; empty where it was not.
    """

    line: int
    number: int
    block: int
    turn: int
    times: Mapping[str, float]
    deviation: float
    reason: str


def read_rows(file: Path, table: Table) -> tuple[dict[str, str], list[Row]]:
    """Return the facts in a file's head, and its lines.

    Raises:
        NasbenchError: The file is no such file, or one of its lines is wrong.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NasbenchError(f"cannot read {file}: {error}") from error
    facts: dict[str, str] = {}
    head = 0
    while head < len(lines) and lines[head].startswith("#"):
        key, _, value = lines[head][1:].partition(":")
        facts[key.strip()] = value.strip()
        head += 1
    reader = csv.DictReader(lines[head:], restkey="too many")
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise NasbenchError(
            f"{file} has no column {' and no column '.join(missing)} in its line "
            f"{head + 1}"
        )
    rows = list(_rows(file, table, reader, head))
    if not rows:
        raise NasbenchError(f"{file} holds no measurement")
    return facts, rows


def _rows(
    file: Path, table: Table, reader: csv.DictReader[str], head: int
) -> Iterator[Row]:
    seen: dict[tuple[int, int, int], int] = {}
    for cells in reader:
        line = head + reader.line_num
        try:
            row = _row(cells, table, line)
            key = (row.block, row.number, row.turn)
            if key in seen:
                raise NasbenchError(f"the same round stands in line {seen[key]} too")
        except NasbenchError as error:
            raise NasbenchError(f"{file}, line {line}: {error}") from error
        seen[key] = line
        yield row


def _row(cells: Mapping[str, str | None], table: Table, line: int) -> Row:
    if "too many" in cells:
        raise NasbenchError("it has more cells than the header")
    number = table.class_number(cells["architecture"] or "")
    reason = " ".join((cells.get("reason") or "").split())
    times = {name: _number(cells, name) for name in TIMES}
    latency = times["latency_ms"]
    if reason and latency == latency:
        raise NasbenchError("it has a latency, and a reason why there is none")
    if not reason and not latency > 0:
        raise NasbenchError("latency_ms is empty or 0, and no reason is given")
    return Row(
        line=line,
        number=number,
        block=_whole(cells, "block"),
        turn=-1 if reason else _whole(cells, "round"),
        times=times,
        deviation=_number(cells, "deviation"),
        reason=reason,
    )


def _number(cells: Mapping[str, str | None], name: str) -> float:
    text = (cells.get(name) or "").strip()
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise NasbenchError(f"{name} is {text!r}, no number of 0 or more")
    return value


def _whole(cells: Mapping[str, str | None], name: str) -> int:
    text = (cells.get(name) or "0").strip()
    if not (text.isascii() and text.isdecimal() and int(text) < MOST_ROUNDS):
        raise NasbenchError(f"{name} is {text!r}, no whole number below {MOST_ROUNDS}")
    return int(text)
