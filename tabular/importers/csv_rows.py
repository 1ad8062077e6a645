"""A CSV file of published numbers, checked value by value."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import SearchSpace, nb201_architecture_at
from tabular.importers.hardware_pickle import (
    PICKLE,
    columns_of_pickle,
    text_of_columns,
)
from tabular.importers.mapping import Mapping
from tabular.importers.metric import Metric
from tabular.schema import TableError

GZIP = b"\x1f\x8b"
LEAST_PERCENT = 1.0
"""Where no accuracy of a column in % is above this, its unit must be another one."""


@dataclass(frozen=True, eq=False)
class PublishedRows:
    """What a published file says, in our units and our order.

    Attributes:
        indices: ``(rows,) int64``, ascending: the architectures.
        columns: Per metric name ``(rows,) float64``; NaN where the file has no value.
    """

    indices: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]


def read_rows(path: Path, mapping: Mapping, space: SearchSpace) -> PublishedRows:
    """Read a CSV file, plain or gzipped, or a pickle of columns, by its mapping.

    Raises:
        TableError: The file is missing or damaged, lacks a column, or a row of it
            does not fit; the message names the line and the value.
    """
    text = io.StringIO(_text_of(path, mapping), newline="")
    # Without strict, a stray quote would swallow all lines up to the next one.
    reader = csv.reader(text, delimiter=mapping.delimiter, strict=True)
    lines: dict[int, int] = {}
    values: list[list[float]] = []
    try:
        headings = next(reader, [])
        read_line = _reader_of_lines(_places(headings, mapping, path), mapping, space)
        for row in reader:
            if not row:
                continue
            if len(row) != len(headings):
                raise TableError(
                    f"{len(row)} values under {len(headings)} headings; "
                    f"it begins with {row[0]!r}"
                )
            index, found = read_line(row)
            if index in lines:
                raise TableError(
                    f"architecture {space.format(space.architecture_at(index))!r} "
                    f"stands in line {lines[index]} already"
                )
            lines[index] = reader.line_num
            values.append(found)
    except _DoesNotFitError:
        raise
    except (csv.Error, NasbenchError) as error:
        raise TableError(f"{path}, line {reader.line_num}: {error}") from error
    if not lines:
        raise TableError(f"{path} holds no row below its headings")
    return _in_order(lines, values, mapping, path)


def _reader_of_lines(
    places: Sequence[int], mapping: Mapping, space: SearchSpace
) -> Callable[[Sequence[str]], tuple[int, list[float]]]:
    """Return what reads the architecture's index and the values off a line."""
    to_index = _reader_of_architectures(mapping, space)
    to_values = [_reader_of_values(metric) for metric in mapping.metrics]
    pairs = list(zip(to_values, places[1:], strict=True))

    def read(row: Sequence[str]) -> tuple[int, list[float]]:
        return to_index(row[places[0]]), [value(row[place]) for value, place in pairs]

    return read


class _DoesNotFitError(TableError):
    """Report a file whose headings are not those of the mapping."""


def _text_of(path: Path, mapping: Mapping) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(GZIP):
            content = gzip.decompress(content)
        if content.startswith(PICKLE):
            columns = columns_of_pickle(content, path, mapping.task)
            return text_of_columns(columns, mapping.architecture.column, path)
        return content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TableError(f"{path} is a damaged gzip file: {error}") from error
    except OSError as error:
        raise TableError(f"no published table at {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is no UTF-8 text: {error}") from error


def _places(headings: Sequence[str], mapping: Mapping, path: Path) -> list[int]:
    """Return where the architectures stand, then where each metric does."""
    places = []
    for wanted in (mapping.architecture.column, *(m.column for m in mapping.metrics)):
        count = list(headings).count(wanted)
        if count != 1:
            reason = (
                unknown("column", wanted, set(headings))
                if count == 0
                else f"column {wanted!r} stands {count} times"
            )
            raise _DoesNotFitError(
                f"{path} does not fit mapping {mapping.name}: {reason}"
            )
        places.append(list(headings).index(wanted))
    return places


def _reader_of_architectures(
    mapping: Mapping, space: SearchSpace
) -> Callable[[str], int]:
    form = mapping.architecture.form

    def read(text: str) -> int:
        if form == "text":
            return space.index(space.parse(text))
        if not (text.isascii() and text.isdecimal()):
            raise TableError(f"{text!r} is no index in {mapping.architecture.column!r}")
        if form == "nb201-index":
            return space.index(nb201_architecture_at(space, int(text)))
        return space.index(space.architecture_at(int(text)))

    return read


def _reader_of_values(metric: Metric) -> Callable[[str], float]:
    """Return what turns a cell into a number in the stored unit; NaN if missing."""
    absent = {"", *metric.missing}
    absent_numbers = {
        number for text in metric.missing if (number := _number(text)) is not None
    }
    low, high = metric.limits

    def read(text: str) -> float:
        plain = text.strip()
        if plain in absent:
            return math.nan
        number = _number(plain)
        if number is None:
            hint = (
                "decimals have a point here, no comma"
                if _number(plain.replace(",", ".", 1)) is not None
                else "name what stands for no value under 'missing'"
            )
            raise TableError(
                f"{text!r} in {metric.column!r} is no finite number; {hint}"
            )
        if number in absent_numbers:
            return math.nan
        value = number * metric.factor
        if not low <= value <= high:
            raise TableError(
                f"{text!r} in {metric.column!r} is outside {low / metric.factor:g} to "
                f"{high / metric.factor:g} {metric.unit}"
            )
        return value

    return read


def _number(text: str) -> float | None:
    # Python's own notation, 6_0, and digits of other scripts are slips in a table.
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _in_order(
    lines: dict[int, int], rows: list[list[float]], mapping: Mapping, path: Path
) -> PublishedRows:
    indices = np.fromiter(lines, np.int64, len(lines))
    order = np.argsort(indices)
    table = np.array(rows, np.float64)[order]
    columns = {}
    for metric, column in zip(mapping.metrics, table.T, strict=True):
        _check_percent(metric, column, path)
        columns[metric.name] = np.ascontiguousarray(column)
    return PublishedRows(indices[order], columns)


def _check_percent(metric: Metric, column: NDArray[np.float64], path: Path) -> None:
    there = column[~np.isnan(column)]
    if not len(there):
        raise TableError(f"{path} has no value in column {metric.column!r}")
    if metric.unit == "%" and there.max() * 100 <= LEAST_PERCENT:
        raise TableError(
            f"{path}: no accuracy in {metric.column!r} is above {LEAST_PERCENT:g} %; "
            'if they are fractions, let the mapping say unit = "fraction"'
        )
