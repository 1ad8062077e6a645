"""``nasbench surrogate evaluate``: score models on held-out architectures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from nasbench.atomic import why_not_writable
from nasbench.cli.options import Whole, whole_number
from nasbench.cli.surrogate_encodings import ProxyChoice, encodings_asked
from nasbench.cli.surrogate_files import check_out, open_source
from nasbench.cli.surrogate_scores import (
    draw_scores,
    print_notes,
    print_scores,
    score_file,
    scores_of,
    write_scores,
)
from nasbench.cli.surrogate_settings import ChosenModels
from nasbench.cli.terminal import output
from nasbench.errors import NasbenchError
from surrogates.kernels import KernelKind
from surrogates.model import FEWEST
from surrogates.targets import TargetKind

if TYPE_CHECKING:
    from surrogates.scoring.protocol import Protocol


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
        target: What the models learn; default: log-error.
        kernel: Of the Gaussian process; default: histogram for wl-0 to wl-3, else
            hamming.
        set: A setting of the models that have it, as in "members=1"; may be repeated.
        size: A number of samples to fit to; may be repeated; default: 25, 100, 400,
            1000 and all that are left, as far as there are so many.
        splits: Repetitions.
        test: Architectures to test on, at most a fifth of all.
        leaking: Let members of one class stand on both sides of a split, to compare
            with published numbers.
        leave_origin_out: Predict what one search asked for from what all others did,
            instead of random splits; for samples of `nasbench collect`.
        surrogate: Score this file instead, on what it was not fitted to.
        pilot: A table of some of its classes from more seeds, which tells what R2 no
            predictor exceeds.
        markdown: Print a table for a document.
        out: Write the scores of every split to this CSV file.
        figures: Draw predictions and the calibration of intervals into this folder.
    """

    encoding: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    proxy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    proxies_from: str | None = None
    model: Annotated[tuple[str, ...], Parameter(negative=())] = ("xgboost",)
    target: TargetKind | None = None
    kernel: KernelKind | None = None
    set: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    size: Annotated[tuple[int, ...], Parameter(negative=(), converter=_wholes)] = ()
    splits: Whole = 12
    test: Whole = 1000
    leaking: Annotated[bool, Parameter(negative=())] = False
    leave_origin_out: Annotated[bool, Parameter(negative=())] = False
    surrogate: Path | None = None
    pilot: str | None = None
    markdown: Annotated[bool, Parameter(negative=())] = False
    out: Path | None = None
    figures: Path | None = None

    def check(self) -> None:
        """Check that the options go together, and that their files can be written.

        Raises:
            NasbenchError: They do not, or they cannot.
        """
        if self.splits < 1 or self.test < 2 or any(n < FEWEST for n in self.size):
            raise NasbenchError(
                f"--splits is 1 or more, --test 2 or more, --size {FEWEST} or more; "
                f"given {self.splits}, {self.test}, {list(self.size)}"
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
            check_out(self.out)
        if self.figures is not None:
            reason = why_not_writable(self.figures)
            if reason is not None:
                raise NasbenchError(f"cannot write figures to {self.figures}: {reason}")

    def protocol(self) -> Protocol:
        """Return the sizes and splits."""
        from surrogates.scoring.protocol import SIZES, Protocol

        sizes = tuple(dict.fromkeys(self.size)) or SIZES
        return Protocol(sizes, self.splits, self.test, not self.leaking)


def _flags(names: set[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in sorted(names))


def evaluate_command(table: str, /, *, options: EvaluateOptions | None = None) -> None:
    """Score surrogates of validation accuracy on held-out architectures of a table.

    Args:
        table: A table file, the id of a benchmark, or a sample of `nasbench collect`.
        options: What is scored.
    """
    from nasbench.cli.surrogate_document import (
        caption,
        ceiling_of,
        left_out_said,
        limits_said,
        settings_said,
    )
    from surrogates.scoring.protocol import splits_of
    from surrogates.scoring.sizes import check_left, check_samples

    chosen = options or EvaluateOptions()
    chosen.check()
    if chosen.surrogate is not None:
        score_file(chosen.surrogate, open_source(table).observations)
        return
    models = ChosenModels.of(chosen.model, chosen.set, chosen.target, chosen.kernel)
    for family in models.settings:
        check_samples(family, chosen.size)
    known = open_source(table).observations
    choice = ProxyChoice(chosen.proxy, chosen.proxies_from, table)
    encodings = encodings_asked(chosen.encoding, known.space, choice)
    rules = None if chosen.leave_origin_out else chosen.protocol()
    left = [len(known)]
    if rules is not None:
        left = [len(learn) for learn, _ in splits_of(known, rules)]
        check_left(chosen.size, left, table)
    ceiling = ceiling_of(known, table, chosen.pilot)
    scores = scores_of(known, encodings, models, rules)
    print_scores(scores, ceiling, chosen.markdown)
    notes = [
        *settings_said(models, encodings),
        *limits_said(tuple(dict.fromkeys(chosen.size)), left, models),
        *left_out_said(known),
    ]
    if chosen.markdown:
        notes = [caption(known, table, rules), *notes]
    elif ceiling is not None:
        means = "these seed means" if chosen.pilot is None else "this accuracy"
        notes.append(f"no predictor exceeds an R2 of {ceiling:.3f} on {means}")
    print_notes(notes, chosen.markdown)
    if chosen.out is not None:
        write_scores(scores, chosen.out)
        output.print(f"wrote {chosen.out}")
    if chosen.figures is not None:
        draw_scores(known, encodings, models, chosen.size, chosen.figures)
