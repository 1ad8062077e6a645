"""The file of a published table: what it holds, how it is written, read and digested.

    first 512 bytes           the seal of `tabular.schema`
    /                         attributes: format, schema_version, mapping, digest,
                              architectures (how many the space has)
    /architectures/index      (rows,) architecture index, ascending
    /metrics/NAME             (rows,) values of one metric, NaN where there is none
    /costs/parameters, flops, depth      (rows,), where they are known
    /made                     attributes: when, where, by what command, of what file

Rows are architectures, not classes: whoever publishes a table may have trained equal
functions several times, and their numbers differ. The digest covers all but `/made`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping as AnyMapping
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from tabular.importers.mapping import ArchitectureColumn, Mapping
from tabular.importers.metric import Metric
from tabular.schema import (
    SEAL_BYTES,
    OtherKindError,
    TableError,
    array_digest,
    check_seal,
    sealed,
)

FORMAT = "nasbench-published-table"
SCHEMA_VERSION = 1
COSTS = ("parameters", "flops", "depth")


@dataclass(frozen=True, eq=False)
class PublishedContents:
    """All that the file of a published table holds.

    Attributes:
        mapping: What the numbers are and who made them.
        architectures: How many architectures the space has, published or not.
        indices: ``(rows,) int64``, ascending.
        columns: Per metric name ``(rows,) float64``; NaN where there is no value.
        costs: ``(rows,) int64`` parameters, FLOPs and depth; empty if not known.
        made: When, where, by what command, of what file; outside the digest.
    """

    mapping: Mapping
    architectures: int
    indices: NDArray[np.int64]
    columns: AnyMapping[str, NDArray[np.float64]]
    costs: AnyMapping[str, NDArray[np.int64]]
    made: AnyMapping[str, str]

    def digest(self) -> str:
        """Return the SHA-256 over everything but `made`, in hexadecimal."""
        total = hashlib.sha256(FORMAT.encode())
        total.update(f"{SCHEMA_VERSION}:{self.architectures}:".encode())
        total.update(mapping_to_json(self.mapping).encode())
        for name, array in self.arrays().items():
            total.update(f"{name}:{array_digest(array)}".encode())
        return total.hexdigest()

    def arrays(self) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
        """Return every dataset by its path in the file."""
        return {
            "architectures/index": self.indices,
            **{f"costs/{name}": self.costs[name] for name in sorted(self.costs)},
            **{f"metrics/{name}": self.columns[name] for name in sorted(self.columns)},
        }


def mapping_to_json(mapping: Mapping) -> str:
    """Return a mapping as one JSON object."""
    return json.dumps(asdict(mapping), sort_keys=True)


def mapping_from_json(text: str) -> Mapping:
    """Read what `mapping_to_json` wrote.

    Raises:
        NasbenchError: The text is not such an object.
    """
    try:
        values = json.loads(text)
        values["architecture"] = ArchitectureColumn(**values["architecture"])
        values["metrics"] = tuple(
            Metric(**{**metric, "missing": tuple(metric["missing"])})
            for metric in values["metrics"]
        )
        if values["skeleton"] is not None:
            values["skeleton"] = Skeleton(**values["skeleton"])
        return Mapping(**values)
    except (ValueError, TypeError, KeyError) as error:
        raise NasbenchError(f"not a mapping ({error}): {text!r}") from error


def write_published(contents: PublishedContents, path: Path) -> str:
    """Write the file in one step, and return the content digest.

    Raises:
        TableError: It cannot be written there.
    """
    digest = contents.digest()
    memory = io.BytesIO()
    units = {f"metrics/{m.name}": m.stored_unit for m in contents.mapping.metrics}
    with h5py.File(memory, "w", userblock_size=SEAL_BYTES) as file:
        file.attrs["format"] = FORMAT
        file.attrs["schema_version"] = SCHEMA_VERSION
        file.attrs["mapping"] = mapping_to_json(contents.mapping)
        file.attrs["architectures"] = contents.architectures
        file.attrs["digest"] = digest
        for name, array in contents.arrays().items():
            dataset = file.create_dataset(
                name,
                data=array,
                compression="gzip",
                shuffle=True,
                fletcher32=True,
                track_times=False,
            )
            dataset.attrs["unit"] = units.get(name, name.rpartition("/")[2])
        made = file.create_group("made")
        for key, value in contents.made.items():
            made.attrs[key] = value
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(sealed(memory.getvalue()))
    except OSError as error:
        raise TableError(f"cannot write table {path}: {error}") from error
    return digest


def read_published(path: Path) -> tuple[PublishedContents, str]:
    """Read a file, and the digest that it states.

    Raises:
        TableError: The file is missing, damaged, or of another kind.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"no table at {path}: {error.strerror}") from error
    check_seal(path, content)
    try:
        with h5py.File(h5py.h5f.open_file_image(content)) as file:
            kind = str(file.attrs.get("format"))
            if kind != FORMAT:
                raise OtherKindError(path, kind, FORMAT)
            version = int(file.attrs["schema_version"])
            if version != SCHEMA_VERSION:
                raise TableError(
                    f"{path} has schema version {version}; this release reads "
                    f"{SCHEMA_VERSION}"
                )
            return _contents_of(file), str(file.attrs["digest"])
    except TableError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError, NasbenchError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path} is damaged: {reason}") from error


def checked_digest(path: Path) -> str:
    """Return the content digest of a file, computed anew.

    Raises:
        TableError: The file cannot be read, or states another digest.
    """
    contents, stated = read_published(path)
    digest = contents.digest()
    if digest != stated:
        raise TableError(f"{path} states the digest {stated}, but has {digest}")
    return digest


def _contents_of(file: h5py.File) -> PublishedContents:
    mapping = mapping_from_json(file.attrs["mapping"])
    columns = {m.name: file[f"metrics/{m.name}"][()] for m in mapping.metrics}
    known = file.get("costs", {})
    costs = {name: known[name][()] for name in known}
    indices = file["architectures/index"][()]
    for array in (indices, *columns.values(), *costs.values()):
        if array.shape != indices.shape:
            raise TableError(f"{file.filename} holds columns of unequal length")
        array.flags.writeable = False
    return PublishedContents(
        mapping=mapping,
        architectures=int(file.attrs["architectures"]),
        indices=indices,
        columns=columns,
        costs=costs,
        made={key: str(value) for key, value in file["made"].attrs.items()},
    )
