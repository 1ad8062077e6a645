"""A mapping: what the columns of a published table mean, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping as AnyMapping
from dataclasses import MISSING, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from nasbench.errors import NasbenchError, unknown
from nasbench.networks import Skeleton
from nasbench.spaces import make_space
from tabular.importers.metric import Metric

FORMS = ("text", "index", "nb201-index")
ENDING = ".toml"

Described = TypeVar("Described")


@dataclass(frozen=True)
class ArchitectureColumn:
    """Where the architectures stand in a file.

    Attributes:
        column: The heading.
        form: ``text``: the text form of the space; ``index``: our own index, mixed
            radix; ``nb201-index``: the index of NAS-Bench-201 and NATS-Bench.
    """

    column: str
    form: str = "text"

    def __post_init__(self) -> None:
        """Check the form.

        Raises:
            NasbenchError: It is not known.
        """
        if self.form not in FORMS:
            raise NasbenchError(unknown("architecture form", str(self.form), FORMS))


@dataclass(frozen=True)
class Mapping:
    """What a published table is, and what its columns mean.

    Attributes:
        name: What this reading of the file is called.
        space: Name of the search space.
        task: Name of the task.
        epochs: The full budget of the training that the benchmark answers with.
        source: Who made the numbers, and where they come from.
        licence: Under which licence they were published, or that none is stated.
        protocol: How the networks were trained, in words.
        architecture: Where the architectures stand.
        metrics: What the other columns hold.
        skeleton: The frame of the networks, from which parameters, FLOPs and depth
            are counted; None where the file has columns of them, or nobody knows.
        delimiter: What separates the columns.
    """

    name: str
    space: str
    task: str
    epochs: int
    source: str
    licence: str
    protocol: str
    architecture: ArchitectureColumn
    metrics: tuple[Metric, ...]
    skeleton: Skeleton | None = None
    delimiter: str = ","

    def __post_init__(self) -> None:
        """Check that metrics are told apart by their names.

        Raises:
            NasbenchError: There are no metrics, or two of one name.
        """
        if not self.metrics:
            raise NasbenchError("a mapping needs at least one [[metric]]")
        counts = Counter(metric.name for metric in self.metrics)
        for name, count in counts.items():
            if count > 1:
                raise NasbenchError(
                    f"{count} metrics are called {name!r}; tell them apart by 'trial', "
                    "'training' or 'name'"
                )
        if self.epochs < 1:
            raise NasbenchError(f"epochs is 1 or more, not {self.epochs}")
        if len(self.delimiter) != 1:
            raise NasbenchError(f"a delimiter is one character, not {self.delimiter!r}")


def mapping_names() -> list[str]:
    """Return the names of the mappings that ship."""
    folder = files("tabular.importers") / "mappings"
    return sorted(
        entry.name.removesuffix(ENDING)
        for entry in folder.iterdir()
        if entry.name.endswith(ENDING)
    )


def load_mapping(name: str) -> Mapping:
    """Return a mapping that ships, or one from a TOML file of the user's.

    Args:
        name: A name of `mapping_names`, or a path that ends in ``.toml``.

    Raises:
        NasbenchError: There is no such mapping, or the file is none.
    """
    if name in mapping_names():
        shipped = files("tabular.importers") / "mappings" / f"{name}{ENDING}"
        return parse_mapping(shipped.read_text(encoding="utf-8"), name)
    path = Path(name)
    if path.suffix != ENDING and not path.is_file():
        reason = unknown("mapping", name, mapping_names())
        raise NasbenchError(f"{reason}; or the path of a {ENDING} file")
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), name)
    except OSError as error:
        raise NasbenchError(f"no mapping at {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NasbenchError(f"mapping {name} is no UTF-8 text: {error}") from error


def parse_mapping(text: str, origin: str) -> Mapping:
    """Return the mapping of a TOML text; `origin` is named in errors.

    Raises:
        NasbenchError: The text is no TOML, or not a mapping.
    """
    try:
        values = tomllib.loads(text)
        metrics = values.pop("metric", [])
        if not isinstance(metrics, list):
            raise NasbenchError("metrics are written as [[metric]]")
        parts = {
            "architecture": _described(
                ArchitectureColumn, values.pop("architecture", {}), "[architecture]"
            ),
            "metrics": tuple(
                _described(Metric, metric, f"[[metric]] {number}")
                for number, metric in enumerate(metrics, start=1)
            ),
        }
        if "skeleton" in values:
            skeleton = values.pop("skeleton")
            parts["skeleton"] = _skeleton(skeleton)
        made = _described(Mapping, values | parts, "the mapping")
        make_space(made.space)
        return made
    except (tomllib.TOMLDecodeError, NasbenchError) as error:
        raise NasbenchError(f"mapping {origin}: {error}") from error


def _skeleton(given: object) -> Skeleton:
    made = _described(Skeleton, given, "[skeleton]")
    for field in fields(made):
        value = getattr(made, field.name)
        if value < 1:
            raise NasbenchError(
                f"{field.name!r} of [skeleton] is 1 or more, not {value}"
            )
    return made


def _described(kind: type[Described], given: object, place: str) -> Described:
    """Make a dataclass of a TOML table: known keys, of the right types, none missing.

    Raises:
        NasbenchError: The table does not fit the dataclass.
    """
    if not isinstance(given, AnyMapping):
        raise NasbenchError(f"{place} is a table of keys, not {given!r}")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise NasbenchError(f"{unknown('key', str(key), known)} in {place}")
    values: dict[str, Any] = {}
    for key, field in known.items():
        if key in given:
            values[key] = _of_type(given[key], str(field.type), f"{key!r} of {place}")
        elif field.default is MISSING:
            raise NasbenchError(f"{place} lacks the key {key!r}")
    return kind(**values)


def _of_type(value: object, kind: str, place: str) -> object:
    """Check a TOML value against the text of a dataclass field's type."""
    if "int" in kind and type(value) is not int:
        raise NasbenchError(f"{place} is a whole number, not {value!r}")
    if kind in ("str", "Quantity", "Split | None") and not isinstance(value, str):
        raise NasbenchError(f"{place} is text in quotes, not {value!r}")
    if kind.startswith("tuple[str"):
        if not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
            raise NasbenchError(f'{place} is a list of texts, as ["-1"], not {value!r}')
        return tuple(value)
    return value
