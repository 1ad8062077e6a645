"""``nasbench merge``: tables trained apart become one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from nasbench.cli.terminal import output, progress_bar
from tabular.merge import merge, missing_trials


def merge_command(*parts: Path, out: Path) -> None:
    """Merge the tables of a build that was shared out, and unfinished builds.

    Every part is verified. Parts of other settings are refused, and so are different
    numbers for the same trial; the same trial twice is fine.

    Args:
        parts: Table files, and folders OUT.build of unfinished builds.
        out: The table file; may be one of the parts.
    """
    with progress_bar("parts") as step:
        table = merge(
            parts,
            out,
            command=shlex.join(["nasbench", *sys.argv[1:]]),
            report=lambda done, total: step(done, total, ""),
        )
    output.print(
        f"{table.path}: {len(table)} classes, {len(table.seeds)} seeds, "
        f"{table.epochs} epochs"
    )
    missing = missing_trials(table)
    if missing:
        by_seed = ", ".join(f"seed {s}: {n:,}" for s, n in missing.items())
        output.print(
            f"partial: {sum(missing.values()):,} of "
            f"{len(table.space.classes) * len(table.seeds):,} trials are missing "
            f"({by_seed})"
        )
    output.print(f"digest {table.digest}")
