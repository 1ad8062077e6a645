"""The graph hash by which NAS-Bench-101 tells its cells apart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

INPUT_LABEL = -1
OUTPUT_LABEL = -2


def nb101_hash(edges: Sequence[tuple[int, int]], labels: Sequence[int]) -> str:
    """Return the MD5 fingerprint of a labelled graph, 32 hexadecimal digits.

    Ying et al., ICML 2019, `hash_module`: every vertex starts from its (out-degree,
    in-degree, label) and takes in the hashes of its neighbours, sorted, as often as
    there are vertices; the fingerprint is that of the sorted vertex hashes. It does
    not change when vertices are renumbered. The colour refinement of Weisfeiler and
    Leman can confuse graphs in general, but not the ones of NAS-Bench-101: the 423,624
    hashes are as many as there are isomorphism classes.

    Args:
        edges: The pairs (source, target).
        labels: One label per vertex; `INPUT_LABEL`, then the numbers of the
            operations, then `OUTPUT_LABEL`.

    >>> nb101_hash([(0, 1)], [-1, -2])  # the input is the output
    '043721b9c7fe8c5fad811d47d83132ec'
    """
    vertices = range(len(labels))
    into: list[list[int]] = [[] for _ in vertices]
    out_of: list[list[int]] = [[] for _ in vertices]
    for source, target in edges:
        out_of[source].append(target)
        into[target].append(source)
    # int(): the text of a numpy integer, and with it the hash, would be another one.
    hashes = [
        _md5(str((len(out_of[v]), len(into[v]), int(labels[v])))) for v in vertices
    ]
    for _ in vertices:
        hashes = [
            _md5(
                "".join(sorted(hashes[w] for w in into[v]))
                + "|"
                + "".join(sorted(hashes[w] for w in out_of[v]))
                + "|"
                + hashes[v]
            )
            for v in vertices
        ]
    return _md5(str(sorted(hashes)))


def _md5(text: str) -> str:
    # A fingerprint, not a secret: this also runs where MD5 is barred as insecure.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
