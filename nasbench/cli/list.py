"""``nasbench list``: what there is by name."""

from __future__ import annotations

from nasbench.benchmark import benchmark_ids
from nasbench.cli.terminal import output
from nasbench.spaces import make_space, space_names
from nasbench.tasks import embedded_tasks, prepared_tasks
from strategies import find_strategy, strategy_names
from strategies.settings import required_settings


def list_command() -> None:
    """List the benchmarks, spaces, tasks and strategies that are installed."""
    output.print("benchmarks")
    for name in benchmark_ids():
        output.print(f"  {name}")
    output.print("spaces")
    for name in space_names():
        output.print(f"  {name}  {make_space(name).size:,} architectures")
    output.print("tasks")
    for name in embedded_tasks():
        output.print(f"  {name}")
    for name in prepared_tasks():
        output.print(f"  {name}, made of published files: --data FOLDER")
    output.print("  or the path of image data (IDX, CIFAR, ImageNet16, .npz, folder)")
    output.print("strategies")
    for name in strategy_names():
        strategy = find_strategy(name)
        needed = ", ".join(required_settings(strategy))
        note = "  replays recorded searches" if strategy.recorded else ""
        output.print(f"  {name}{note}{f'  needs {needed}=' if needed else ''}")
