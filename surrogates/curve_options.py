"""Learning curves from options, without encoding architectures as rows."""

from __future__ import annotations

import numpy as np

from nasbench.spaces import Architectures
from surrogates.encodings.one_hot import OneHot
from surrogates.model import Floats, Rows
from surrogates.multi_fidelity import MultiFidelity
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost


def predict_curves(
    curves: MultiFidelity, surrogate: Surrogate, architectures: Architectures
) -> Floats:
    """Return ``(n, epochs)``, what `curves` predicts of ``(n, decisions)``.

    XGBoost on one-hot columns is asked about options, which is several times as fast;
    the bits are the same.

    Args:
        curves: The model of curves.
        surrogate: Has the encoding that `curves` was fitted with.
        architectures: Of the space of `surrogate`, checked.
    """
    model, space = curves.model, surrogate.space
    if isinstance(model, XGBoost) and isinstance(surrogate.encoding, OneHot):
        found = model.predict_options(
            space.radices, architectures, _columns_of_epochs(curves)
        )
        if found is not None:
            return found[0].reshape(len(architectures), curves.epochs)
    return curves.predict(surrogate.encoding.encode(space, architectures))


def _columns_of_epochs(curves: MultiFidelity) -> Rows:
    """Return ``(epochs, 2)``: what stands behind the encoding in every epoch."""
    epochs = np.arange(1, curves.epochs + 1)
    return curves._widened(np.empty((curves.epochs, 0), np.float32), epochs)
