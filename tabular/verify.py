"""Whether a table is what it says: checksums, ranges, completeness, retraining."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from nasbench.benchmark import Status
from nasbench.networks import count_costs
from nasbench.spaces import SearchSpace, make_space
from nasbench.tasks import Task
from nasbench.training.engine import (
    Engine,
    EngineIdentity,
    EngineName,
    make_engine,
    why_not,
)
from nasbench.training.recipe import Recipe
from nasbench.training.trial import SPLITS, Trial
from tabular.agreement import agreement
from tabular.schema import (
    COMPLETE,
    FAILED,
    MISSING,
    UNITS,
    TableContents,
    TableError,
    TableFile,
    array_digest,
)
from tabular.stored_trials import stored_trials
from tabular.table import Table


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        check: What was looked at.
        passed: Whether it is as it should be.
        detail: What was found.
    """

    check: str
    passed: bool
    detail: str


def verify(path: Path) -> list[Finding]:
    """Check a table file against itself and against the code.

    Raises:
        TableError: The file cannot be read as a table at all.
    """
    file = TableFile(path)
    damaged = _check_checksums(file)
    if not damaged.passed:
        return [damaged]
    contents = file.contents()
    shape = _check_shapes(contents)
    if not shape.passed:
        return [damaged, shape]
    return [
        damaged,
        shape,
        _check_digest(file, contents),
        _check_ranges(contents),
        _check_classes(contents),
        _check_costs(contents),
        _check_completeness(contents),
    ]


def _check_checksums(file: TableFile) -> Finding:
    wrong = []
    for name in UNITS:
        try:
            if array_digest(file.read(name)) != file.stated_sha256(name):
                wrong.append(f"{name} differs from its checksum")
        except TableError as error:
            wrong.append(str(error))
    return Finding(
        "checksums", not wrong, "; ".join(wrong) or f"{len(UNITS)} datasets match"
    )


def _check_shapes(contents: TableContents) -> Finding:
    arrays, space = contents.arrays, make_space(contents.identity.space)
    classes = len(arrays["classes/representative"])
    trials = (classes, len(contents.seeds))
    expected = {
        name: (*trials, contents.identity.recipe.epochs)
        if name.split("_")[-1] in SPLITS
        else trials
        if name.startswith("trials/")
        else (space.size,)
        if name == "classes/class_of"
        else (classes,)
        for name in UNITS
    }
    wrong = [
        f"{name} has the shape {arrays[name].shape}, not {shape}"
        for name, shape in expected.items()
        if arrays[name].shape != shape
    ]
    return Finding("shapes", not wrong, "; ".join(wrong) or f"{classes} classes")


def _check_digest(file: TableFile, contents: TableContents) -> Finding:
    digest = contents.digest()
    return Finding("digest", digest == file.digest, digest)


def _check_ranges(contents: TableContents) -> Finding:
    arrays, wrong = contents.arrays, []
    status, done = arrays["trials/status"], arrays["trials/epochs_done"]
    epochs = contents.identity.recipe.epochs
    if not np.isin(status, (MISSING, COMPLETE, FAILED)).all():
        wrong.append("an unknown status")
    if not ((done >= 0) & (done <= epochs)).all():
        wrong.append(f"epochs_done outside 0 to {epochs}")
    if (done[status == COMPLETE] != epochs).any():
        wrong.append(f"a complete trial without all {epochs} epochs")
    trained = np.arange(epochs) < done[:, :, None]
    for split, images in zip(SPLITS, contents.identity.images, strict=True):
        correct = arrays[f"trials/correct_{split}"][trained]
        loss = arrays[f"trials/loss_{split}"][trained]
        if not ((correct >= 0) & (correct <= images)).all():
            wrong.append(f"correct_{split} outside 0 to {images} images")
        if not (np.isfinite(loss) & (loss >= 0)).all():
            wrong.append(f"loss_{split} negative or not finite")
        for kind in ("cpu", "wall"):
            seconds = arrays[f"measured/{kind}_seconds_{split}"][trained]
            if not (np.isfinite(seconds) & (seconds >= 0)).all():
                wrong.append(f"{kind}_seconds_{split} negative or not finite")
    return Finding(
        "ranges", not wrong, "; ".join(wrong) or "counts, losses and seconds"
    )


def _check_classes(contents: TableContents) -> Finding:
    space = make_space(contents.identity.space)
    same = np.array_equal(
        contents.arrays["classes/class_of"], space.classes.class_of
    ) and np.array_equal(
        contents.arrays["classes/representative"], space.classes.representatives
    )
    return Finding(
        "classes",
        same,
        f"{space.size:,} architectures in {len(space.classes):,} classes"
        if same
        else f"not the equivalence classes of {space.name}",
    )


