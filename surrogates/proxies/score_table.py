"""Score every class of a table, and write the scores into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.tasks import Task
from surrogates.proxies.proxy import Proxy
from surrogates.proxies.score_folder import ScoreFolder, Scores, remove_finished
from surrogates.proxies.score_settings import ScoreRequest, settings_of, to_score
from tabular.outputs import check_writable
from tabular.provenance import this_run
from tabular.proxy_columns import ProxyColumns
from tabular.schema import TableError, TableFile, write_table
from tabular.table import Table

Report = Callable[[int, int], None]
"""Called with the classes done and their number."""


@dataclass(frozen=True)
class ScoreRun:
    """How to go about it.

    Attributes:
        workers: Processes, one thread each.
        command: What to write into the table as the way the scores were made.
        report: Called before the first class and after every few.
    """

    workers: int = 1
    command: str = ""
    report: Report | None = None


def score_table(
    path: Path, task: Task, request: ScoreRequest, run: ScoreRun | None = None
) -> Table:
    """Score what the table does not hold yet, then write it in one step.

    Finished scores lie in ``TABLE.proxies`` until all are there; the same call goes on
    where an earlier one ended. The content digest of the table stays what it was.

    Args:
        path: The table file.
        task: Its task, before the recipe cuts it.
        request: What to score.
        run: With how many processes.

    Returns:
        The table with the scores.

    Raises:
        TableError: The task is not the table's, or the file cannot be read or written.
        NasbenchError: A proxy is unknown, is stored by other settings, or cannot look
            into the networks of this space; or the run was interrupted.
    """
    run = run or ScoreRun()
    path = path.resolve() if path.is_symlink() else path
    proxies, table = request.make(), Table.open(path)
    cut = table.identity.recipe.cut(task)
    if cut.fingerprint != table.identity.task_fingerprint:
        raise TableError(
            f"task {task.name} has the fingerprint {cut.fingerprint[:12]}, but {path} "
            f"was trained on {table.identity.task} with "
            f"{table.identity.task_fingerprint[:12]}"
        )
    remove_finished(path, TableFile(path).proxies())
    missing = to_score(proxies, table, request)
    if not missing:
        return table
    check_writable(path)
    settings = {
        "table": table.identity.fingerprint,
        "seeds": request.seeds,
        "proxies": {p.name: settings_of(p, table, request.batch_size) for p in missing},
    }
    with ScoreFolder(path, settings) as folder:
        scores = _score_missing(table, cut, (request, missing), run, folder)
        _write(path, missing, request, scores, run.command)
        folder.remove()
    return Table.open(path)


def _score_missing(
    table: Table,
    cut: Task,
    wanted: tuple[ScoreRequest, Sequence[Proxy]],
    run: ScoreRun,
    folder: ScoreFolder,
) -> Scores:
    from surrogates.proxies.score_workers import ScoreJob, score_classes
    from surrogates.proxies.specimen import first_batches

    request, proxies = wanted
    identity = table.identity
    job = ScoreJob(
        space=identity.space,
        skeleton=identity.recipe.skeleton(identity.image_shape, identity.classes),
        shown=first_batches(cut, range(request.seeds), request.batch_size),
        proxies=tuple(proxy.name for proxy in proxies),
    )
    scores = folder.read()
    classes = list(enumerate(table.read("classes/representative").tolist()))
    left = [each for each in classes if each[0] not in scores]
    report = run.report or _say_nothing
    report(len(scores), len(classes))
    try:
        with closing(score_classes(job, left, run.workers)) as results:
            for finished in results:
                folder.write(finished)
                scores |= finished
                report(len(scores), len(classes))
    except KeyboardInterrupt:
        raise NasbenchError(
            f"interrupted: {len(scores)} of {len(classes)} classes are kept in "
            f"{folder.path}; the same command goes on from there"
        ) from None
    return scores


def _say_nothing(done: int, total: int) -> None:
    del done, total


def _write(
    path: Path,
    proxies: Sequence[Proxy],
    request: ScoreRequest,
    scores: Scores,
    command: str,
) -> None:
    contents, table = TableFile(path).contents(), Table.open(path)
    values = np.stack([scores[number] for number in sorted(scores)])
    columns = dict(contents.proxies)
    for position, proxy in enumerate(proxies):
        score, seconds, status = values[:, :, position].swapaxes(0, 1)
        columns[proxy.name] = ProxyColumns(
            seeds=tuple(range(request.seeds)),
            score=score,
            status=status.astype(np.uint8),
            seconds=seconds.astype(np.float32),
            provenance={
                **this_run(command),
                **settings_of(proxy, table, request.batch_size),
                "summary": proxy.summary,
            },
        )
    write_table(replace(contents, proxies=columns), path)
