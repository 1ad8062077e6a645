"""Types of command-line values that are stricter than the parser's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter, Token

from nasbench.benchmark import Benchmark, benchmark_ids, make
from nasbench.errors import NasbenchError
from surrogates.store import is_surrogate_file, kind_of
from tabular import Table
from tabular.importers import PublishedTable
from tabular.opened import open_any


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
        NasbenchError: It is a surrogate or a sample; what asks those is named.
    """
    path = Path(name)
    if name not in benchmark_ids() or path.exists():
        kind = kind_of(path) if is_surrogate_file(path) else None
        if kind == "sample":
            raise NasbenchError(
                f"{name} is a sample, not a table; `nasbench surrogate fit` and "
                "`nasbench surrogate evaluate` read it"
            )
        if kind is not None:
            raise NasbenchError(_no_table(name))
        return path
    benchmark = make(name)
    if not isinstance(benchmark, Table | PublishedTable):
        raise NasbenchError(_no_table(name))
    return benchmark.path


def _no_table(name: str) -> str:
    return (
        f"{name} is a surrogate, not a table; `nasbench info {name}` shows it, and "
        f"`nasbench surrogate predict {name} ARCHITECTURE` asks it"
    )


def open_known(name: str) -> Benchmark:
    """Return what stands at a path, partial tables included, or has the id.

    Raises:
        NasbenchError: There is neither.
    """
    path = Path(name)
    if name.endswith(".npz") or is_surrogate_file(path):
        from surrogates.benchmark import SurrogateBenchmark

        return SurrogateBenchmark.open(path)
    if path.exists() or name.endswith(".h5"):
        return open_any(name)
    return make(name)
