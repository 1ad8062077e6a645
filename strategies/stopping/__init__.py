"""Stoppers: strategies that wrap another one and break off what looks hopeless.

`EarlyStopping` trains step by step what the inner strategy asks for and tells it the
outcome; the files beside it each hold one rule for when to stop.
"""

from strategies.stopping.early_stopping import EarlyStopping
from strategies.stopping.extrapolation import ExtrapolationStopping
from strategies.stopping.instability import InstabilityStopping
from strategies.stopping.median import MedianStopping

__all__ = [
    "EarlyStopping",
    "ExtrapolationStopping",
    "InstabilityStopping",
    "MedianStopping",
]
