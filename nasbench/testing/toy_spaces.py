"""Small search spaces with the odd corners that real ones may have."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from nasbench.errors import unknown
from nasbench.spaces import Architecture, ArchitectureError, SearchSpace


class ToySpace(SearchSpace):
    """A plain product of decisions, written as in ``a1-b0-c0``; all are distinct.

    ``ToySpace((2, 5, 1))`` has decisions of different sizes, one of them no decision.
    """

    def __init__(self, radices: Sequence[int]) -> None:
        choices = [
            [f"{chr(ord('a') + decision)}{option}" for option in range(radix)]
            for decision, radix in enumerate(radices)
        ]
        super().__init__("toy:" + ",".join(str(radix) for radix in radices), choices)

    def format(self, architecture: Architecture) -> str:
        """Return the names of the options taken, joined by hyphens."""
        checked = self.check(architecture)
        taken = zip(checked, self.choices, strict=True)
        return "-".join(options[option] for option, options in taken)

    def parse(self, text: str) -> Architecture:
        """Return the architecture that `format` wrote.

        Raises:
            ArchitectureError: The text has another form, or an unknown option.
        """
        names = text.split("-")
        if len(names) != self.decisions:
            raise ArchitectureError(
                f"{text!r} is no architecture of {self.name}: expected "
                f"{self.decisions} options joined by hyphens"
            )
        for name, options in zip(names, self.choices, strict=True):
            if name not in options:
                raise ArchitectureError(
                    f"{unknown('option', name, options)} in {text!r}"
                )
        return self.check(
            [o.index(name) for name, o in zip(names, self.choices, strict=True)]
        )

    def canonical(self, architecture: Architecture) -> Hashable:
        """Return the architecture itself."""
        return self.check(architecture)


class ConstrainedToySpace(ToySpace):
    """A toy space in which the options must not sum to a multiple of three."""

    def __init__(self, radices: Sequence[int]) -> None:
        super().__init__(radices)
        self.name = self.name.replace("toy:", "toy-constrained:")

    def is_valid(self, architecture: Architecture) -> bool:
        """Return whether three does not divide the sum of the options."""
        return sum(architecture) % 3 != 0
