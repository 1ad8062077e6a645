"""The card of a surrogate benchmark: what it was fitted to, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import LayerSpace
from surrogates.benchmark import SurrogateBenchmark
from surrogates.fit_benchmark import FitSettings
from surrogates.sample import Sample
from surrogates.scoring.parts import PartScores, evaluate_parts
from surrogates.scoring.protocol import (
    Protocol,
    evaluate_by_origin,
    evaluate_surrogate,
    summary,
)

if TYPE_CHECKING:
    import pandas

SIZES = (100, 400, 1000, None)
SPLITS = 6
TESTED = 300

SHOWN = {
    "kendall": "Kendall",
    "sparse_kendall": "sparse Kendall (0.1 %)",
    "spearman": "Spearman",
    "r2": "R2",
    "mae": "mean absolute error",
    "calibration_nll": "NLL",
    "coverage_68": "coverage of 68 %",
    "coverage_95": "of 95 %",
}
"""Scores of the card, and what they are called there."""

LEFT_OUT = """\
What one search asked for, predicted from what all others did, as NAS-Bench-301 leaves
optimisers out: extrapolation to regions of which the rest of the sample knows less."""

PROTOCOL = """\
The design of NAS-Bench-301 (Zela et al., ICLR 2022): random architectures and the
trajectories of searches, scored on unseen architectures and with searches left out.
What is smaller: the sample (NAS-Bench-301 has about 60,000 architectures and ten
searches); one model family with default settings in place of several tuned ones;
{epochs} epochs a training against 100; no fixed division into 0.8 to fit, 0.1 to tune
and 0.1 to test, but a fifth, {tested} at most, held out {splits} times, and
nothing tuned; {repeated} architectures trained twice against some trained from five
seeds; and a space of {size:,} combinations against 10^18."""

WHY_NOT_DARTS = """\
Why {space} and not the cells of DARTS, on which NAS-Bench-301 stands: on images of 8x8
pixels a random network of 8 such cells with 8 channels has 1.6 million FLOPs, here the
median is {flops} million, but its dozens of small depthwise and dilated convolutions
take 0.144 CPU seconds by torch for a step of 64 images (median of five networks, on a
busy core), that is {darts:,.0f} CPU seconds for a training of this recipe against
{own:.1f} here (median), and {hours:,.0f} CPU hours for a sample of this size. At
NAS-Bench-301's own size (8 cells, 32 channels, 32x32 pixels) such networks have 309
million FLOPs and 0.96 million parameters (medians of 25; here {parameters} million)."""

DARTS_SECONDS = 0.144 / 64
"""CPU seconds per image of a training of DARTS cells; see `WHY_NOT_DARTS`."""

ONE_TRIAL = """\
Every architecture was trained once, so that the noise of trials is the
prediction's own uncertainty."""


def render_card(surrogate: SurrogateBenchmark, sample: Sample) -> str:
    """Return the card of a surrogate as Markdown; takes some minutes of fits.

    Args:
        surrogate: The benchmark.
        sample: What it was fitted to.

    Raises:
        NasbenchError: The surrogate was fitted to something else.
    """
    known = sample.observations()
    if known.architectures.tolist() != surrogate.parts.trained.tolist():
        raise NasbenchError(
            f"surrogate {surrogate.name} was not fitted to this sample: it knows "
            f"{len(surrogate.parts.trained)} architectures, the sample {len(known)}"
        )
    fitted = surrogate.parts.validation
    encoding, family = fitted.encoding, fitted.model.family
    rules = Protocol(SIZES, SPLITS, TESTED)
    by_size = summary(evaluate_surrogate(known, encoding, (family, {}), rules))
    by_origin = evaluate_by_origin(known, encoding, (family, {}))
    settings = FitSettings(encoding, family)
    parts = evaluate_parts(known, surrogate.cost_model, settings, rules)
    shown = [name for name in SHOWN if name in by_size and name in by_origin]
    return (
        "\n\n".join(
            (
                f"# {surrogate.name}",
                _summary(surrogate, sample),
                _table(("", ""), _facts(surrogate, sample)),
                "## Scores on architectures that were not fitted",
                f"Mean over {SPLITS} splits; no class stands on both sides.",
                _scores(by_size, "size", shown),
                "## Scores when a search is left out",
                LEFT_OUT,
                _scores(by_origin, "origin", shown),
                "## All that is predicted beside it",
                f"Whole benchmarks, fitted to {parts.samples:,} architectures or more "
                f"in each of the {SPLITS} splits, and asked for the others.",
                _table(("", ""), _part_scores(parts)),
                "## Protocol",
                fill(f"{_protocol(sample)} {_noise(sample)}", 90),
                *_why_not_darts(sample),
            )
        )
        + "\n"
    )


def _protocol(sample: Sample) -> str:
    """Say what is done as NAS-Bench-301 does it, and what is smaller."""
    return PROTOCOL.format(
        epochs=sample.identity.recipe.epochs,
        tested=TESTED,
        splits=SPLITS,
        repeated="no" if sample.repeats is None else len(sample.repeats.rows),
        size=sample.observations().space.size,
    )


