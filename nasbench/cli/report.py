"""``nasbench report``: the page of a board, from its results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.cli.terminal import errors, output


def report_command(
    results: str, /, *, out: Annotated[Path, Parameter(name=["--out", "-o"])]
) -> None:
    """Write the page of a board: a folder of static files that opens from disk.

    Args:
        results: The name of a published board, its manifest, or the folder of its
            results.
        out: The folder; files of the page are replaced, others left alone.
    """
    # Imported when called: what renders is not part of every installation.
    from leaderboards.boards.published import results_of
    from leaderboards.boards.results import read_part, read_results
    from leaderboards.searches import told_repeats
    from leaderboards.site import write_site
    from leaderboards.site.from_results import site_of_results

    folder = results_of(results)
    read, given = read_results(folder), Path(results)
    manifest = given if given.is_file() else None
    if manifest and manifest.read_bytes() != read_part(folder, "manifest.toml"):
        errors.print(
            f"{folder} holds the results of another version of {manifest}; "
            "`nasbench board run` makes them anew"
        )
    site = site_of_results(read, manifest)
    paths = write_site(site, out)
    for line in told_repeats(read.board):
        errors.print(line)
    output.print(str(paths[0]))
