"""Settings of models as ``nasbench surrogate`` takes them: NAME=VALUE, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias, get_args

from nasbench.errors import NasbenchError, unknown
from surrogates.kernels import KernelKind
from surrogates.targets import TargetKind

Settings: TypeAlias = dict[str, Any]
"""Fields of a model that differ from its defaults."""

FROM_ZERO = ("folds", "min_child_weight", "l2", "weight_decay")
"""Numbers that may be 0; of the others it would leave nothing to learn with."""

SHARES = ("row_share", "column_share")
"""Numbers that are 1 at most."""

PARTS = ("held_out",)
"""Numbers that are below 1."""

DIGITS = 18
"""A whole number has so many at most."""

CHOICES: dict[str, tuple[str, ...]] = {
    "target": get_args(TargetKind),
    "kernel": get_args(KernelKind),
}
"""Settings that are one of some words."""

PROCESS = "gaussian-process"


@dataclass(frozen=True)
class ChosenModels:
    """Families, each with what differs from its defaults.

    Attributes:
        settings: By family.
    """

    settings: Mapping[str, Settings]

    @classmethod
    def of(
        cls,
        families: Sequence[str],
        texts: Sequence[str],
        target: TargetKind | None = None,
        kernel: KernelKind | None = None,
    ) -> ChosenModels:
        """Return the families with settings, each where it is one of the family.

        Args:
            families: Their names; one that is named twice counts once.
            texts: As in "members=1".
            target: What all of them learn; None for their defaults.
            kernel: Of the Gaussian process; None for the one that fits the encoding.

        Raises:
            NasbenchError: A family or a setting is not known, or a value does not fit.
        """
        from surrogates.models import make_model

        fields = {name: make_model(name).settings() for name in families}
        given = _parsed(texts)
        for name, value in (("target", target), ("kernel", kernel)):
            if value is None:
                continue
            if name in given:
                raise NasbenchError(f"--{name} and --set {name} say the same; give one")
            given[name] = value
        known = {name for each in fields.values() for name in each}
        for name in given:
            if name == "seed":
                raise NasbenchError(
                    "--set takes no seed: `fit` has --seed, and in `evaluate` the "
                    "number of a split is its seed"
                )
            if name not in known:
                names = known - {"seed"}
                raise NasbenchError(
                    unknown(f"setting of {', '.join(fields)}", name, names)
                )
        settings = {
            family: {n: _value(n, given[n], each[n]) for n in given if n in each}
            for family, each in fields.items()
        }
        for family, chosen in settings.items():
            if chosen.get("kernel") == "histogram" and chosen.get("relevance"):
                raise NasbenchError(
                    f"{family} has no relevance of columns with kernel histogram; "
                    "leave out --set relevance"
                )
        return cls(settings)

    def model(self, family: str, encoding: str) -> tuple[str, Settings]:
        """Return a family with its settings on an encoding, given by its name.

        A Gaussian process without a kernel gets the one that fits the encoding.
        """
        settings = self.settings[family]
        if family == PROCESS and "kernel" not in settings:
            from surrogates.gaussian_process import kernel_of

            chosen = kernel_of(encoding, bool(settings.get("relevance")))
            settings = {**settings, "kernel": chosen}
        return family, settings


def as_text(settings: Settings) -> str:
    """Return settings as they are given.

    >>> as_text({"members": 1, "bootstrap": False})
    'members=1, bootstrap=false'
    """
    return ", ".join(
        f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in settings.items()
    )


def _parsed(texts: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not name or not equals:
            raise NasbenchError(f"--set {text!r} is not of the form NAME=VALUE")
        if name in given:
            raise NasbenchError(f"--set {name} is given twice; give it once")
        given[name] = value
    return given


def _value(name: str, text: str, default: object) -> object:
    """Return a value of the type of the default.

    Raises:
        NasbenchError: It is none, or out of range.
    """
    if name in CHOICES:
        if text not in CHOICES[name]:
            raise NasbenchError(unknown(name, text, CHOICES[name]))
        return text
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise NasbenchError(f"--set {name} is true or false, not {text!r}")
        return text.lower() == "true"
    whole = isinstance(default, int)
    number = _number(text, whole)
    fits = isfinite(number) and (number > 0 or (number == 0 and name in FROM_ZERO))
    if name in SHARES:
        fits, limits = fits and number <= 1, "a number above 0 and up to 1"
    elif name in PARTS:
        fits, limits = fits and number < 1, "a number above 0 and below 1"
    else:
        least = "0" if name in FROM_ZERO else "1"
        limits = f"a whole number, {least} or more" if whole else "a number above 0"
        if not whole and name in FROM_ZERO:
            limits = "a number, 0 or more"
    if not fits:
        raise NasbenchError(f"--set {name} is {limits}, not {text!r}")
    return number


def _number(text: str, whole: bool) -> float:
    """Return the number that a text is, an integer if asked; NaN for no number."""
    if whole and not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        return float("nan")
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return float("nan")
