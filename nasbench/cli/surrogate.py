"""``nasbench surrogate``: fit models to a table, score them, ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter, Token

from nasbench.atomic import why_not_writable
from nasbench.benchmark import benchmark_ids, make
from nasbench.cli.options import OptionalWhole, Whole, open_known, whole_number
from nasbench.cli.surrogate_encodings import (
    ProxyChoice,
    encodings_asked,
    reads_proxies,
)
from nasbench.cli.surrogate_scores import (
    draw_scores,
    print_scores,
    score_file,
    scores_of,
    write_scores,
)
from nasbench.cli.terminal import output, print_columns, print_facts
from nasbench.errors import NasbenchError
from surrogates.store import is_surrogate_file

if TYPE_CHECKING:
    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.observations import Observations
    from surrogates.source import Source


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
        proxy: A stored proxy that the encoding `proxies` reads; may be repeated;
            default: all.
        proxies_from: The table that they are stored in; default: the one fitted to.
    """

    out: Path
    encoding: str | None = None
    model: str = "xgboost"
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
    from surrogates.models import make_model
    from surrogates.stored_costs import pack_costs

    _check_out(options.out, ".npz")
    settings = FitSettings(options.encoding, options.model, options.seed)
    make_model(options.model)  # an unknown one is said before any data is read
    source = _open_source(table)
    known, facts = source.observations, source.facts
    choice = ProxyChoice(options.proxy, options.proxies_from, table)
    names = () if options.encoding is None else (options.encoding,)
    (encoding,) = encodings_asked(names, known.space, choice)
    if reads_proxies(encoding.name):
        facts = {**facts, "proxies": str(choice)}
    if options.samples is not None:
        known = _drawn(known, options.samples, options.seed, table)
        drawn_from = f"uniform over known architectures, seed {options.seed}"
        facts = {**facts, "sampling": drawn_from}
    pack_costs(known.space, source.costs)  # what cannot be saved is not fitted
    fitted = fit_benchmark(
        options.out.name.removesuffix(".npz"),
        known,
        source.costs,
        replace(settings, encoding=encoding),
        facts,
    )
    if source.timed:
        fitted = predict_latencies(fitted, source.timed, options.seed)
    digest = fitted.save(options.out)
    size = options.out.stat().st_size / 1e6
    output.print(f"wrote {options.out}: {len(known)} architectures, {size:.1f} MB")
    output.print(f"digest {digest}")


def _drawn(known: Observations, count: int, seed: int, table: str) -> Observations:
    """Return some of the observations, drawn uniformly, in their order."""
    if not 1 <= count <= len(known):
        raise NasbenchError(f"--samples is 1 to {len(known)} for {table}, not {count}")
    drawn = np.random.default_rng(seed).choice(len(known), count, replace=False)
    return known.take(np.sort(drawn))


def _wholes(kind: object, tokens: Sequence[Token]) -> tuple[int, ...]:
    return tuple(whole_number(kind, [token]) for token in tokens)


@Parameter(name="*")
@dataclass(frozen=True)
class EvaluateOptions:
    """What is scored, from how many samples, how often.

    Attributes:
        encoding: An encoding; may be repeated; default: the best known one.
        proxy: A stored proxy that the encoding `proxies` reads; may be repeated;
            default: all.
        proxies_from: The table that they are stored in; default: the one scored on.
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
    proxy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    proxies_from: str | None = None
    model: Annotated[tuple[str, ...], Parameter(negative=())] = ("xgboost",)
    size: Annotated[tuple[int, ...], Parameter(negative=(), converter=_wholes)] = ()
    splits: Whole = 12
    test: Whole = 1000
    leaking: Annotated[bool, Parameter(negative=())] = False
    leave_origin_out: Annotated[bool, Parameter(negative=())] = False
    surrogate: Path | None = None
    out: Path | None = None
    figures: Path | None = None

    def check(self) -> None:
        """Check that the options go together, and that their files can be written.

        Raises:
            NasbenchError: They do not, or they cannot.
        """
        if self.splits < 1 or self.test < 2 or any(n < 1 for n in self.size):
            raise NasbenchError(
                "--splits and --size are 1 or more, --test 2 or more; given "
                f"{self.splits}, {list(self.size)}, {self.test}"
            )
        plain = EvaluateOptions()
        given = {
            f.name
            for f in fields(self)
            if getattr(self, f.name) != getattr(plain, f.name)
        }
        if self.surrogate is not None and given != {"surrogate"}:
            raise NasbenchError(
                "--surrogate scores a file as it is, on all that it was not fitted "
                f"to; leave out {_flags(given - {'surrogate'})}"
            )
        random = given & {"size", "splits", "test", "leaking"}
        if self.leave_origin_out and random:
            raise NasbenchError(
                f"--leave-origin-out has no random splits; leave out {_flags(random)}"
            )
        if self.out is not None:
            _check_out(self.out)
        if self.figures is not None:
            reason = why_not_writable(self.figures)
            if reason is not None:
                raise NasbenchError(f"cannot write figures to {self.figures}: {reason}")


def _flags(names: set[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in sorted(names))


def evaluate_command(table: str, /, *, options: EvaluateOptions | None = None) -> None:
    """Score surrogates of validation accuracy on held-out architectures of a table.

    Args:
        table: A table file, the id of a benchmark, or a sample of `nasbench collect`.
        options: What is scored.
    """
    from surrogates.scoring.protocol import SIZES, Protocol, r2_ceiling

    chosen = options or EvaluateOptions()
    chosen.check()
    known = _open_source(table).observations
    if chosen.surrogate is not None:
        score_file(chosen.surrogate, known)
        return
    choice = ProxyChoice(chosen.proxy, chosen.proxies_from, table)
    encodings = encodings_asked(chosen.encoding, known.space, choice)
    models = tuple(dict.fromkeys(chosen.model))
    sizes = tuple(dict.fromkeys(chosen.size)) or SIZES
    rules = Protocol(sizes, chosen.splits, chosen.test, not chosen.leaking)
    scores = scores_of(
        known, encodings, models, None if chosen.leave_origin_out else rules
    )
    print_scores(scores, "origin" if chosen.leave_origin_out else "size")
    ceiling = r2_ceiling(known)
    if ceiling is not None:
        output.print(f"no predictor exceeds an R2 of {ceiling:.3f} on these seed means")
    if chosen.out is not None:
        write_scores(scores, chosen.out)
        output.print(f"wrote {chosen.out}")
    if chosen.figures is not None:
        samples = max(chosen.size) if chosen.size else None
        draw_scores(known, encodings, models, samples, chosen.figures)


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


def is_surrogate(name: str) -> bool:
    """Return whether a file or an id is that of a surrogate, not of a table."""
    if Path(name).exists() or name not in benchmark_ids():
        return is_surrogate_file(Path(name))
    from surrogates.benchmark import SurrogateBenchmark

    return isinstance(make(name), SurrogateBenchmark)


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


def _check_out(path: Path, ending: str = "") -> None:
    if not path.name.endswith(ending):
        raise NasbenchError(
            f"a surrogate is a file FILE{ending}; --out {path} has another ending"
        )
    reason = why_not_writable(path.parent)
    if path.is_dir():
        reason = "it is a folder"
    elif path.exists() and not path.is_file():
        reason = "it is no ordinary file"  # a device would be replaced by one
    if reason is not None:
        raise NasbenchError(f"cannot write {path}: {reason}")


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
