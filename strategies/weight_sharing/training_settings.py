"""How the shared weights are trained, whatever the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from strategies.checked_fields import check_fields
from strategies.settings import Momentum, NotNegative, Positive, Within


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the supernet's own training.

    The values of NAS-Bench-201's searches (Dong & Yang, ICLR 2020), but for the epochs:
    theirs are 100 or more of 25,000 images, 39,000 steps. Nesterov momentum and a
    cosine from `learning_rate` to `final_learning_rate` over all steps; batch size and
    augmentation are the recipe's.

    Attributes:
        epochs: Passes over the training images.
        learning_rate: Of the shared weights, at the first step.
        final_learning_rate: At the last step.
        momentum: Of their gradients, in [0, 1).
        weight_decay: L2 penalty of their gradients. Weights of options that did not run
            in a step are left as they are: no decay, no momentum.
        clip: Largest norm of the whole gradient (DARTS: 5).
        estimate_images: Estimates are by at most so many validation images, the same
            for all architectures.
    """

    epochs: Annotated[int, Within(1, 10_000)] = 10
    learning_rate: NotNegative = 0.025
    final_learning_rate: NotNegative = 0.001
    momentum: Momentum = 0.9
    weight_decay: NotNegative = 5e-4
    clip: Positive = 5.0
    estimate_images: Annotated[int, Within(2)] = 1000

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)
