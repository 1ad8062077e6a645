"""Latency predicted from few measurements, for tables and for published devices.

Reading order: `features` says what a predictor sees of a network; `predictor` is the
predictors by name; `transfer` predicts a new target from others; `timed` takes
latencies out of tables; `scores` and `protocol` say how good a predictor is.
"""

from surrogates.latency.features import GraphKind, LatencyFeatures
from surrogates.latency.predictor import (
    LatencyPredictor,
    make_predictor,
    predictor_names,
)
from surrogates.latency.scores import LatencyScores, score_latency
from surrogates.latency.timed import TimedArchitectures, timed_targets

__all__ = [
    "GraphKind",
    "LatencyFeatures",
    "LatencyPredictor",
    "LatencyScores",
    "TimedArchitectures",
    "make_predictor",
    "predictor_names",
    "score_latency",
    "timed_targets",
]
