"""``nasbench verify``: whether a table is what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from nasbench.cli.options import OptionalWhole, Whole, table_path, whole_number
from nasbench.cli.surrogate_files import is_surrogate, surrogate_findings
from nasbench.cli.terminal import print_columns, progress_bar
from nasbench.errors import NasbenchError
from tabular.importers.published_file import FORMAT as PUBLISHED
from tabular.importers.verify_published import verify_published
from tabular.schema import OtherKindError
from tabular.table import Table
from tabular.verify import Finding, retrain, verify


def verify_command(
    table: str,
    /,
    *,
    retrain_count: Annotated[
        int, Parameter(name="--retrain", converter=whole_number)
    ] = 0,
    task: str | None = None,
    data: str | None = None,
    image_size: OptionalWhole = None,
    seed: Whole = 0,
) -> None:
    """Check a table's checksums, ranges, classes and costs; retrain some of it.

    Args:
        table: A table file, the file of a surrogate, or the id of a benchmark.
        retrain_count: Train so many random trials again and compare them.
        task: The path of the image data, for a table of your own images.
        data: The folder with the original files, for a table of a prepared task.
        image_size: As in the build.
        seed: Chooses the trials to retrain.
    """
    for option, value in (("--retrain", retrain_count), ("--seed", seed)):
        if value < 0:
            raise NasbenchError(f"{option} is 0 or more, not {value}")
    if not retrain_count and (task, data, image_size) != (None, None, None):
        raise NasbenchError("--task, --data and --image-size are for --retrain; add it")
    if is_surrogate(table):
        path, findings = Path(table), _surrogate_findings(table, retrain_count)
    else:
        path = table_path(table)
        findings = _findings(path, retrain_count)
    if retrain_count and all(finding.passed for finding in findings):
        findings.append(_retrain(path, retrain_count, (task, image_size, data), seed))
    print_columns(
        ("check", "", "found"),
        ((f.check, "ok" if f.passed else "WRONG", f.detail) for f in findings),
        numbers_from=3,
    )
    wrong = [finding.check for finding in findings if not finding.passed]
    if wrong:
        raise NasbenchError(f"{path} fails: {', '.join(wrong)}")


def _surrogate_findings(name: str, retrain_count: int) -> list[Finding]:
    if retrain_count:
        raise NasbenchError(
            f"{name} holds predictions or a sample, no table to train again; leave "
            "out --retrain"
        )
    return surrogate_findings(name)


def _findings(path: Path, retrain_count: int) -> list[Finding]:
    try:
        return verify(path)
    except OtherKindError as error:
        if error.kind != PUBLISHED:
            raise
    if retrain_count:
        raise NasbenchError(
            f"{path} is a published table: its recipe is not ours, and nothing of it "
            "can be trained again; leave out --retrain"
        )
    return verify_published(path)


def _retrain(
    path: Path,
    count: int,
    source: tuple[str | None, int | None, str | None],
    seed: int,
) -> Finding:
    from nasbench.tasks import load_task

    table = Table.open(path)
    name, image_size, data = source
    task = load_task(name or table.identity.task, image_size, data)
    with progress_bar("retrained") as step:
        return retrain(
            table,
            task,
            count,
            np.random.default_rng(seed),
            lambda done, total: step(done, total, ""),
        )
