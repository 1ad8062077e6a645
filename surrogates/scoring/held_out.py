"""What a surrogate predicts of architectures that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.encodings import Encoding, as_encoding
from surrogates.models import make_model
from surrogates.observations import Observations
from surrogates.scoring.protocol import Protocol, splits_of
from surrogates.scoring.sizes import check_left, check_samples, most_samples
from surrogates.surrogate import Surrogate

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions of one surrogate beside the truth, n of them.

    Attributes:
        model: Family and encoding, as in ``xgboost, one-hot``.
        samples: To how many architectures each surrogate was fitted.
        truth: ``(n,)`` validation accuracy in [0, 1].
        mean: ``(n,)``, predicted.
        std: ``(n,)``, predicted; 0 where the model states no uncertainty.
    """

    model: str
    samples: int
    truth: Floats
    mean: Floats
    std: Floats


SPLITS = 4
"""How many splits are joined."""


def held_out_samples(observations: Observations, splits: int = SPLITS) -> int:
    """Return how many samples each of the splits leaves to learn from.

    Raises:
        NasbenchError: There are too few samples for any split.
    """
    divided = splits_of(observations, Protocol(splits=splits))
    return min(len(learn) for learn, _ in divided)


def held_out_predictions(
    observations: Observations,
    encoding: str | Encoding,
    model: tuple[str, dict[str, Any]],
    samples: int | None = None,
    splits: int = SPLITS,
) -> HeldOut:
    """Fit and predict on several clustered splits, and join the predictions.

    Args:
        observations: What was trained.
        encoding: The encoding, or its name.
        model: Family, and the settings that differ from its defaults.
        samples: To how many architectures to fit; None for as many as every split
            leaves and the model takes.
        splits: How many splits, with the seeds 0, 1, ...

    Raises:
        NasbenchError: There are fewer architectures than `samples` and a fifth, or
            the model takes fewer.
    """
    family, settings = model
    divided = splits_of(observations, Protocol(splits=splits))
    left = min(len(learn) for learn, _ in divided)
    if samples is not None:
        check_samples(family, (samples,))
        check_left((samples,), (left,), f"a sample of {len(observations):,}")
    count = samples or min(left, most_samples(family) or left)
    found = []
    for seed, (whole, tested) in enumerate(divided):
        learn = whole[:count]
        surrogate = Surrogate(
            observations.space,
            as_encoding(encoding),
            make_model(family, {"seed": seed, **settings}),
        )
        known = observations.take(learn)
        surrogate.fit(known.architectures, known.validation)
        asked = observations.take(tested)
        predicted = surrogate.predict(asked.architectures, return_std=True)
        found.append((asked.validation, *predicted))
    truth, mean, std = (np.concatenate(column) for column in zip(*found, strict=True))
    return HeldOut(f"{family}, {as_encoding(encoding).name}", count, truth, mean, std)
