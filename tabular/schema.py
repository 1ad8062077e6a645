"""The layout of a table file: what it holds, how it is written, read and digested.

    first 512 bytes           the seal: SHA-256 over all bytes after it
    /                         attributes: format, schema_version, identity, seeds,
                              digest
    /classes/class_of         (size,) class of every architecture index, -1 not valid
    /classes/representative   (classes,) smallest architecture index of every class
    /costs/parameters, flops, depth                    (classes,)
    /trials/status            (classes, seeds) 0 missing, 1 complete, 2 failed
    /trials/epochs_done       (classes, seeds) epochs that hold values
    /trials/correct_SPLIT     (classes, seeds, epochs) images classified correctly
    /trials/loss_SPLIT        (classes, seeds, epochs) mean cross-entropy in nats
    /measured/cpu_seconds_SPLIT, wall_seconds_SPLIT    (classes, seeds, epochs)
    /measured                 attributes: when, where and by what command
    /proxies/NAME/score, status, seconds               (classes, proxy seeds), optional
    /proxies/NAME             attributes: seeds; what decided the scores
    /latencies/TARGET/latency_ms (classes, rounds), status (classes,), and what else
                              `tabular.latency_columns` names; optional
    /latencies/TARGET         attributes: kind; what decided the numbers

The seal is HDF5's user block, which other readers pass over. It is checked before
the rest is read: HDF5 itself may loop or crash on damaged files. SPLIT is train, valid
or test. Epochs that were not trained are masked by
`epochs_done`; the stored zeros there mean nothing. The digest covers everything but
`/measured`, `/proxies` and `/latencies`: two builds are bit-identical when their
digests are equal, and it stays what it was when proxies or latencies are added
(`tabular.proxy_columns` says why).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from nasbench.training.trial import SPLITS
from tabular.identity import TableIdentity
from tabular.latency_columns import GROUP as LATENCIES
from tabular.latency_columns import NEEDED, LatencyColumns, check_target_name
from tabular.latency_columns import UNITS as LATENCY_UNITS
from tabular.latency_columns import datasets_of as latency_datasets
from tabular.proxy_columns import GROUP, ProxyColumns, datasets_of
from tabular.proxy_columns import UNITS as PROXY_UNITS

FORMAT = "nasbench-table"
SCHEMA_VERSION = 1
SEAL_BYTES = 512
SEAL = b"nasbench-table, HDF5 after 512 bytes, SHA-256 of the rest: "
MISSING, COMPLETE, FAILED = 0, 1, 2

UNITS = {
    "classes/class_of": "class number",
    "classes/representative": "architecture index",
    "costs/parameters": "learned parameters",
    "costs/flops": "floating-point operations per image, two per multiply-add",
    "costs/depth": "operations on the longest path of a cell",
    "trials/status": "0 missing, 1 complete, 2 failed",
    "trials/epochs_done": "epochs",
    **{f"trials/correct_{split}": "images" for split in SPLITS},
    **{f"trials/loss_{split}": "nats" for split in SPLITS},
    **{f"measured/cpu_seconds_{split}": "CPU seconds per epoch" for split in SPLITS},
    **{f"measured/wall_seconds_{split}": "seconds per epoch" for split in SPLITS},
}
"""Every dataset of a file and its unit."""

Arrays = Mapping[str, NDArray[Any]]
"""The datasets of a table by their paths in the file."""


class TableError(NasbenchError):
    """Report a table file that is missing, damaged, or of another kind."""


class OtherKindError(TableError):
    """Report a whole file of a kind that was not asked for.

    Attributes:
        kind: What the file says it is.
    """

    def __init__(self, path: Path, kind: str, wanted: str) -> None:
        super().__init__(path, kind, wanted)
        self.kind = kind

    def __str__(self) -> str:
        path, kind, wanted = self.args
        return f"{path} is an HDF5 file, but no {wanted}: its kind is {kind!r}"


@dataclass(frozen=True, eq=False)
class TableContents:
    """All that a table file holds.

    Attributes:
        identity: What decides the numbers, but for the seeds.
        seeds: The seeds of the trials, in the order of the second axis.
        arrays: Every dataset named in `UNITS`.
        provenance: When, where and by what command; outside the digest.
        proxies: The columns of every zero-cost proxy by name; outside the digest.
        latencies: The columns of every target by name; outside the digest.
    """

    identity: TableIdentity
    seeds: tuple[int, ...]
    arrays: Arrays
    provenance: Mapping[str, str]
    proxies: Mapping[str, ProxyColumns] = field(default_factory=dict)
    latencies: Mapping[str, LatencyColumns] = field(default_factory=dict)

    def digest(self) -> str:
        """Return the SHA-256 over everything deterministic, in hexadecimal."""
        return content_digest(self.identity, self.seeds, self.arrays)


def content_digest(
    identity: TableIdentity, seeds: tuple[int, ...], arrays: Arrays
) -> str:
    """Return the SHA-256 over everything but the measured times, in hexadecimal."""
    total = hashlib.sha256()
    header = {
        "schema": SCHEMA_VERSION,
        "seeds": seeds,
        **json.loads(identity.to_json()),
    }
    total.update(json.dumps(header, sort_keys=True).encode())
    for name in sorted(UNITS):
        if not name.startswith("measured/"):
            total.update(f"{name}:{array_digest(arrays[name])}".encode())
    return total.hexdigest()


def array_digest(array: NDArray[Any]) -> str:
    """Return the SHA-256 over type, shape and little-endian bytes, in hexadecimal."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    total = hashlib.sha256(f"{plain.dtype.str}{plain.shape}".encode())
    total.update(plain.tobytes())
    return total.hexdigest()


