"""What a weight-sharing search is asked for: a method and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strategies.weight_sharing.trace import Setting
from strategies.weight_sharing.training_settings import TrainingSettings


@dataclass(frozen=True)
class SearchRequest:
    """A method and its settings.

    Attributes:
        method: Name of the method.
        training: How the shared weights are trained.
        settings: Settings of the method that differ from its defaults.
        samples: Random architectures that the trained supernet is asked to estimate at
            the end, for its rank correlation with a table; not charged to the search.
    """

    method: str
    training: TrainingSettings = field(default_factory=TrainingSettings)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    samples: int = 0