def _why_not_darts(sample: Sample) -> list[str]:
    """Say why a space of layers stands in for cells: counts and seconds of both."""
    space, recipe = sample.observations().space, sample.identity.recipe
    if not isinstance(space, LayerSpace):
        return []
    count = sample.costs()
    costs = [count(tuple(row)) for row in sample.architectures.tolist()]
    seconds = DARTS_SECONDS * recipe.epochs * sample.identity.images[0]
    text = WHY_NOT_DARTS.format(
        space=space.name,
        flops=f"{np.median([each.flops for each in costs]) / 1e6:.1f}",
        parameters=f"{np.median([each.parameters for each in costs]) / 1e6:.2f}",
        darts=seconds,
        own=float(np.median(sample.arrays["cpu_seconds"].sum(axis=(1, 2)))),
        hours=seconds * len(sample) / 3600,
    )
    return [fill(text, 90)]


def _part_scores(parts: PartScores) -> list[tuple[str, str]]:
    """Return what there is to say of every part; nothing of what is not known."""
    curve = ", ".join(f"{error:.4f}" for error in parts.curve_mae)
    said = [
        ("Test accuracy: Kendall", parts.test_kendall, f"{parts.test_kendall:.3f}"),
        (
            "Test accuracy: mean absolute error",
            parts.test_mae,
            f"{parts.test_mae:.4f}",
        ),
        (
            f"Validation accuracy after 1 to {len(parts.curve_mae)} epochs: mean "
            "absolute error",
            parts.curve_mae[0],
            curve,
        ),
        (
            "CPU seconds of a training: median relative error",
            parts.seconds_error,
            f"{parts.seconds_error:.1%}",
        ),
        ("CPU seconds of a training: R2", parts.seconds_r2, f"{parts.seconds_r2:.3f}"),
    ]
    return [(name, text) for name, value, text in said if np.isfinite(value)]


def _noise(sample: Sample) -> str:
    """Say how trials scatter; NAS-Bench-301 trained some architectures again too."""
    if sample.repeats is None:
        return ONE_TRIAL
    from scipy.stats import kendalltau

    final = sample.observations().trials[:, :, -1]
    first, second = final[np.isfinite(final).all(axis=1)].T
    deviation = np.sqrt(np.mean((first - second) ** 2) / 2)
    share = 1 - deviation**2 / np.var(final[:, 0])
    return (
        f"{len(first)} architectures, spread evenly over the ranks of accuracy, were "
        f"trained again from another seed: Kendall's tau between the two trials is "
        f"{kendalltau(first, second).statistic:.3f}, their standard deviation "
        f"{deviation:.4f}, and no predictor of single trials can exceed an R2 of "
        f"{share:.4f} on the sample."
    )


def _summary(surrogate: SurrogateBenchmark, sample: Sample) -> str:
    known = sample.observations()
    low, middle, high = np.quantile(known.validation, (0, 0.5, 1))
    return (
        f"A surrogate of the space `{surrogate.space.name}` "
        f"({surrogate.space.size:,} combinations), fitted to {len(known):,} trained "
        f"architectures; {int(sample.failed.sum())} trainings failed and are left out. "
        f"Validation accuracy of the sample is {low:.4f} to {high:.4f}, median "
        f"{middle:.4f}."
    )


def _scores(scores: pandas.DataFrame, by: str, shown: Sequence[str]) -> str:
    headings = ["search" if by == "origin" else "fitted to", *map(SHOWN.get, shown)]
    rows = [
        [
            f"{row[by]:.0f}" if by == "size" else str(row[by]),
            *(f"{row[name]:.3f}" for name in shown),
        ]
        for row in scores.to_dict("records")
    ]
    return _table([str(heading) for heading in headings], rows)


def _facts(surrogate: SurrogateBenchmark, sample: Sample) -> list[tuple[str, str]]:
    identity, parts = sample.identity, surrogate.parts
    train, valid, test = identity.images
    channels, height, width = identity.image_shape
    hours = float(sample.arrays["cpu_seconds"].sum()) / 3600
    return [
        ("Sample", str(parts.facts["sampling"])),
        ("Images: source and licence", identity.task_source),
        ("Task fingerprint, SHA-256", identity.task_fingerprint),
        (
            "Images",
            f"{train:,} train, {valid:,} valid, {test:,} test; {channels} x {height} x "
            f"{width}, {identity.classes} classes",
        ),
        ("Recipe", identity.recipe.to_json()),
        ("Engine", f"{identity.engine.engine} {identity.engine.version}"),
        ("Cost of the sample", f"{hours:.1f} CPU hours"),
        (
            "Model and encoding",
            f"{parts.validation.model.family}, {parts.validation.encoding.name}",
        ),
        ("Digest", surrogate.digest),
        *(
            (f"Sample: {key}", value)
            for key, value in sorted(sample.provenance.items())
        ),
    ]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    words = not any(headings)
    aligned = ["---", *["---" if words else "---:"] * (len(headings) - 1)]
    lines = (headings, aligned, *rows)
    cells = ([" ".join(c.split()).replace("|", r"\|") for c in row] for row in lines)
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
