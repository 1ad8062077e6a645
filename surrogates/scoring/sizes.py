"""To how many samples a model is fitted: what is asked for, left, and taken."""

from __future__ import annotations

from collections.abc import Sequence

from nasbench.errors import NasbenchError
from surrogates.models import make_model


def most_samples(family: str) -> int | None:
    """Return to how many samples a family is fitted at most; None for any number.

    Raises:
        NasbenchError: The family is not known.
    """
    return make_model(family).most_samples


def check_samples(family: str, sizes: Sequence[int | None]) -> None:
    """Check that a family takes so many samples; None, all that are left, it does.

    Raises:
        NasbenchError: It takes fewer, or is not known.
    """
    most = most_samples(family)
    for size in sizes:
        if size is not None and most is not None and size > most:
            raise NasbenchError(
                f"{family} takes up to {most:,} samples, not {size:,}; take fewer, or "
                "another model"
            )


def check_left(sizes: Sequence[int], left: Sequence[int], source: str) -> None:
    """Check that some split leaves so many samples to learn from.

    Args:
        sizes: What is asked for.
        left: How many every split leaves.
        source: Where the samples come from.

    Raises:
        NasbenchError: None does.
    """
    for size in sizes:
        if size > max(left):
            raise NasbenchError(
                f"{source} leaves {max(left):,} architectures to learn from beside "
                f"those that are tested, not {size:,}"
            )


def sizes_fitted(
    sizes: Sequence[int | None], left: int, most: int | None
) -> dict[int, bool]:
    """Return the sizes that one split is fitted at, and which were asked for.

    Args:
        sizes: What is asked for; None for all that are left.
        left: How many the split leaves; larger sizes are passed over.
        most: How many the model takes at most, where there is such a number.

    >>> sizes_fitted((25, 400, None), left=300, most=200)
    {25: True, 200: False}
    """
    whole = left if most is None else min(left, most)
    found: dict[int, bool] = {}
    for size in sizes:
        number = whole if size is None else size
        if number <= left:
            found[number] = found.get(number, False) or size is not None
    return found
