"""Seconds per epoch: what a training will cost."""

from __future__ import annotations

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace
from surrogates.encodings import Encoding, as_encoding
from surrogates.model import Floats
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost


def fit_runtime(
    space: SearchSpace,
    encoding: str | Encoding,
    architectures: Architectures,
    seconds: Floats,
    seed: int = 0,
) -> Surrogate:
    """Return a surrogate of CPU seconds per epoch.

    It learns their logarithm: errors of a share, not of an amount, are what matters,
    and no training takes less than nothing. The settings follow the runtime model of
    NAS-Bench-301 (Zela et al., ICLR 2022): shallower trees than for accuracy.

    Args:
        space: The space.
        encoding: The encoding, or its name; counts, as in ``graph``, suit costs best.
        architectures: ``(n, decisions) uint8``.
        seconds: ``(n,)`` per epoch, positive.
        seed: Of the model.

    Raises:
        NasbenchError: Too few samples, or seconds that are not positive.
    """
    if len(seconds) and not (seconds > 0).all():
        raise NasbenchError(
            f"seconds per epoch are positive; given {float(seconds.min()):g}"
        )
    model = XGBoost(
        seed=seed, target="log", rounds=300, depth=4, members=1, row_share=0.8
    )
    return Surrogate(space, as_encoding(encoding), model).fit(architectures, seconds)