def write_table(contents: TableContents, path: Path, folder: Path | None = None) -> str:
    """Write a table file in one step: `path` is whole or as it was before.

    Args:
        contents: What it is to hold.
        path: Where it is to stand.
        folder: Where it is written first; None for beside `path`.

    Returns:
        The content digest.

    Raises:
        TableError: The file cannot be written there.
    """
    digest = contents.digest()
    try:
        with atomic_path(path, folder) as temporary:
            temporary.write_bytes(sealed(_as_hdf5(contents, digest)))
    except OSError as error:
        raise TableError(f"cannot write table {path}: {error}") from error
    return digest


def _as_hdf5(contents: TableContents, digest: str) -> bytes:
    """Return the file in memory: HDF5 crashes where a disk is full, we do not."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", userblock_size=SEAL_BYTES) as file:
        file.attrs["format"] = FORMAT
        file.attrs["schema_version"] = SCHEMA_VERSION
        file.attrs["identity"] = contents.identity.to_json()
        file.attrs["seeds"] = np.array(contents.seeds, np.int64)
        file.attrs["digest"] = digest
        for name, unit in UNITS.items():
            _store(file, name, contents.arrays[name], unit)
        for key, value in contents.provenance.items():
            file["measured"].attrs[key] = value
        for proxy, columns in contents.proxies.items():
            for name, array in datasets_of(proxy, columns).items():
                _store(file, name, array, PROXY_UNITS[name.rpartition("/")[2]])
            group = file[f"{GROUP}/{proxy}"]
            group.attrs["seeds"] = np.array(columns.seeds, np.int64)
            for key, value in columns.provenance.items():
                group.attrs[key] = value
        for target, latencies in contents.latencies.items():
            _store_latencies(file, target, latencies)
    return memory.getvalue()


def _store_latencies(file: h5py.File, target: str, columns: LatencyColumns) -> None:
    check_target_name(target)
    for name, array in latency_datasets(target, columns).items():
        _store(file, name, array, LATENCY_UNITS[name.rpartition("/")[2]])
    attributes = file[f"{LATENCIES}/{target}"].attrs
    attributes["kind"] = columns.kind
    for key, value in columns.provenance.items():
        attributes[key] = value


def _store(file: h5py.File, name: str, array: NDArray[Any], unit: str) -> None:
    dataset = file.create_dataset(
        name,
        data=array,
        compression="gzip",
        shuffle=True,
        fletcher32=True,
        track_times=False,
    )
    dataset.attrs["unit"] = unit
    dataset.attrs["sha256"] = array_digest(array)


def sealed(file: bytes) -> bytes:
    """Return an HDF5 file with a seal in its user block."""
    body = file[SEAL_BYTES:]
    seal = SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n"
    return seal.ljust(SEAL_BYTES, b"\0") + body


def check_seal(path: Path, file: bytes) -> None:
    """Check the seal before anything else is read.

    Raises:
        TableError: There is none, or the bytes after it are others.
    """
    if not file.startswith(SEAL):
        kind = "an HDF5 file, but no" if file.startswith(b"\x89HDF") else "no"
        raise TableError(f"{path} is {kind} {FORMAT}, or damaged in its first bytes")
    if sealed(file)[:SEAL_BYTES] != file[:SEAL_BYTES]:
        raise TableError(
            f"{path} is damaged, or was changed: its bytes do not match its seal"
        )


class TableFile:
    """A table file as it was when opened; datasets are unpacked when asked.

    The file is read once, without locks; what happens to it afterwards has no effect.

    Attributes:
        path: Where the file is.
        identity: What decides the numbers, but for the seeds.
        seeds: The seeds of the trials.
        digest: The content digest that the file states.
        provenance: When, where and by what command it was made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TableError(f"no table at {path}: {error.strerror}") from error
        check_seal(path, content)
        try:
            self._file = h5py.File(h5py.h5f.open_file_image(content))
            self._read_header()
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            if isinstance(error, TableError):
                raise
            raise TableError(f"{path} is damaged: {_one_line(error)}") from error

    def _read_header(self) -> None:
        attributes = self._file.attrs
        kind = str(attributes.get("format"))
        if kind != FORMAT:
            raise OtherKindError(self.path, kind, FORMAT)
        version = int(attributes["schema_version"])
        if version != SCHEMA_VERSION:
            raise TableError(
                f"{self.path} has schema version {version}; this release reads "
                f"{SCHEMA_VERSION}"
            )
        self.identity = TableIdentity.from_json(attributes["identity"])
        self.seeds = tuple(int(seed) for seed in attributes["seeds"])
        self.digest = str(attributes["digest"])
        self.provenance = {k: str(v) for k, v in self._file["measured"].attrs.items()}

    def read(self, name: str) -> NDArray[Any]:
        """Return a whole dataset, read-only.

        Raises:
            TableError: The dataset is missing, or its stored checksum does not match.
        """
        try:
            array: NDArray[Any] = self._file[name][()]
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise TableError(
                f"{self.path} is damaged at {name}: {_one_line(error)}"
            ) from error
        array.flags.writeable = False
        return array

    def stated_sha256(self, name: str) -> str:
        """Return the checksum that the file states for a dataset."""
        try:
            return str(self._file[name].attrs["sha256"])
        except (OSError, KeyError, RuntimeError) as error:
            raise TableError(
                f"{self.path} is damaged at {name}: {_one_line(error)}"
            ) from error

    def proxies(self) -> dict[str, ProxyColumns]:
        """Return the columns of every zero-cost proxy by name; often there are none.

        Raises:
            TableError: A column is damaged, or its shape is not that of the classes.
        """
        names = list(self._file[GROUP]) if GROUP in self._file else []
        return {name: self._proxy(name) for name in names}

    def _proxy(self, proxy: str) -> ProxyColumns:
        try:
            stated = dict(self._file[f"{GROUP}/{proxy}"].attrs)
            seeds = tuple(int(seed) for seed in stated.pop("seeds"))
        except (OSError, KeyError, RuntimeError) as error:
            raise TableError(
                f"{self.path} is damaged at {GROUP}/{proxy}: {_one_line(error)}"
            ) from error
        shape = (len(self.read("classes/representative")), len(seeds))
        arrays = {}
        for column in PROXY_UNITS:
            name = f"{GROUP}/{proxy}/{column}"
            arrays[column] = self._whole(name)
            if arrays[column].shape != shape:
                raise TableError(
                    f"{self.path} is damaged at {name}: not of the shape {shape} of "
                    "classes and seeds"
                )
        provenance = {key: str(value) for key, value in stated.items()}
        return ProxyColumns(seeds, **arrays, provenance=provenance)

    def latencies(self) -> dict[str, LatencyColumns]:
        """Return the columns of every target by name; often there are none.

        Raises:
            TableError: A column is damaged, or its shape is not that of the classes.
        """
        names = list(self._file[LATENCIES]) if LATENCIES in self._file else []
        return {name: self._latency(name) for name in names}

    def _latency(self, target: str) -> LatencyColumns:
        place = f"{LATENCIES}/{target}"
        classes = len(self.read("classes/representative"))
        try:
            stated = {k: str(v) for k, v in self._file[place].attrs.items()}
            there = [n for n in LATENCY_UNITS if n in self._file[place] or n in NEEDED]
            arrays = {name: self._whole(f"{place}/{name}") for name in there}
            # A kind that is none, and shapes that do not fit, are refused there.
            columns = LatencyColumns(
                stated.pop("kind"),  # type: ignore[arg-type]
                **arrays,
                provenance=stated,
            )
        except TableError:
            raise
        except (OSError, KeyError, RuntimeError, NasbenchError) as error:
            raise TableError(
                f"{self.path} is damaged at {place}: {_one_line(error)}"
            ) from error
        if len(columns.status) != classes:
            raise TableError(
                f"{self.path} is damaged at {place}: {len(columns.status)} rows, but "
                f"{classes} classes"
            )
        return columns

    def _whole(self, name: str) -> NDArray[Any]:
        array = self.read(name)
        if array_digest(array) != self.stated_sha256(name):
            raise TableError(
                f"{self.path} is damaged at {name}: not as its checksum says"
            )
        return array

    def contents(self) -> TableContents:
        """Read everything."""
        arrays = {name: self.read(name) for name in UNITS}
        return TableContents(
            self.identity,
            self.seeds,
            arrays,
            self.provenance,
            self.proxies(),
            self.latencies(),
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
