"""The tables of a latency report as Markdown, for a page or a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from leaderboards.latency_report.facts import FEW, LatencyFacts
from surrogates.latency.protocol import PredictorScore
from surrogates.latency.timed import TimedArchitectures
from tabular.latency_columns import Repeats


def render_markdown(facts: LatencyFacts, figures: Iterable[str] = ()) -> str:
    """Return the whole report as Markdown.

    Args:
        facts: What it says.
        figures: Names of image files to show at its end.
    """
    parts = [f"# Latencies of {facts.table}", _targets(facts), _lines(facts)]
    if facts.agreement is not None:
        parts.append(_agreement(facts))
    if facts.predictors:
        parts.append(_predictors(facts))
    if facts.few_shot:
        parts.append(_few_shot(facts))
    parts += [f"![{name.removesuffix('.png')}]({name})" for name in figures]
    return "\n\n".join(parts) + "\n"


def _targets(facts: LatencyFacts) -> str:
    rows = []
    for one in facts.targets:
        low, middle, high = np.quantile(one.latency_ms, [0, 0.5, 1])
        rows.append(
            (
                f"`{one.target}`",
                str(one.kind),
                f"{len(one):,}",
                f"{low:.4g}",
                f"{middle:.4g}",
                f"{high:.4g}",
                *_ceiling(one.ceiling),
            )
        )
    headings = (
        "target",
        "kind",
        "networks",
        "min ms",
        "median ms",
        "max ms",
        "repeats: tau",
        "within 10 %",
        "rounds apart > 10 %",
    )
    return _section(
        "Targets",
        "Repeats: medians of odd rounds against those of even ones. No predictor is "
        "worth more than this.",
        markdown_table(headings, rows),
    )


def _ceiling(repeats: Repeats | None) -> tuple[str, str, str]:
    if repeats is None:
        return "-", "-", "-"
    return (
        f"{repeats.kendall:.3f}",
        f"{100 * repeats.within_10:.1f} %",
        f"{100 * repeats.noisy:.1f} %",
    )


def _lines(facts: LatencyFacts) -> str:
    rows = []
    for one in facts.targets:
        line = facts.lines[one.target]
        pair = ("-", "-", "-")
        if line.pair is not None:
            pair = (
                f"{line.pair.factor:.2f} x",
                _network(one, line.pair.quick),
                _network(one, line.pair.slow),
            )
        rows.append(
            (
                f"`{one.target}`",
                f"{line.kendall:.3f}",
                f"{line.explained:.2f}",
                f"{100 * line.within_10:.0f} %",
                *pair,
            )
        )
    headings = (
        "target",
        "tau with MACs",
        "R2 of the line",
        "within 10 % of it",
        "apart at equal MACs",
        "the quicker",
        "the slower",
    )
    return _section(
        "Multiply-adds against latency",
        "The pair is the one of equal multiply-adds (within 1 %) whose latencies "
        "differ by the largest factor; of networks whose rounds agree within 10 %.",
        markdown_table(headings, rows),
    )


def _network(timed: TimedArchitectures, position: int) -> str:
    row = tuple(timed.architectures[position].tolist())
    text = timed.features.space.format(row).replace("|", "\\|")
    return f"`{text}` {timed.latency_ms[position]:.4g} ms"


def _agreement(facts: LatencyFacts) -> str:
    found = facts.agreement
    assert found is not None, "asked for where there are several targets"
    pairs = found.between_targets()
    rows = [
        (f"`{name}`" if row else name, *(f"{value:.2f}" for value in found.tau[row]))
        for row, name in enumerate(found.names)
    ]
    said = (
        f"Kendall's tau on the {found.networks:,} networks that all targets know; "
        f"between two targets {pairs.min():.2f} to {pairs.max():.2f}, median "
        f"{np.median(pairs):.2f}."
    )
    numbers = [str(number) for number in range(len(found.names))]
    headings = ("target", *numbers)
    numbered = [
        (f"{n} {row[0]}", *row[1:]) for n, row in zip(numbers, rows, strict=True)
    ]
    return _section("Agreement", said, markdown_table(headings, numbered))


def _predictors(facts: LatencyFacts) -> str:
    ceilings = {one.target: one.ceiling for one in facts.targets}
    sizes = sorted({one.size for one in facts.predictors})
    groups: dict[tuple[str, str], dict[int, PredictorScore]] = {}
    for one in facts.predictors:
        groups.setdefault((one.target, one.predictor), {})[one.size] = one
    rows = []
    for (target, name), by_size in groups.items():
        graphs = Counter(g for one in by_size.values() for g in one.graphs)
        repeats = ceilings[target]
        rows.append(
            (
                f"`{target}`",
                name,
                graphs.most_common(1)[0][0],
                *(_score(by_size.get(size)) for size in sizes),
                "-"
                if repeats is None
                else f"{repeats.kendall:.3f}, {100 * repeats.within_10:.1f} %",
            )
        )
    headings = (
        "target",
        "predictor",
        "graph",
        *(f"from {size}" for size in sizes),
        "repeats",
    )
    return _section(
        "Predictors",
        "Kendall's tau, share within 10 %, median error, by how many measurements were "
        "learned from; on networks that were not. Repeats are the ceiling.",
        markdown_table(headings, rows),
    )


def _score(one: PredictorScore | None) -> str:
    if one is None:
        return "-"
    found = one.scores
    return (
        f"{found.kendall:.3f}, {100 * found.within_10:.1f} %, "
        f"{100 * found.median_error:.1f} %"
    )


def _few_shot(facts: LatencyFacts) -> str:
    rows = [
        (f"`{one.target}`", *(f"{v:.3f}" for v in _few_shot_numbers(one)))
        for one in facts.few_shot
    ]
    means = np.mean([_few_shot_numbers(one) for one in facts.few_shot], axis=0)
    rows.append(("mean", *(f"{value:.3f}" for value in means)))
    headings = (
        "new target",
        "multiply-adds",
        "best other target",
        "own sum over operations",
        "sum over all other targets",
    )
    return _section(
        f"A new target from {FEW} measurements",
        "Spearman's correlation on networks that were not measured, mean of 5 draws.",
        markdown_table(headings, rows),
    )


def _few_shot_numbers(one: object) -> list[float]:
    names = ("macs", "source", "operations", "transfer")
    return [float(getattr(one, name)) for name in names]


def _section(title: str, said: str, table: str) -> str:
    return f"## {title}\n\n{said}\n\n{table}"


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, without a line break at its end."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
