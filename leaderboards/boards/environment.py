"""What the last bits of a board may depend on, besides its manifest."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = (
    "nasbench-suite",
    "numpy",
    "scipy",
    "moocore",
    "torch",
    "scikit-learn",
    "xgboost-cpu",
    "xgboost",
    "optuna",
    "pymoo",
    "smac",
    "ConfigSpace",
)
"""Distributions that strategies, surrogates and fronts compute with."""

PACKAGES = ("nasbench", "tabular", "surrogates", "strategies", "leaderboards")


def environment() -> dict[str, str]:
    """Return versions and instruction set; the same at every call on one machine.

    Libraries that are not installed are not named.
    """
    found = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "machine": platform.machine(),
        "instruction_set": " ".join(_vector_extensions()),
    }
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def environment_json() -> bytes:
    """Return the environment as a file."""
    return (json.dumps(environment(), indent=1) + "\n").encode()


@cache
def sources_sha256() -> str:
    """Return the SHA-256 over all code that a run may execute, the CLI left out.

    Results that were made by other code are made again, not kept.
    """
    digest = hashlib.sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            root = Path(folder)
            for path in sorted(root.rglob("*.py")):
                name = path.relative_to(root).as_posix()
                if not name.startswith("cli/"):
                    digest.update(f"{package}/{name}\0".encode())
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _vector_extensions() -> list[str]:
    """Return what numpy computes with, of the extensions that it was built to use."""
    import numpy as np

    found = np.show_config(mode="dicts")
    extensions = (found or {}).get("SIMD Extensions", {}).get("found", [])
    return [str(one) for one in extensions]
