"""Types of command-line values that are stricter than the parser's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter, Token

from nasbench.benchmark import benchmark_ids, make
from nasbench.errors import NasbenchError
from tabular import Table


def whole_number(kind: object, tokens: Sequence[Token]) -> int:
    """Return a token as an integer; 1.5 is none, and is not rounded.

    Raises:
        ValueError: The token is not a whole number.
    """
    del kind
    text = tokens[0].value
    if not (text.isascii() and text.lstrip("+-").isdecimal() and len(text) < 19):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


Whole: TypeAlias = Annotated[int, Parameter(converter=whole_number)]
OptionalWhole: TypeAlias = Annotated[int | None, Parameter(converter=whole_number)]


def table_path(name: str) -> Path:
    """Return the path of a table that is given by its path or by its id.

    Raises:
        NasbenchError: The id is that of a benchmark which is no table file.
    """
    if name not in benchmark_ids() or Path(name).exists():
        return Path(name)
    benchmark = make(name)
    if not isinstance(benchmark, Table):
        raise NasbenchError(f"benchmark {name} is no table file")
    return benchmark.path
