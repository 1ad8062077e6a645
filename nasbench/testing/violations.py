"""What a check finds: sentences, collected or raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Subject = TypeVar("Subject")


class ContractViolation(AssertionError):  # noqa: N818 - the name says what happened
    """Say in a sentence how something breaks its contract."""


def expect_none(sentences: Iterable[str]) -> None:
    """Raise what a check has found.

    Raises:
        ContractViolation: There is a sentence.
    """
    found = list(sentences)
    if found:
        raise ContractViolation("\n".join(found))


def collect(
    checks: Iterable[Callable[[Subject], Iterator[str]]], subject: Subject
) -> list[str]:
    """Return the distinct sentences of all checks; an exception is a sentence too."""
    sentences: list[str] = []
    for check in checks:
        try:
            sentences += check(subject)
        except ContractViolation as violation:
            sentences.append(str(violation))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything
            purpose = (check.__doc__ or "").splitlines()[0]
            sentences.append(f"{purpose} Instead, {type(error).__name__}: {error}")
    return list(dict.fromkeys(sentences))
