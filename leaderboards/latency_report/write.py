"""Write a latency report into a folder."""

from __future__ import annotations

from pathlib import Path

from leaderboards.latency_report.facts import LatencyFacts
from leaderboards.latency_report.figures import (
    draw_agreement,
    draw_macs,
    draw_predictors,
)
from leaderboards.latency_report.markdown import render_markdown
from leaderboards.report.figures import png
from leaderboards.report.files import write_files


def write_latency_report(facts: LatencyFacts, folder: Path) -> list[Path]:
    """Write ``latency.md`` and its figures; the same facts give the same bytes.

    The figures are ``macs-TARGET.png``, ``agreement.png`` and
    ``predictors-TARGET.png``.

    Args:
        facts: What `latency_facts` computed.
        folder: Where to; it is made if it is missing.

    Returns:
        The paths of the files.

    Raises:
        NasbenchError: The folder is not writable, or matplotlib is missing.
    """
    images: dict[str, bytes] = {}
    for one in facts.targets:
        name = f"macs-{_plain(one.target)}.png"
        images[name] = png(draw_macs(one, facts.lines[one.target]))
    if facts.agreement is not None:
        images["agreement.png"] = png(draw_agreement(facts.agreement))
    for target in dict.fromkeys(one.target for one in facts.predictors):
        images[f"predictors-{_plain(target)}.png"] = png(draw_predictors(facts, target))
    text = render_markdown(facts, images)
    return write_files(folder, {"latency.md": text.encode(), **images})


def _plain(target: str) -> str:
    return target.replace(" ", "-")
