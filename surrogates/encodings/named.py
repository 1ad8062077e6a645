"""Encodings by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import SearchSpace
from surrogates.encodings.canonical_input import CanonicalInput
from surrogates.encodings.encoding import Encoding
from surrogates.encodings.feature_table import FeatureTable, empty_features
from surrogates.encodings.graph_statistics import GraphStatistics
from surrogates.encodings.learned import LearnedEncoding
from surrogates.encodings.one_hot import OneHot
from surrogates.encodings.options import Options
from surrogates.encodings.path import Path
from surrogates.encodings.sum_of_encodings import SumOfEncodings
from surrogates.encodings.wl_histogram import DEEPEST, WLHistogram

ENCODINGS: dict[str, Callable[[], Encoding]] = {
    "one-hot": OneHot,
    "options": Options,
    "path": Path,
    "graph": GraphStatistics,
}
"""The encodings that need neither a number nor a table of features."""

_TRUNCATED_PATH = re.compile(r"path-(\d{1,6})", re.ASCII)
_LEARNED = re.compile(r"learned-(\d{1,3})", re.ASCII)
_WL = re.compile(r"wl-(\d{1,3})", re.ASCII)


def encoding_names() -> list[str]:
    """Return the names of all encodings; ``path-30`` stands for any width."""
    raw = ["one-hot", "options", "path", "path-30"]
    invariant = [*(f"wl-{rounds}" for rounds in range(DEEPEST + 1)), "graph", "proxies"]
    return [*raw, *(CanonicalInput.PREFIX + name for name in raw), *invariant]


def make_encoding(name: str, features: FeatureTable | None = None) -> Encoding:
    """Return the encoding called `name`, such as ``one-hot`` or ``graph+path-30``.

    Names joined by ``+`` stand side by side. ``canonical-`` before a name encodes the
    first member of an architecture's class, so that all members are encoded alike;
    ``wl-0`` to ``wl-3``, ``graph`` and ``proxies`` do that by themselves (on
    ``cell101`` ``path`` too), as does ``learned-16``: so many dimensions of a graph
    autoencoder that `fit` trains in seconds, and which is for that reason in no list
    of all encodings.

    Args:
        name: The name.
        features: What its name, such as ``proxies``, stands for. Without it
            ``proxies`` is defined on no space until `restore` has filled it.

    Raises:
        NasbenchError: No encoding has that name; near matches are named.
    """
    parts = [_single(part.strip(), features) for part in name.split("+")]
    return parts[0] if len(parts) == 1 else SumOfEncodings(parts)


def make_encodings(
    names: Iterable[str], space: SearchSpace, features: FeatureTable | None = None
) -> list[Encoding]:
    """Return encodings of a space by their names, or say all that do not fit it.

    Args:
        names: The names.
        space: What is to be encoded.
        features: What its name, such as ``proxies``, stands for.

    Raises:
        NasbenchError: A name is unknown, or an encoding is not defined on the space;
            all of these are named, and what is defined.
    """
    made: list[Encoding] = []
    unknown_names, undefined = [], []
    for name in names:
        try:
            encoding = make_encoding(name, features)
        except NasbenchError as error:
            unknown_names.append(str(error))
            continue
        reason = encoding.is_defined_on(space)
        if reason is not None:
            undefined.append(
                f"encoding {name!r} is not defined on {space.name}: {reason}"
            )
        made.append(encoding)
    if undefined:
        defined = ", ".join(names_defined_on(space, features))
        undefined[-1] += f"; {space.name} has {defined}"
    if unknown_names or undefined:
        raise NasbenchError("; ".join((*unknown_names, *undefined)))
    return made


def names_defined_on(
    space: SearchSpace, features: FeatureTable | None = None
) -> list[str]:
    """Return the names of `encoding_names` that are defined on a space."""
    return [
        name
        for name in encoding_names()
        if make_encoding(name, features).is_defined_on(space) is None
    ]


def as_encoding(given: str | Encoding) -> Encoding:
    """Return an encoding that is given by its name or as it is.

    Raises:
        NasbenchError: No encoding has that name.
    """
    return make_encoding(given) if isinstance(given, str) else given


def _single(name: str, features: FeatureTable | None) -> Encoding:
    if features is not None and name == features.name:
        return features
    if name in ENCODINGS:
        return ENCODINGS[name]()
    if name.startswith(CanonicalInput.PREFIX):
        return CanonicalInput(_single(name.removeprefix(CanonicalInput.PREFIX), None))
    if matched := _TRUNCATED_PATH.fullmatch(name):
        return Path(int(matched[1]))
    if matched := _WL.fullmatch(name):
        return WLHistogram(int(matched[1]))
    if matched := _LEARNED.fullmatch(name):
        return LearnedEncoding(int(matched[1]))
    if name == "proxies":
        return empty_features(name)
    raise NasbenchError(unknown("encoding", name, encoding_names()))
