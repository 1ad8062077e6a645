"""``nasbench surrogate``: fit models to a table, score them, ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter, Token

from nasbench.atomic import why_not_writable
from nasbench.benchmark import benchmark_ids, make
from nasbench.cli.options import OptionalWhole, Whole, open_known, whole_number
from nasbench.cli.terminal import output, print_columns, print_facts, progress_bar
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas

    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.observations import Observations
    from surrogates.source import Source

SHOWN = ("kendall", "spearman", "sparse_kendall", "r2", "mae", "precision", "regret")
"""What is shown of an agreement; `SURE_SHOWN` of its uncertainties."""

SURE_SHOWN = ("calibration_nll", "coverage_68", "coverage_95")


@Parameter(name="*")
@dataclass(frozen=True)
class FitOptions:
    """What is fitted, and to how much of the table.

    Attributes:
        out: The file to write, FILE.npz.
        encoding: The encoding; default: the best known one of the space.
        model: Family of the model: xgboost, gaussian-process, random-forest,
            mlp-ensemble.
        samples: Fit to so many architectures, drawn uniformly; default: all.
        seed: Of the draw and of the models.
    """

    out: Path
    encoding: str | None = None
    model: str = "xgboost"
    samples: OptionalWhole = None
    seed: Whole = 0


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

    _check_out(options.out)
    source = _open_source(table)
    known, facts = source.observations, source.facts
    if options.samples is not None:
        if not 1 <= options.samples <= len(known):
            raise NasbenchError(
                f"--samples is 1 to {len(known)} for {table}, not {options.samples}"
            )
        rng = np.random.default_rng(options.seed)
        drawn = rng.choice(len(known), options.samples, replace=False)
        known = known.take(np.sort(drawn))
        drawn_from = f"uniform over known architectures, seed {options.seed}"
        facts = {**facts, "sampling": drawn_from}
    settings = FitSettings(options.encoding, options.model, options.seed)
    fitted = fit_benchmark(
        options.out.name.removesuffix(".npz"),
        known,
        source.costs,
        settings,
        facts,
    )
    if source.timed:
        fitted = predict_latencies(fitted, source.timed, options.seed)
    digest = fitted.save(options.out)
    size = options.out.stat().st_size / 1e6
    output.print(f"wrote {options.out}: {len(known)} architectures, {size:.1f} MB")
    output.print(f"digest {digest}")


def _wholes(kind: object, tokens: Sequence[Token]) -> tuple[int, ...]:
    return tuple(whole_number(kind, [token]) for token in tokens)


@Parameter(name="*")
@dataclass(frozen=True)
class EvaluateOptions:
    """What is scored, from how many samples, how often.

    Attributes:
        encoding: An encoding; may be repeated; default: the best known one.
        model: A family; may be repeated; default: xgboost.
        size: A number of samples to fit to; may be repeated; default: 25, 100, 400,
            1000 and all that are left.
        splits: Repetitions.
        test: Architectures to test on, at most a fifth of all.
        leaking: Let members of one class stand on both sides of a split, to compare
            with published numbers.
        leave_origin_out: Predict what one search asked for from what all others did,
            instead of random splits; for samples of `nasbench collect`.
        surrogate: Score this file instead, on what it was not fitted to.
        out: Write the scores of every split to this CSV file.
        figures: Draw predictions and the calibration of intervals into this folder.
    """

    encoding: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    model: Annotated[tuple[str, ...], Parameter(negative=())] = ("xgboost",)
    size: Annotated[tuple[int, ...], Parameter(negative=(), converter=_wholes)] = ()
    splits: Whole = 12
    test: Whole = 1000
    leaking: Annotated[bool, Parameter(negative=())] = False
    leave_origin_out: Annotated[bool, Parameter(negative=())] = False
    surrogate: Path | None = None
    out: Path | None = None
    figures: Path | None = None


def evaluate_command(table: str, /, *, options: EvaluateOptions | None = None) -> None:
    """Score surrogates of validation accuracy on held-out architectures of a table.

    Args:
        table: A table file, the id of a benchmark, or a sample of `nasbench collect`.
        options: What is scored.
    """
    from surrogates.scoring.protocol import r2_ceiling

    chosen = options or EvaluateOptions()
    if chosen.splits < 1 or chosen.test < 2 or any(n < 1 for n in chosen.size):
        raise NasbenchError(
            "--splits and --size are 1 or more, --test 2 or more; given "
            f"{chosen.splits}, {list(chosen.size)}, {chosen.test}"
        )
    if chosen.out is not None:
        _check_out(chosen.out)
    if chosen.figures is not None and why_not_writable(chosen.figures) is not None:
        raise NasbenchError(f"cannot write figures: {why_not_writable(chosen.figures)}")
    known = _open_source(table).observations
    if chosen.surrogate is not None:
        _score_file(chosen.surrogate, known)
        return
    scores = _scores(known, chosen)
    _print_scores(scores, "origin" if chosen.leave_origin_out else "size")
    ceiling = r2_ceiling(known)
    if ceiling is not None:
        output.print(f"no predictor exceeds an R2 of {ceiling:.3f} on these seed means")
    if chosen.out is not None:
        scores.to_csv(chosen.out, index=False)
        output.print(f"wrote {chosen.out}")
    if chosen.figures is not None:
        _draw(known, chosen, chosen.figures)


def _draw(known: Observations, chosen: EvaluateOptions, folder: Path) -> None:
    """Draw every surrogate, fitted to the largest number of samples."""
    from leaderboards.surrogate_report import write_figures
    from surrogates.fit_benchmark import default_encoding
    from surrogates.scoring.held_out import held_out_predictions

    encodings = chosen.encoding or (default_encoding(known.space),)
    samples = max(chosen.size) if chosen.size else None
    held_outs = [
        held_out_predictions(known, encoding, (model, {}), samples)
        for model in chosen.model
        for encoding in encodings
    ]
    for path in write_figures(held_outs, folder):
        output.print(f"wrote {path}")


def predict_command(surrogate: str, /, *architecture: str) -> None:
    """Show what a surrogate benchmark predicts of architectures.

    Args:
        surrogate: The file of a surrogate benchmark, or the id of one that ships.
        architecture: Text forms.
    """
    from surrogates.benchmark import SurrogateBenchmark

    known = benchmark_ids()
    held = make(surrogate) if surrogate in known else SurrogateBenchmark.open(surrogate)
    if not isinstance(held, SurrogateBenchmark):
        raise NasbenchError(f"{surrogate} is a table; ask it by `nasbench query`")
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


def _open_source(name: str) -> Source:
    """Return what is known of a table, a benchmark or a sample."""
    from surrogates.source import Source, is_sample_file

    if is_sample_file(Path(name)):
        return Source.of_sample(Path(name))
    return Source.of_benchmark(open_known(name))


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


def _check_out(path: Path) -> None:
    reason = why_not_writable(path.parent)
    if reason is not None or path.is_dir() or path == Path():
        raise NasbenchError(f"cannot write {path}: {reason or 'it is a folder'}")


def _scores(known: Observations, chosen: EvaluateOptions) -> pandas.DataFrame:
    """Return the scores of every encoding, model, size and split."""
    import pandas

    from surrogates.fit_benchmark import default_encoding
    from surrogates.scoring.protocol import (
        SIZES,
        Protocol,
        evaluate_by_origin,
        evaluate_surrogate,
    )

    rules = Protocol(
        chosen.size or SIZES, chosen.splits, chosen.test, not chosen.leaking
    )
    encodings = chosen.encoding or (default_encoding(known.space),)
    found = []
    with progress_bar("fits") as step:
        for model in chosen.model:
            for encoding in encodings:
                if chosen.leave_origin_out:
                    each = evaluate_by_origin(known, encoding, (model, {}))
                else:
                    each = evaluate_surrogate(
                        known,
                        encoding,
                        (model, {}),
                        rules,
                        lambda n, of: step(n, of, ""),
                    )
                each.insert(0, "model", model)
                each.insert(1, "encoding", encoding)
                found.append(each)
    return pandas.concat(found, ignore_index=True)


def _print_scores(scores: pandas.DataFrame, by: str) -> None:
    from surrogates.scoring.protocol import summary

    rows = []
    extra = [c for c in ("r2_live", *SURE_SHOWN) if c in scores]
    shown = ("kendall", "kendall_se", *SHOWN[1:], *extra)
    for (model, encoding), part in scores.groupby(["model", "encoding"], sort=False):
        means = summary(part.drop(columns=["model", "encoding"]), by)
        for row in means.to_dict("records"):
            numbers = (f"{row[name]:.3f}" for name in shown)
            rows.append((str(model), str(encoding), str(row[by]), *numbers))
    headings = [name.replace("calibration_", "").replace("_", " ") for name in shown]
    left = "left out" if by == "origin" else "samples"
    print_columns(("model", "encoding", left, *headings), rows, 2)


def _score_file(path: Path, known: Observations) -> None:
    """Score a file's predictions of the architectures that it was not fitted to."""
    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.observations import class_numbers
    from surrogates.scoring import calibration, score
    from surrogates.store import SurrogateError

    held = SurrogateBenchmark.open(path)
    if held.space != known.space:
        raise SurrogateError(
            f"{path} is a surrogate of {held.space.name}, the table of "
            f"{known.space.name}"
        )
    both = np.concatenate((held.parts.trained, known.architectures))
    numbers = class_numbers(known.space, both)
    count = len(held.parts.trained)
    fresh = np.flatnonzero(~np.isin(numbers[count:], numbers[:count]))
    if len(fresh) < 2:
        raise NasbenchError(
            f"{path} was fitted to all that the table holds; score fits with "
            "`nasbench surrogate evaluate TABLE`"
        )
    part = known.take(fresh)
    mean, std = held.parts.validation.predict(part.architectures, return_std=True)
    agreement = score(part.validation, mean)
    sure = calibration(part.validation, mean, np.maximum(std, 1e-9))
    print_facts(
        [
            ("architectures", f"{agreement.samples:,}, fitted to {count:,} others"),
            *((name, f"{getattr(agreement, name):.4f}") for name in SHOWN),
            ("nll", f"{sure.nll:.4f}"),
            ("coverage", ", ".join(f"{share:.2f}" for share in sure.coverage)),
        ]
    )


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
