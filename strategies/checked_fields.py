"""Settings of a dataclass, checked against the annotations of its fields."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from nasbench.errors import NasbenchError
from nasbench.given import shown
from strategies.settings import expected, fits

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def check_fields(settings: DataclassInstance) -> None:
    """Check every field of a dataclass, to be called from its `__post_init__`.

    The annotations are those of `strategies.settings`, as in ``rounds: Count = 5``.

    Args:
        settings: An object whose class resolves all its annotations.

    Raises:
        NasbenchError: A field is of another type, out of its range or not finite; what
            is allowed is named.
    """
    hints = _hints_of(type(settings))
    for field in fields(settings):
        value, hint = getattr(settings, field.name), hints[field.name]
        if not fits(value, hint):
            raise NasbenchError(
                f"{field.name} is {shown(value)}; expected {expected(value, hint)}"
            )


@cache
def _hints_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)