def _check_costs(contents: TableContents) -> Finding:
    identity = contents.identity
    space = make_space(identity.space)
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    wrong = 0
    for number, index in enumerate(contents.arrays["classes/representative"]):
        costs = count_costs(space, space.architecture_at(int(index)), skeleton)
        wrong += any(
            getattr(costs, name) != contents.arrays[f"costs/{name}"][number]
            for name in ("parameters", "flops", "depth")
        )
    return Finding(
        "costs",
        wrong == 0,
        f"{wrong} classes differ from the closed form"
        if wrong
        else "parameters, FLOPs and depth",
    )


def _check_completeness(contents: TableContents) -> Finding:
    """Count what is there; a partial table is no fault, trials without data are."""
    status = contents.arrays["trials/status"]
    missing, failed = int((status == MISSING).sum()), int((status == FAILED).sum())
    detail = f"{status.size - missing:,} of {status.size:,} trials, {failed} failed"
    if missing:
        detail += " (a partial table)"
    return Finding("completeness", missing < status.size, detail)


def retrain(
    table: Table,
    task: Task,
    count: int,
    rng: np.random.Generator,
    report: Callable[[int, int], None] | None = None,
) -> Finding:
    """Train random trials of a table again and compare.

    The engine is the one that the table states where it can train here, else another.
    With the same engine, version and instruction set every count and loss must be
    equal to the last bit. Elsewhere rounding differs, which acts like a seed: no final
    validation accuracy may be off by more than 5 standard deviations between seeds,
    nor their mean by more than 5 standard errors; see `Agreement`.

    Args:
        table: The table.
        task: Its task, before the recipe cuts it.
        count: How many trials, at most all.
        rng: Chooses them.
        report: Called with the trials done and their number.

    Raises:
        TableError: The task is not the table's, or the count is not positive.
    """
    if count < 1:
        raise TableError(f"retrain at least 1 trial, not {count}")
    identity = table.identity
    cut = identity.recipe.cut(task)
    if cut.fingerprint != identity.task_fingerprint:
        raise TableError(
            f"task {task.name} has the fingerprint {cut.fingerprint[:12]}, but "
            f"{table.path} was trained on {identity.task} with "
            f"{identity.task_fingerprint[:12]}"
        )
    engine = _engine_like(identity.engine, table.space, cut, identity.recipe)
    trials = stored_trials(table)
    keys = sorted(trials)
    if not keys:
        raise TableError(f"{table.path} holds no trial to train again")
    chosen = rng.choice(len(keys), size=min(count, len(keys)), replace=False)
    first = table.space.classes.representatives
    pairs = []
    for done, position in enumerate(sorted(chosen), start=1):
        number, seed = keys[position]
        architecture = table.space.architecture_at(int(first[number]))
        again = engine.train(table.space, architecture, seed)
        pairs.append((trials[keys[position]], again))
        if report is not None:
            report(done, len(chosen))
    if engine.identity == identity.engine:
        return _compare_bits(pairs)
    return _compare_within_noise(table, pairs, str(engine.identity))


def _engine_like(
    stated: EngineIdentity, space: SearchSpace, task: Task, recipe: Recipe
) -> Engine:
    names: tuple[EngineName, ...] = get_args(EngineName)
    for name in names:
        if name == stated.engine and why_not(name, space, task, recipe) is None:
            return make_engine(space, task, recipe, name)
    return make_engine(space, task, recipe)


def _compare_bits(pairs: list[tuple[Trial, Trial]]) -> Finding:
    equal = sum(
        old.status == new.status
        and old.epochs_done == new.epochs_done
        and np.array_equal(old.correct, new.correct)
        and np.array_equal(old.loss, new.loss)
        for old, new in pairs
    )
    return Finding(
        "retrain", equal == len(pairs), f"{equal} of {len(pairs)} equal bit for bit"
    )


def _compare_within_noise(
    table: Table, pairs: list[tuple[Trial, Trial]], engine: str
) -> Finding:
    images = table.identity.images[SPLITS.index("valid")]
    differences = [
        (int(new.correct[1, -1]) - int(old.correct[1, -1])) / images
        for old, new in pairs
        if old.status is Status.COMPLETE and new.status is Status.COMPLETE
    ]
    complete = (table.read("trials/status") == COMPLETE).sum(axis=1)
    found = agreement(
        np.array(differences, np.float64),
        images,
        table.seed_sd("validation"),
        degrees=int(np.maximum(complete - 1, 0).sum()),
    )
    ended = sum(old.status is not new.status for old, new in pairs)
    detail = f"{len(pairs)} trials on another engine ({engine}): {found}"
    if ended:
        detail += f"; {ended} failed here or there, but not on both"
    return Finding("retrain", found.passed and not ended, detail)
