"""Image-classification tasks: the embedded ones, and readers for standard files."""

from __future__ import annotations

from nasbench.tasks.loading import embedded_tasks, load_task, prepared_tasks
from nasbench.tasks.task import Split, Task, TaskError

__all__ = [
    "Split",
    "Task",
    "TaskError",
    "embedded_tasks",
    "load_task",
    "prepared_tasks",
]
