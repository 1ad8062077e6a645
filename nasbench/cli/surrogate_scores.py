"""Scores of surrogates as ``nasbench surrogate evaluate`` shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.cli.surrogate_settings import ChosenModels, as_text
from nasbench.cli.terminal import output, print_columns, print_facts, progress_bar
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas

    from nasbench.cli.terminal import Step
    from surrogates.encodings import Encoding
    from surrogates.observations import Observations
    from surrogates.scoring.protocol import Protocol

SHOWN = ("kendall", "spearman", "sparse_kendall", "r2", "mae", "precision", "regret")
"""What is shown of an agreement; `SURE_SHOWN` of its uncertainties."""

SURE_SHOWN = ("calibration_nll", "coverage_68", "coverage_95")


def scores_of(
    known: Observations,
    encodings: Sequence[Encoding],
    models: ChosenModels,
    rules: Protocol | None,
) -> pandas.DataFrame:
    """Return the scores of every model, encoding, size and split.

    Args:
        known: What was trained.
        encodings: All defined on its space.
        models: Families and their settings.
        rules: Sizes and splits; None to leave out one origin after the other.

    Raises:
        NasbenchError: There are too few samples.
    """
    import pandas

    from surrogates.scoring.protocol import evaluate_by_origin, evaluate_surrogate

    pairs = [(family, encoding) for family in models.settings for encoding in encodings]
    found = []
    with progress_bar("fits") as step:
        for number, (family, encoding) in enumerate(pairs):
            model = models.model(family, encoding.name)
            if rules is None:
                each = evaluate_by_origin(known, encoding, model)
                step(number + 1, len(pairs), "")
            else:
                told = _part_of(step, number, len(pairs))
                each = evaluate_surrogate(known, encoding, model, rules, told)
            each.insert(0, "model", family)
            each.insert(1, "encoding", encoding.name)
            each.insert(2, "settings", as_text(model[1]))
            found.append(each)
    return pandas.concat(found, ignore_index=True)


def _part_of(step: Step, before: int, parts: int) -> Callable[[int, int], None]:
    """Return what shows the progress of one part of several equal ones."""

    def told(done: int, total: int) -> None:
        step(before * total + done, parts * total, "")

    return told


def write_scores(scores: pandas.DataFrame, path: Path) -> None:
    """Write the scores of every split to a CSV file, in one step.

    Raises:
        NasbenchError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            scores.to_csv(temporary, index=False)
    except OSError as error:
        raise NasbenchError(
            f"cannot write {path}: {error.strerror or error}"
        ) from error


def draw_scores(
    known: Observations,
    encodings: Sequence[Encoding],
    models: ChosenModels,
    sizes: Sequence[int],
    folder: Path,
) -> None:
    """Draw every surrogate, fitted to the largest of the sizes, into a folder.

    Figures have their own splits. Where those leave fewer than all of the sizes, the
    surrogates are fitted to all that are left.
    """
    from leaderboards.surrogate_report import write_figures
    from surrogates.scoring.held_out import held_out_predictions, held_out_samples

    left = held_out_samples(known)
    samples = max((size for size in sizes if size <= left), default=None)
    held_outs = [
        held_out_predictions(
            known, encoding, models.model(family, encoding.name), samples
        )
        for family in models.settings
        for encoding in encodings
    ]
    for path in write_figures(held_outs, folder):
        output.print(f"wrote {path}")


def print_scores(
    scores: pandas.DataFrame, ceiling: float | None = None, markdown: bool = False
) -> None:
    """Print means over splits, a line per model, encoding and size or origin.

    Args:
        scores: What `scores_of` returned.
        ceiling: The R2 that no predictor exceeds, where it is known.
        markdown: Print a table for a document.
    """
    from surrogates.scoring.protocol import summary

    by = "origin" if "origin" in scores else "size"
    chosen = scores.drop(columns="settings")
    left = "left out" if by == "origin" else "samples"
    means = [
        (str(model), str(encoding), row)
        for (model, encoding), part in chosen.groupby(["model", "encoding"], sort=False)
        for row in summary(part.drop(columns=["model", "encoding"]), by).to_dict(
            "records"
        )
    ]
    if markdown:
        # Imported for a document only.
        from nasbench.cli.judged_numbers import print_markdown
        from nasbench.cli.surrogate_document import columns_of, line_of

        columns = columns_of(scores, ceiling)
        headings = [heading for heading, _, _ in columns.values()]
        print_markdown(
            ("model", "encoding", left, *headings),
            (
                (model, f"`{encoding}`", *line_of(row, by, columns))
                for model, encoding, row in means
            ),
        )
        return
    extra = [c for c in ("r2_live", *SURE_SHOWN) if c in scores]
    shown = ("kendall", "kendall_se", *SHOWN[1:], *extra)
    names = [name.replace("calibration_", "").replace("_", " ") for name in shown]
    rows = (
        (model, encoding, str(row[by]), *(f"{row[name]:.3f}" for name in shown))
        for model, encoding, row in means
    )
    print_columns(("model", "encoding", left, *names), rows, 2)


def print_notes(notes: Sequence[str], markdown: bool) -> None:
    """Print lines, or one paragraph of a document."""
    if markdown:
        output.print("\n" + ". ".join(notes) + ".")
        return
    for note in notes:
        output.print(note)


def score_file(path: Path, known: Observations) -> None:
    """Score a file's predictions of the architectures that it was not fitted to.

    Raises:
        NasbenchError: It is no surrogate of this space, or was fitted to all of them.
    """
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
