"""Loads a task by its name or from a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nasbench.errors import unknown
from nasbench.tasks.carving import carve
from nasbench.tasks.checksums import check_sums
from nasbench.tasks.digits import digits
from nasbench.tasks.formats import described, format_of
from nasbench.tasks.resizing import check_size, resized_split
from nasbench.tasks.task import Task, TaskError

EMBEDDED: dict[str, Callable[[], Task]] = {"digits": digits}
"""Name of an embedded task -> what makes it."""


def embedded_tasks() -> list[str]:
    """Return the names of the tasks that need no files."""
    return sorted(EMBEDDED)


def load_task(name_or_path: str | Path, image_size: int | None = None) -> Task:
    """Return an embedded task, or one read from files.

    Args:
        name_or_path: Name of an embedded task, or a path of image data: IDX, CIFAR,
            ImageNet16-120, ``.npz``, or a folder of images. An embedded name goes
            first; a folder of that name can be given as ``./digits``. Files that
            ``SHA256SUMS`` or ``MD5SUMS`` in the folder name are checked.
        image_size: Resize all images to this height and width: area average where a
            side shrinks, bilinear where it grows.

    Raises:
        TaskError: Nothing has this name, or the files are damaged or inconsistent.
        NasbenchError: scikit-learn (digits) or Pillow (images) is not installed.
    """
    check_size(image_size)
    name = str(name_or_path)
    if not name:  # as a path, it would be the current folder
        raise _nothing_called(name)
    if name in EMBEDDED:
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
        f"{unknown('task', name, EMBEDDED)}; nor is there such a path, which may be: "
        f"{described()}"
    )


def _read_task(path: Path, image_size: int | None) -> Task:
    """Return the task that the files of a path make."""
    try:
        exists = path.exists()
    except OSError:
        exists = False  # a name that no file can have
    if not exists:
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
