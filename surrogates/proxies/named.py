"""Zero-cost proxies by name."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.metadata import entry_points

from nasbench.errors import NasbenchError, unknown
from surrogates.proxies.proxy import Proxy

ENTRY_POINTS = "nasbench.proxies"
"""Third-party proxies: entry points of this group are subclasses of `Proxy`."""

BASELINES = ("params", "flops", "depth", "convolutions")
"""What every proxy has to beat: counts that need no network at all."""

CLASSICAL = (
    *("epe_nas", "fisher", "flops", "grad_norm", "grasp", "jacov", "l2_norm"),
    *("nwot", "params", "plain", "snip", "synflow", "zen"),
)
"""The 13 proxies of NAS-Bench-Suite-Zero (Krishnakumar et al., 2022)."""

PROXIES = {
    "params": "costs:Params",
    "flops": "costs:Flops",
    "depth": "costs:Depth",
    "convolutions": "costs:Convolutions",
    "l2_norm": "l2_norm:L2Norm",
    "grad_norm": "grad_norm:GradNorm",
    "snip": "snip:Snip",
    "plain": "plain:Plain",
    "grasp": "grasp:Grasp",
    "fisher": "fisher:Fisher",
    "synflow": "synflow:Synflow",
    "jacov": "jacov:Jacov",
    "epe_nas": "epe_nas:EpeNas",
    "nwot": "nwot:Nwot",
    "zen": "zen:Zen",
    "zico": "zico:Zico",
    "swap": "swap:Swap",
    "gradsign": "gradsign:GradSign",
    "ntk_condition": "ntk_condition:NtkCondition",
    "linear_regions": "linear_regions:LinearRegions",
    "meco": "meco:Meco",
    "az_expressivity": "az_nas:Expressivity",
    "az_progressivity": "az_nas:Progressivity",
    "az_trainability": "az_nas:Trainability",
}
"""Our proxies: name, and ``file:Class`` in this folder."""


def proxy_names() -> list[str]:
    """Return the names of all proxies, ours first, then third parties'."""
    others = set(entry_points(group=ENTRY_POINTS).names) - set(PROXIES)
    return [*PROXIES, *sorted(others)]


def make_proxy(name: str) -> Proxy:
    """Return the proxy called `name`.

    Raises:
        NasbenchError: No proxy has that name (near matches are named), it is no
            proxy, or torch is not installed.
    """
    try:
        if name in PROXIES:
            file, _, class_name = PROXIES[name].partition(":")
            found = getattr(import_module(f"surrogates.proxies.{file}"), class_name)
        else:
            entries = list(entry_points(group=ENTRY_POINTS, name=name))
            if not entries:
                raise NasbenchError(unknown("proxy", name, proxy_names()))
            found = entries[0].load()
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NasbenchError(
            f"proxy {name!r} needs torch; install it with "
            '`pip install "nasbench-suite[train]"`'
        ) from error
    if not (isinstance(found, type) and issubclass(found, Proxy)):
        raise NasbenchError(f"proxy {name!r} is no subclass of Proxy: {found!r}")
    if inspect.isabstract(found):
        raise NasbenchError(f"proxy {name!r} is abstract; it has to define score")
    return found()
