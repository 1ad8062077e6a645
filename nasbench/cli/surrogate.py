"""``nasbench surrogate``: fit models to a table, score them, ask them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter

from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.surrogate_encodings import (
    ProxyChoice,
    encodings_asked,
    reads_proxies,
)
from nasbench.cli.surrogate_evaluate import evaluate_command
from nasbench.cli.surrogate_files import (
    check_out,
    is_surrogate,
    open_source,
    open_surrogate,
)
from nasbench.cli.surrogate_settings import ChosenModels
from nasbench.cli.terminal import output, print_columns, print_facts
from nasbench.errors import NasbenchError
from surrogates.kernels import KernelKind
from surrogates.model import FEWEST
from surrogates.targets import TargetKind

if TYPE_CHECKING:
    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.observations import Observations

__all__ = [
    "card_command",
    "evaluate_command",
    "fit_command",
    "is_surrogate",
    "predict_command",
]


@Parameter(name="*")
@dataclass(frozen=True)
class FitOptions:
    """What is fitted, and to how much of the table.

    Attributes:
        out: The file to write, FILE.npz.
        encoding: The encoding; default: the best known one of the space.
        model: Family of the model: xgboost, gaussian-process, random-forest,
            mlp-ensemble.
        target: What the models of accuracies learn; default: log-error.
        kernel: Of the Gaussian process; default: histogram for wl-0 to wl-3, else
            hamming.
        set: A setting of the model, as in "members=1"; may be repeated.
        samples: Fit to so many architectures, drawn uniformly; default: all.
        seed: Of the draw and of the models.
        proxy: A stored proxy that the encoding `proxies` reads; may be repeated;
            default: all.
        proxies_from: The table that they are stored in; default: the one fitted to.
    """

    out: Path
    encoding: str | None = None
    model: str = "xgboost"
    target: TargetKind | None = None
    kernel: KernelKind | None = None
    set: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    samples: OptionalWhole = None
    seed: Whole = 0
    proxy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    proxies_from: str | None = None


def fit_command(table: str, /, *, options: FitOptions) -> None:
    """Fit a surrogate benchmark to a table, and write it to a file.

    Args:
        table: A table file, the id of a benchmark, or a sample of `nasbench collect`.
        options: What is fitted.
    """
    from surrogates.fit_benchmark import (
        FitSettings,
        fit_benchmark,
        predict_latencies,
    )
    from surrogates.stored_costs import pack_costs

    check_out(options.out, ".npz")
    family = options.model
    models = ChosenModels.of((family,), options.set, options.target, options.kernel)
    settings = FitSettings(options.encoding, family, options.seed)
    source = open_source(table)
    known, facts = source.observations, source.facts
    choice = ProxyChoice(options.proxy, options.proxies_from, table)
    names = () if options.encoding is None else (options.encoding,)
    (encoding,) = encodings_asked(names, known.space, choice)
    if reads_proxies(encoding.name):
        facts = {**facts, "proxies": str(choice)}
    if known.left_out:
        facts = {**facts, "left_out": f"{known.left_out} without an accuracy"}
    count = _checked_count(len(known), options, table)
    if options.samples is not None:
        known = _drawn(known, count, options.seed)
        drawn_from = f"uniform over known architectures, seed {options.seed}"
        facts = {**facts, "sampling": drawn_from}
    _, chosen = models.model(family, encoding.name)
    pack_costs(known.space, source.costs)  # what cannot be saved is not fitted
    fitted = fit_benchmark(
        options.out.name.removesuffix(".npz"),
        known,
        source.costs,
        replace(settings, encoding=encoding, settings=chosen),
        facts,
    )
    if source.timed:
        fitted = predict_latencies(fitted, source.timed, options.seed)
    digest = fitted.save(options.out)
    size = options.out.stat().st_size / 1e6
    if known.left_out:
        output.print(f"left out: {known.left_out} without a validation accuracy")
    output.print(f"wrote {options.out}: {len(known)} architectures, {size:.1f} MB")
    output.print(f"digest {digest}")


def _checked_count(known: int, options: FitOptions, table: str) -> int:
    """Return to how many samples the model is fitted, where it takes so many."""
    from surrogates.scoring.sizes import most_samples

    if known < FEWEST:
        raise NasbenchError(
            f"{table} knows the accuracy of {known} architectures; a fit takes "
            f"{FEWEST} or more"
        )
    most = min(known, most_samples(options.model) or known)
    count = known if options.samples is None else options.samples
    if options.samples is None and count > most:
        raise NasbenchError(
            f"{table} knows {known:,} architectures, and {options.model} takes up to "
            f"{most:,}; draw some by --samples {most}, or take another model"
        )
    if not FEWEST <= count <= most:
        whose = table if most == known else f"{options.model} on {table}"
        raise NasbenchError(f"--samples is {FEWEST} to {most} for {whose}, not {count}")
    return count


def _drawn(known: Observations, count: int, seed: int) -> Observations:
    """Return some of the observations, drawn uniformly, in their order."""
    drawn = np.random.default_rng(seed).choice(len(known), count, replace=False)
    return known.take(np.sort(drawn))


def predict_command(surrogate: str, /, *architecture: str) -> None:
    """Show what a surrogate benchmark predicts of architectures.

    Args:
        surrogate: The file of a surrogate benchmark, or the id of one that ships.
        architecture: Text forms.
    """
    held = open_surrogate(surrogate)
    if not architecture:
        _show_facts(held)
        return
    cells = [held.space.parse(text) for text in architecture]
    batch = np.array(cells, np.uint8)
    _, deviations = held.parts.validation.predict(batch, return_std=True)
    rows = []
    for text, cell, deviation in zip(architecture, cells, deviations, strict=True):
        found = held.evaluate(cell)
        rows.append(
            (
                text,
                f"{found.validation_accuracy:.4f}",
                f"{deviation:.4f}",
                f"{held.mean_accuracy(cell, 'test'):.4f}",
                f"{found.cost_seconds:.2f}",
                f"{found.parameters:,}",
                f"{found.flops:,}",
            )
        )
    print_columns(
        ("architecture", "validation", "sd", "test", "seconds", "parameters", "FLOPs"),
        rows,
    )


def card_command(surrogate: Path, sample: Path, /) -> None:
    """Print the card of a surrogate as Markdown; scores it anew, which takes minutes.

    Args:
        surrogate: The file of a surrogate benchmark.
        sample: The sample that it was fitted to.
    """
    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.card import render_card
    from surrogates.sample import Sample

    held, known = SurrogateBenchmark.open(surrogate), Sample.open(sample)
    output.out(render_card(held, known), end="", highlight=False)


def _show_facts(held: SurrogateBenchmark) -> None:
    parts = held.parts
    print_facts(
        [
            ("surrogate", held.name),
            ("digest", held.digest),
            ("space", f"{held.space.name}, {held.space.size:,} architectures"),
            ("epochs", held.epochs),
            ("fitted to", f"{len(parts.trained):,} architectures"),
            ("model", parts.validation.model.family),
            ("encoding", parts.validation.encoding.name),
            ("noise", "of seeds" if parts.noise else "of predictions"),
            *sorted(parts.facts.items()),
        ]
    )
