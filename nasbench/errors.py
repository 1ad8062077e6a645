"""What went wrong, said so that the person who gave the input can mend it."""

from __future__ import annotations

from collections.abc import Iterable


class NasbenchError(Exception):
    """Report wrong input: the value given, what is allowed, what to do.

    The command line prints the message of this class and of its children as one
    line and ends with exit code 2; every other exception is a defect of ours.
    """


def unknown(kind: str, given: str, known: Iterable[str]) -> str:
    """Return the sentence that says `given` is no known `kind`.

    Args:
        kind: What was asked for, such as ``"strategy"``.
        given: The name that was given.
        known: Every valid name.

    Returns:
        One line with the near matches, or with all names where none is near.

    >>> unknown("space", "cell210", ["cell201", "chain"])
    "unknown space 'cell210'; did you mean 'cell201'?"
    >>> unknown("space", "x", ["cell201", "chain"])
    "unknown space 'x'; known are cell201, chain"
    """
    import difflib  # seldom needed, and everything imports this module

    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    if near:
        hint = "did you mean " + " or ".join(repr(name) for name in near) + "?"
    else:
        hint = "known are " + (", ".join(names) if names else "none")
    return f"unknown {kind} {given!r}; {hint}"
