"""What a surrogate predicts of architectures that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from surrogates.encodings import Encoding, as_encoding
from surrogates.models import make_model
from surrogates.observations import Observations, class_numbers
from surrogates.scoring.protocol import share_to_test
from surrogates.scoring.splits import clustered_split
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


def held_out_predictions(
    observations: Observations,
    encoding: str | Encoding,
    model: tuple[str, dict[str, Any]],
    samples: int | None = None,
    splits: int = 4,
) -> HeldOut:
    """Fit and predict on several clustered splits, and join the predictions.

    Args:
        observations: What was trained.
        encoding: The encoding, or its name.
        model: Family, and the settings that differ from its defaults.
        samples: To how many architectures to fit; None for all that are left.
        splits: How many splits, with the seeds 0, 1, ...

    Raises:
        NasbenchError: There are fewer architectures than `samples` and a fifth.
    """
    classes = class_numbers(observations.space, observations.architectures)
    test = share_to_test(len(observations), 1000)
    family, settings = model
    found = []
    for seed in range(splits):
        rng = np.random.default_rng(seed)
        learn, tested = clustered_split(classes, test, None, rng)
        if samples is not None and samples > len(learn):
            raise NasbenchError(
                f"{len(observations)} architectures leave {len(learn)} to learn from, "
                f"not {samples}"
            )
        learn = learn[:samples]
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
    return HeldOut(
        f"{family}, {as_encoding(encoding).name}", len(learn), truth, mean, std
    )
