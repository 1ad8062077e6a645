"""Weight-sharing methods by name, and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError, unknown
from strategies.weight_sharing.trace import Setting

if TYPE_CHECKING:
    from strategies.weight_sharing.method import Method

METHODS = {
    "darts": "darts:Darts",
    "darts-second": "darts_second_order:DartsSecondOrder",
    "pc-darts": "pc_darts:PCDarts",
    "drnas": "drnas:DrNAS",
    "gdas": "gdas:GDAS",
    "snas": "snas:SNAS",
    "proxyless": "proxyless:ProxylessNAS",
    "fbnet": "fbnet:FBNet",
    "enas": "enas:ENAS",
    "random-sharing": "random_sharing:RandomSharing",
    "single-path": "single_path:SinglePath",
    "once-for-all": "once_for_all:OnceForAll",
    "smash": "strategies.hypernetworks.searches:Smash",
    "graph-hypernetwork": "strategies.hypernetworks.searches:GraphHypernetwork",
    "morphisms": "strategies.inheritance.morphism_search:MorphismSearch",
    "fednas": "strategies.federated.fednas:FedNAS",
    "reptile": "strategies.meta_learning.reptile:Reptile",
}
"""Name of a method -> its file, in this package or elsewhere, and its class."""

_WORDS = {int: "a whole number", float: "a number", str: "a text"}


def method_names() -> list[str]:
    """Return the names of all methods."""
    return sorted(METHODS)


def find_method(name: str) -> type[Method]:
    """Return the class of a method.

    Raises:
        NasbenchError: There is no such method, or torch is not installed.
    """
    if name not in METHODS:
        raise NasbenchError(unknown("weight-sharing method", name, METHODS))
    file, _, class_name = METHODS[name].partition(":")
    try:
        here = "strategies.weight_sharing."
        module = import_module(file if "." in file else here + file)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NasbenchError(
            'weight sharing needs torch: pip install "nasbench-suite[train]"'
        ) from error
    found: type[Method] = getattr(module, class_name)
    return found


def make_settings(name: str, given: Mapping[str, Setting]) -> Any:
    """Return the settings of a method, with those that are given put in.

    Numbers may be given as text. The type is that of the default.

    Raises:
        NasbenchError: The method has no such setting, or the value is none for it.
    """
    return settings_of(name, find_method(name).Settings, given)


def settings_of(name: str, kind: type, given: Mapping[str, Setting]) -> Any:
    """Return an object of a class of settings, with those that are given put in.

    Raises:
        NasbenchError: There is no such setting, or the value is none for it.
    """
    defaults: dict[str, Any] = {field.name: field.default for field in fields(kind)}
    values: dict[str, Setting] = {}
    for key, value in given.items():
        if key not in defaults:
            raise NasbenchError(f"{name}: {unknown('setting', key, defaults)}")
        wanted = type(defaults[key])
        try:
            values[key] = wanted(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise NasbenchError(
                f"{key} of {name} is {value!r}, not {_WORDS[wanted]}"
            ) from error
    try:
        return kind(**values)
    except NasbenchError as error:
        raise NasbenchError(f"{name}: {error}") from error
