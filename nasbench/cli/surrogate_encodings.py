"""The encodings that a command names, with the proxy scores that they may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nasbench.cli.options import open_known
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from nasbench.spaces import SearchSpace
    from surrogates.encodings import Encoding, FeatureTable

PROXIES = "proxies"
"""The encoding that reads stored scores."""


@dataclass(frozen=True)
class ProxyChoice:
    """Which proxy scores the encoding `proxies` reads, and where.

    Attributes:
        names: The proxies; empty for all that are stored.
        given: What ``--proxies-from`` names; None for `table`.
        table: What is fitted to or scored on.
    """

    names: tuple[str, ...]
    given: str | None
    table: str

    @property
    def stored_in(self) -> str:
        """The path or id of the table that holds the scores."""
        return self.given or self.table

    @cached_property
    def features(self) -> FeatureTable:
        """Return the scores.

        Raises:
            NasbenchError: There is no such table, or it does not hold them.
        """
        from surrogates.encodings import features_of
        from surrogates.source import is_sample_file

        if is_sample_file(Path(self.stored_in)):
            raise NasbenchError(
                f"{self.stored_in} is a sample, which holds no proxies; name a table "
                "that does by --proxies-from"
            )
        if len(set(self.names)) != len(self.names):
            raise NasbenchError(f"a proxy is named twice in {', '.join(self.names)}")
        return features_of(open_known(self.stored_in), self.names or None)

    def __str__(self) -> str:
        """Return which scores these are, for the header of a file."""
        return f"{', '.join(self.features.columns)} of {Path(self.stored_in).name}"


def reads_proxies(name: str) -> bool:
    """Return whether an encoding reads stored scores.

    >>> reads_proxies("graph+proxies"), reads_proxies("graph")
    (True, False)
    """
    return PROXIES in (part.strip() for part in name.split("+"))


def encodings_asked(
    names: Sequence[str], space: SearchSpace, choice: ProxyChoice
) -> list[Encoding]:
    """Return the encodings, each once, or the best known one of the space.

    Raises:
        NasbenchError: One is unknown or not defined on the space, or there are no
            scores for it; all that do not fit are named.
    """
    from surrogates.encodings import make_encodings
    from surrogates.fit_benchmark import default_encoding

    asked = list(dict.fromkeys(names)) or [default_encoding(space)]
    wanted = any(reads_proxies(name) for name in asked)
    if not wanted and (choice.names or choice.given is not None):
        raise NasbenchError(
            "--proxy and --proxies-from are for the encoding proxies; add it, as in "
            f"--encoding {asked[0]}+{PROXIES}"
        )
    return make_encodings(asked, space, choice.features if wanted else None)
