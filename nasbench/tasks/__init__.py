"""Image-classification tasks: the embedded ones, and readers for standard files."""

from __future__ import annotations

from nasbench.tasks.task import Split, Task, TaskError

__all__ = ["Split", "Task", "TaskError", "embedded_tasks", "load_task"]


def embedded_tasks() -> list[str]:
    """Return the names of the embedded tasks."""
    return ["digits"]


def load_task(name: str, image_size: int | None = None) -> Task:
    """Return the task."""
    from nasbench.tasks.digits import digits

    return digits()
