"""An analysis for other programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from tabular.analysis.analysis import Analysis


def to_json(analysis: Analysis) -> str:
    """Return an analysis as one JSON object on one line.

    Names are those of the dataclasses; numbers that are not defined are null.
    Accuracies and standard deviations are fractions, not percentage points.
    """
    return json.dumps(_plain(asdict(analysis)), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
