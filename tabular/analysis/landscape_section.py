"""The landscape in words."""

from __future__ import annotations

from collections.abc import Sequence

from tabular.analysis.analysis import Analysis
from tabular.analysis.landscape import Landscape
from tabular.analysis.section import Section
from tabular.analysis.wording import correlation, number, percent

LAGS_SHOWN = 5
BASINS_SHOWN = 3


def landscape_section(analysis: Analysis) -> Section:
    """Word what local search meets, or why it is not known."""
    both = (analysis.validation.landscape, analysis.test.landscape)
    known = [found for found in both if found is not None]
    if analysis.no_landscape is not None:
        return Section("landscape", "Landscape", (f"None: {analysis.no_landscape}.",))
    return Section(
        key="landscape",
        title="Landscape",
        sentences=(
            f"All {known[0].architectures:,} architectures, dead ones too; a step "
            "changes one decision. A plateau is what steps between equal values join, "
            "as within a class; a local optimum is one that no step leads up from. An "
            "ascent takes the best step up, and where there is none walks its plateau "
            "to one; without neutral steps it stops there.",
        ),
        headings=("", "validation", "test"),
        rows=_rows(known),
    )


def _rows(known: Sequence[Landscape]) -> tuple[tuple[str, ...], ...]:
    rows = [
        ("steps within a class", [percent(one.neutral_share) for one in known]),
        ("local optima", [f"{one.local_optima:,}" for one in known]),
        (
            "classes on local optima",
            [f"{one.local_optimum_classes:,}" for one in known],
        ),
        ("ascents that end at the best", [percent(one.to_best_share) for one in known]),
        (
            "the same without neutral steps",
            [percent(one.to_best_share_strict) for one in known],
        ),
        (
            "architectures without a better neighbour",
            [f"{one.stuck_architectures:,}" for one in known],
        ),
        ("largest basins, of all architectures", [_basins(one) for one in known]),
        (
            f"autocorrelation, lags 1 to {LAGS_SHOWN}",
            [
                " ".join(map(correlation, one.autocorrelation[:LAGS_SHOWN]))
                for one in known
            ],
        ),
        ("correlation length", [number(one.correlation_length) for one in known]),
        ("variance by order", [_orders(one) for one in known]),
        (
            "correlation of accuracy and distance to the best",
            [correlation(one.fitness_distance) for one in known],
        ),
    ]
    return tuple((name, *values) for name, values in rows)


def _basins(one: Landscape) -> str:
    shares = [f"{100 * basin.share:.1f}" for basin in one.largest_basins[:BASINS_SHOWN]]
    return f"{' '.join(shares)} %"


def _orders(one: Landscape) -> str:
    return " ".join(map(correlation, one.variance_by_order)) or "-"
