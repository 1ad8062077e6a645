"""Merge tables and shards that were trained apart into one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import SearchSpace, make_space
from nasbench.training.trial import Trial
from tabular.assembly import Trials, table_contents
from tabular.identity import TableIdentity
from tabular.latency_columns import LatencyColumns
from tabular.outputs import check_writable
from tabular.provenance import Run, now, runs, this_run, with_earlier
from tabular.proxy_columns import ProxyColumns
from tabular.schema import TableFile, write_table
from tabular.shard_files import read_identity, read_runs, read_shards
from tabular.shards import ShardFolder
from tabular.stored_trials import stored_trials
from tabular.table import Table
from tabular.verify import verify

LEFT_OUT = (
    "remove it to merge without its trainings, which `nasbench build` on the merged "
    "table adds"
)
"""What to do about a damaged shard, where nothing is trained."""


class MergeError(NasbenchError):
    """Report why tables cannot become one."""


@dataclass(frozen=True, eq=False)
class Portion:
    """What one file or folder brings.

    Attributes:
        path: Where it is.
        identity: What decided its trials.
        trials: Its trials by (class, seed).
        runs: When, where and by what commands they were made.
    """

    path: Path
    identity: TableIdentity
    trials: Trials
    runs: list[Run]


def merge(
    parts: Sequence[Path],
    out: Path,
    *,
    command: str = "",
    report: Callable[[int, int], None] | None = None,
) -> Table:
    """Write one table with the trials of all parts, in one step.

    Its digest is that of the same table built in one go. Where parts hold the same
    trial, its numbers must be equal; measured seconds are those of the first.

    Args:
        parts: Table files, and folders of shards that unfinished builds have left.
        out: The table file; it may be one of the parts.
        command: What to write into the table as the way it was made.
        report: Called with the parts read and their number.

    Returns:
        The table. It is partial where the parts leave trials out.

    Raises:
        MergeError: There is nothing to merge, a part is not sound, or parts disagree;
            or `out` is another table.
        NasbenchError: A part cannot be read, or `out` not written.
    """
    check_writable(out)
    if out.exists() and not any(p.exists() and p.samefile(out) for p in parts):
        raise MergeError(
            f"{out} is there already; give it as one of the parts too, or remove it"
        )
    if out.is_symlink():
        out = out.resolve()
    portions = []
    for path in parts:
        portions.append(read_portion(path))
        if report is not None:
            report(len(portions), len(parts))
    identity, trials = _joined(portions)
    earlier = [run for portion in portions for run in portion.runs]
    run = {**this_run(command), "finished": now()}
    contents = replace(
        table_contents(
            make_space(identity.space), identity, trials, with_earlier(run, earlier)
        ),
        proxies=_proxies(portions),
        latencies=_latencies(portions),
    )
    with ShardFolder(out, identity) as folder:
        write_table(contents, out, folder.local)
    return Table.open(out)


def read_portion(path: Path) -> Portion:
    """Read a table file or a folder of shards, and check it.

    Raises:
        MergeError: It is neither, or not sound.
        NasbenchError: It is damaged.
    """
    if path.is_dir():
        identity = read_identity(path)
        if identity is None:
            raise MergeError(f"{path} is no folder of shards: no identity.json in it")
        trials = read_shards(path, identity, remedy=LEFT_OUT)
        return Portion(path, identity, trials, read_runs(path))
    wrong = [finding for finding in verify(path) if not finding.passed]
    if wrong:
        raise MergeError(
            f"{path} is not sound: {wrong[0].check}, {wrong[0].detail}; build it anew"
        )
    table = Table.open(path)
    return Portion(path, table.identity, stored_trials(table), runs(table.provenance))


def missing_trials(table: Table) -> dict[int, int]:
    """Return for every seed of a table how many classes lack its trial; none for 0."""
    status = table.read("trials/status")
    counts = {
        seed: int((status[:, column] == 0).sum())
        for column, seed in enumerate(table.seeds)
    }
    return {seed: count for seed, count in counts.items() if count}


def _proxies(portions: Sequence[Portion]) -> dict[str, ProxyColumns]:
    """Return the proxy scores of all parts; of equal names, those of the first part."""
    found: dict[str, ProxyColumns] = {}
    for portion in portions:
        if portion.path.is_file():
            found = TableFile(portion.path).proxies() | found
    return found


def _latencies(portions: Sequence[Portion]) -> dict[str, LatencyColumns]:
    """Return the latencies of all parts; of one target, those of the first part.

    Two measurements of one target are never mixed, nor does one count as the other's
    repeat: they may be of another machine or another day.
    """
    found: dict[str, LatencyColumns] = {}
    for portion in portions:
        if portion.path.is_file():
            found = TableFile(portion.path).latencies() | found
    return found


def _joined(portions: Sequence[Portion]) -> tuple[TableIdentity, Trials]:
    """Return the identity and the trials of all portions.

    Raises:
        MergeError: There are no trials, or portions disagree.
    """
    if not any(portion.trials for portion in portions):
        raise MergeError("there is no trial to merge; give tables or folders of shards")
    first = portions[0]
    space = make_space(first.identity.space)
    source: dict[tuple[int, int], Portion] = {}
    for portion in portions:
        if portion.identity != first.identity:
            raise MergeError(
                f"{portion.path} and {first.path} have different settings "
                f"({portion.identity.difference(first.identity)}); their trials never "
                "mix"
            )
        for key, trial in portion.trials.items():
            known = source.setdefault(key, portion)
            if not _equal(known.trials[key], trial):
                raise MergeError(
                    f"{portion.path} and {known.path} have different numbers for "
                    f"{_named(space, key)}; verify both with --retrain, and leave "
                    "the wrong one out"
                )
    return first.identity, {key: known.trials[key] for key, known in source.items()}


def _equal(one: Trial, other: Trial) -> bool:
    """Compare all that is deterministic."""
    return (
        one.status is other.status
        and one.epochs_done == other.epochs_done
        and np.array_equal(one.correct, other.correct)
        and np.array_equal(one.loss, other.loss)
    )


def _named(space: SearchSpace, key: tuple[int, int]) -> str:
    number, seed = key
    index = int(space.classes.representatives[number])
    return f"seed {seed} of {space.format(space.architecture_at(index))}"
