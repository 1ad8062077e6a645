"""Fitting and testing again and again, at several numbers of samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import TopologyCell
from surrogates.encodings import Encoding, as_encoding
from surrogates.models import make_model
from surrogates.observations import Observations, class_numbers
from surrogates.scoring.calibration import LEVELS, calibration
from surrogates.scoring.metrics import score
from surrogates.scoring.sizes import check_samples, most_samples, sizes_fitted
from surrogates.scoring.splits import (
    Split,
    clustered_split,
    leave_one_origin_out,
)
from surrogates.surrogate import Surrogate
from tabular.analysis.seed_noise import seed_noise

if TYPE_CHECKING:
    import pandas

SIZES = (25, 100, 400, 1000, None)
"""Numbers of samples to learn from; None stands for all that are left."""


@dataclass(frozen=True)
class Protocol:
    """How often, on what and from how many samples a surrogate is tested.

    Attributes:
        sizes: Numbers of samples; None for all that are left.
        splits: Repetitions, with the seeds 0 to `splits` - 1.
        test: Samples to test on; a fifth of all where there are fewer than five
            times as many.
        clustered: Whether no class may be on both sides; False is for comparison with
            published numbers only.
    """

    sizes: tuple[int | None, ...] = SIZES
    splits: int = 12
    test: int = 1000
    clustered: bool = True


def evaluate_surrogate(
    observations: Observations,
    encoding: str | Encoding,
    model: tuple[str, dict[str, Any]],
    protocol: Protocol | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pandas.DataFrame:
    """Fit and test a surrogate of validation accuracy on every split and size.

    Sizes that are larger than what is left are passed over; `splits_of` says what is
    left. All that are left are fewer where the model takes fewer (`most_samples`).

    Args:
        observations: The samples.
        encoding: The encoding, or its name.
        model: Family, and the settings that differ from its defaults.
        protocol: How often, and from how many.
        progress: Is told after every fit how many are done, and how many there are.

    Returns:
        One row per split and size: ``split``, ``size``, ``most`` (whether the size is
        not one that was asked for), the fields of `Scores`, ``r2_live`` and
        ``kendall_live`` without dead cells, and the fields of `Calibration` where the
        model has uncertainties.

    Raises:
        NasbenchError: There are too few samples for any split, or for all sizes; or
            the model does not take as many as a size asks for.
    """
    import pandas

    rules = protocol or Protocol()
    rows: list[dict[str, Any]] = []
    splits = splits_of(observations, rules)
    left = max((len(learn) for learn, _ in splits), default=0)
    check_samples(model[0], [s for s in rules.sizes if s is not None and s <= left])
    most = most_samples(model[0])
    fits = [sizes_fitted(rules.sizes, len(learn), most) for learn, _ in splits]
    total = sum(map(len, fits))
    for split, (learn, tested) in enumerate(splits):
        for size, asked in fits[split].items():
            parts = observations.take(learn[:size]), observations.take(tested)
            surrogate = _fresh(observations, encoding, model, split)
            row = {"split": split, "size": size, "most": not asked}
            rows.append(row | score_surrogate(surrogate, *parts))
            if progress is not None:
                progress(len(rows), total)
    if not rows:
        raise NasbenchError(
            f"{len(observations)} samples are too few for any of the sizes "
            f"{rules.sizes}"
        )
    return pandas.DataFrame(rows)


def splits_of(observations: Observations, protocol: Protocol) -> list[Split]:
    """Return the positions to learn from and to test on of every split.

    Raises:
        NasbenchError: There are too few samples for any split.
    """
    classes = class_numbers(observations.space, observations.architectures)
    if not protocol.clustered:
        classes = np.arange(len(observations))
    test = share_to_test(len(observations), protocol.test)
    return [
        clustered_split(classes, test, None, np.random.default_rng(split))
        for split in range(protocol.splits)
    ]


def share_to_test(count: int, most: int) -> int:
    """Return how many of `count` samples are tested on: a fifth, at most `most`.

    Raises:
        NasbenchError: A fifth of them is fewer than two.
    """
    if count < 10:
        raise NasbenchError(
            f"scores take 10 samples or more, a fifth of them to test on, not {count}"
        )
    return min(most, count // 5)


def evaluate_by_origin(
    observations: Observations,
    encoding: str | Encoding,
    model: tuple[str, dict[str, Any]],
    seed: int = 0,
) -> pandas.DataFrame:
    """Predict what each search gathered from what all others did.

    Args:
        observations: The samples; their origins say who gathered them.
        encoding: The encoding, or its name.
        model: Family, and the settings that differ from its defaults.
        seed: Of the model.

    Returns:
        One row per origin: ``origin``, ``size`` (samples learned from: all, or as many
        as the model takes, drawn uniformly), and the scores of `evaluate_surrogate`.

    Raises:
        NasbenchError: There is only one origin.
    """
    import pandas

    classes = class_numbers(observations.space, observations.architectures)
    rows: list[dict[str, Any]] = []
    most = most_samples(model[0])
    for name, others, tested in leave_one_origin_out(classes, observations.origins):
        learn = others
        if most is not None and len(others) > most:
            rng = np.random.default_rng(seed)
            learn = np.sort(rng.choice(others, most, replace=False))
        surrogate = _fresh(observations, encoding, model, seed)
        parts = observations.take(learn), observations.take(tested)
        row = {"origin": name, "split": 0, "size": len(learn), "most": True}
        rows.append(row | score_surrogate(surrogate, *parts))
    return pandas.DataFrame(rows)


def score_surrogate(
    surrogate: Surrogate, learn: Observations, tested: Observations
) -> dict[str, float]:
    """Fit to some samples and return the scores on others, as plain numbers."""
    surrogate.fit(learn.architectures, learn.validation)
    mean, std = surrogate.predict(tested.architectures, return_std=True)
    found: dict[str, Any] = dataclasses.asdict(score(tested.validation, mean))
    live = _live(tested)
    if live.sum() >= 2:
        connected = score(tested.validation[live], mean[live])
        found |= {"r2_live": connected.r2, "kendall_live": connected.kendall}
    if (std > 0).all():
        stated = dataclasses.asdict(calibration(tested.validation, mean, std))
        covered = stated.pop("coverage")
        found |= {f"calibration_{name}": value for name, value in stated.items()}
        for level, share in zip(LEVELS, covered, strict=True):
            found[f"coverage_{round(100 * level)}"] = share
    return found


def r2_ceiling(observations: Observations, seeds: int | None = None) -> float | None:
    """Return the R2 that no predictor exceeds on these means over seeds.

    None where no architecture has two trials; see `tabular.analysis.seed_noise`.

    Args:
        observations: What was trained.
        seeds: Of how many seeds the scored means are; None for as many as these have.
            With another number they are a pilot of what is scored.
    """
    final = observations.trials[:, :, -1]
    if final.shape[1] < 2:
        return None
    noise = seed_noise(final[np.isfinite(final).any(axis=1)])
    return None if noise is None else noise.r2_ceiling(seeds or final.shape[1])


def summary(scores: pandas.DataFrame, by: str = "size") -> pandas.DataFrame:
    """Return means over splits, and the standard errors of Kendall's tau.

    Args:
        scores: What `evaluate_surrogate` or `evaluate_by_origin` returned.
        by: ``size`` or ``origin``.

    Returns:
        One row per size or origin, ascending. Splits may leave different numbers of
        samples: the size of all that are left is their mean, rounded.
    """
    if by == "size":
        left = scores["size"][scores["most"]]
        whole = round(float(left.mean())) if len(left) else 0
        scores = scores.assign(size=scores["size"].mask(scores["most"], whole))
    groups = scores.drop(columns=["split", "most"]).groupby(by)
    means = groups.mean()
    means.insert(0, "splits", groups.size())
    means["kendall_se"] = groups["kendall"].std() / np.sqrt(means["splits"])
    return means.reset_index()


def _live(observations: Observations) -> NDArray[np.bool_]:
    """Return ``(n,) bool``: whose output depends on the input.

    All dead cells are one class at chance level. In clustered splits nothing like them
    has been seen, and a few of them decide a mean of squares.
    """
    space = observations.space
    if not isinstance(space, TopologyCell):
        return np.ones(len(observations), bool)
    rows = observations.architectures.tolist()
    return np.array([not space.graph(tuple(row)).is_dead for row in rows])


def _fresh(
    observations: Observations,
    encoding: str | Encoding,
    model: tuple[str, dict[str, Any]],
    seed: int,
) -> Surrogate:
    family, settings = model
    return Surrogate(
        observations.space,
        as_encoding(encoding),
        make_model(family, {"seed": seed, **settings}),
    )
