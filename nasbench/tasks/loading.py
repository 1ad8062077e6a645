"""Loads a task by its name or from a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nasbench.errors import unknown
from nasbench.tasks.carving import carve
from nasbench.tasks.checksums import check_sums
from nasbench.tasks.cifar10_averaged import averaged
from nasbench.tasks.digits import digits
from nasbench.tasks.formats import described, format_of
from nasbench.tasks.mnist_clutter import MNIST_CLUTTER
from nasbench.tasks.prepared import PreparedTask
from nasbench.tasks.resizing import check_size, resized_split
from nasbench.tasks.task import Task, TaskError

EMBEDDED: dict[str, Callable[[], Task]] = {"digits": digits}
"""Name of an embedded task -> what makes it."""


PREPARED: dict[str, PreparedTask] = {
    task.name: task
    for task in (*(averaged(size) for size in (8, 12, 16)), MNIST_CLUTTER)
}
"""Name of a task that is made of files the user has -> how."""


def embedded_tasks() -> list[str]:
    """Return the names of the tasks that need no files."""
    return sorted(EMBEDDED)


def prepared_tasks() -> list[str]:
    """Return the names of the tasks that are made of published files."""
    return list(PREPARED)


def load_task(
    name_or_path: str | Path,
    image_size: int | None = None,
    data: str | Path | None = None,
) -> Task:
    """Return an embedded task, a prepared one, or one read from files.

    Args:
        name_or_path: Name of an embedded or prepared task, or a path of image data:
            IDX, CIFAR, ImageNet16-120, ``.npz``, or a folder of images. A name goes
            first; a folder of that name can be given as ``./digits``. Files that
            ``SHA256SUMS`` or ``MD5SUMS`` in the folder name are checked.
        image_size: Resize all images to this height and width: area average where a
            side shrinks, bilinear where it grows.
        data: The folder (or ``.npz`` file) with the original files of a prepared task,
            in any format that can be read.

    Raises:
        TaskError: Nothing has this name, `data` is missing or not wanted, or the files
            are damaged, inconsistent or others than the prepared task is made of.
        NasbenchError: scikit-learn (digits) or Pillow (images) is not installed.
    """
    check_size(image_size)
    name = str(name_or_path)
    if not name:  # as a path, it would be the current folder
        raise _nothing_called(name)
    if name in PREPARED:
        task = _prepare(PREPARED[name], data)
    elif data is not None:
        raise TaskError(
            f"{name} takes no data folder ({data}); only prepared tasks do: "
            f"{', '.join(PREPARED)}"
        )
    elif name in EMBEDDED:
        task = EMBEDDED[name]()
    else:
        task = _read_task(Path(name_or_path), image_size)
    if image_size is None or task.shape[1:] == (image_size, image_size):
        return task
    return replace(
        task,
        train=resized_split(task.train, image_size),
        valid=resized_split(task.valid, image_size),
        test=resized_split(task.test, image_size),
        source=f"{task.source}; resized to {image_size}x{image_size}",
    )


def _nothing_called(name: str) -> TaskError:
    return TaskError(
        f"{unknown('task', name, [*EMBEDDED, *PREPARED])}; nor is there such a path, "
        f"which may be: {described()}"
    )


def _prepare(task: PreparedTask, data: str | Path | None) -> Task:
    """Return a prepared task, made of the files in `data`."""
    needs = f"{task.name} is made of {task.originals.described()}"
    if data is None or not str(data):  # empty would be the current folder
        raise TaskError(
            f"{needs}; give their folder with --data FOLDER, "
            f'in Python load_task("{task.name}", data=FOLDER)'
        )
    path = Path(data)
    if not _exists(path):
        raise TaskError(f"{path}: there is no such folder or file; {needs}")
    try:
        form = format_of(path)
    except TaskError as error:
        raise TaskError(f"{error}; {needs}") from error
    check_sums(path)
    return task.prepare(form.read(path, None), path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # a name that no file can have


def _read_task(path: Path, image_size: int | None) -> Task:
    """Return the task that the files of a path make."""
    if not _exists(path):
        raise _nothing_called(str(path))
    form = format_of(path)
    check_sums(path)
    found = form.read(path, image_size)
    whole = path.resolve()  # for the name of "."
    name = whole.name if whole.is_dir() else whole.stem
    try:
        return carve(found, name, f"{form.name} data of {whole.name}")
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from error
