"""Models by the name of their family, and in files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from nasbench.errors import NasbenchError, unknown
from surrogates.gaussian_process import GaussianProcess
from surrogates.mlp_ensemble import MLPEnsemble
from surrogates.model import Model
from surrogates.random_forest import RandomForest
from surrogates.store import Arrays, read_surrogate, write_surrogate
from surrogates.xgboost_model import XGBoost

FAMILIES: dict[str, type[Model]] = {
    family.family: family
    for family in (XGBoost, GaussianProcess, RandomForest, MLPEnsemble)
}


def model_names() -> list[str]:
    """Return the names of all families."""
    return list(FAMILIES)


def make_model(family: str, settings: dict[str, Any] | None = None) -> Model:
    """Return a new model of a family.

    Args:
        family: Its name, such as ``xgboost``.
        settings: Fields that differ from the defaults.

    Raises:
        NasbenchError: The family or a setting is not known.
    """
    if family not in FAMILIES:
        raise NasbenchError(unknown("model", family, FAMILIES))
    given, kind = settings or {}, FAMILIES[family]
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has to be a dataclass")
    fields = [field.name for field in dataclasses.fields(kind)]
    for name in given:
        if name not in fields:
            raise NasbenchError(unknown(f"setting of {family}", name, fields))
    made: Model = kind(**given)
    return made


def describe_model(model: Model) -> dict[str, Any]:
    """Return family and settings, for a header; `rebuild_model` takes them."""
    return {"family": model.family, "settings": model.settings()}


def rebuild_model(described: dict[str, Any], arrays: Arrays) -> Model:
    """Return the model that was described, with what it had learned.

    Raises:
        NasbenchError: The description or the arrays are not those of a model.
    """
    try:
        family, settings = described["family"], described["settings"]
    except (KeyError, TypeError) as error:
        raise NasbenchError(f"no model is described by {described!r}") from error
    return make_model(family, settings).restore(arrays)


def save_model(model: Model, path: Path) -> None:
    """Write a fitted model to a file.

    Raises:
        NasbenchError: The model is not fitted, or the file cannot be written.
    """
    write_surrogate(path, "model", {"model": describe_model(model)}, model.arrays())


def load_model(path: Path) -> Model:
    """Read a model of any family.

    Raises:
        NasbenchError: The file is missing, damaged, or no model.
    """
    header, arrays = read_surrogate(path, "model")
    return rebuild_model(header.get("model", {}), arrays)
