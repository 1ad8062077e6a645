"""``nasbench info``: what a table holds."""

from __future__ import annotations

import numpy as np

from nasbench.cli.options import table_path
from nasbench.cli.terminal import output, print_columns, print_facts
from tabular.table import Table

BEST_SHOWN = 5


def info_command(table: str, /) -> None:
    """Show what a table holds: space, task, recipe, statistics, best architectures.

    Args:
        table: A table file, or the id of a benchmark.
    """
    held = Table.open(table_path(table))
    identity, recipe = held.identity, held.identity.recipe
    channels, height, width = identity.image_shape
    frame = held.to_frame()
    print_facts(
        [
            ("table", held.path),
            ("digest", held.digest),
            ("space", f"{identity.space}, {held.space.size:,} architectures"),
            (
                "classes",
                f"{len(held):,} trained of {len(held.space.classes):,}; "
                f"{int(frame['trials'].sum()):,} trials",
            ),
            ("seeds", ", ".join(map(str, held.seeds))),
            ("task", f"{identity.task}: {identity.task_source}"),
            (
                "images",
                "{} train, {} valid, {} test".format(*identity.images)
                + f"; {channels} x {height} x {width}, {identity.classes} classes",
            ),
            ("task SHA-256", identity.task_fingerprint),
            ("recipe", recipe.to_json()),
            ("engine", identity.engine.to_json()),
            *sorted(held.provenance.items()),
        ]
    )
    output.print()
    for split in ("validation", "test"):
        accuracy = frame[f"{split}_accuracy"]
        quartiles = accuracy.quantile([0, 0.25, 0.5, 0.75, 1]).to_numpy()
        between = float(np.std(accuracy, ddof=1)) if len(accuracy) > 1 else 0.0
        output.print(
            f"{split} accuracy: min {quartiles[0]:.4f}, quartiles "
            f"{quartiles[1]:.4f} {quartiles[2]:.4f} {quartiles[3]:.4f}, "
            f"max {quartiles[4]:.4f}; sd between architectures {between:.4f}, "
            f"between seeds {held.seed_sd(split):.4f}"
        )
    seconds = frame["cpu_seconds"]
    output.print(
        f"one training: {seconds.median():.2f} CPU seconds (median), "
        f"{seconds.min():.2f} to {seconds.max():.2f}"
    )
    output.print()
    best = frame.sort_values("validation_accuracy", ascending=False).head(BEST_SHOWN)
    print_columns(
        ("best architectures", "validation", "test", "parameters", "FLOPs"),
        (
            (
                str(row.architecture),
                f"{row.validation_accuracy:.4f}",
                f"{row.test_accuracy:.4f}",
                f"{row.parameters:,}",
                f"{row.flops:,}",
            )
            for row in best.itertuples()
        ),
    )
