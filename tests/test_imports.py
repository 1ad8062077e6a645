"""Imports point one way, and light packages stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS = [
    ("nasbench.errors", "nasbench.given", "nasbench.atomic"),
    ("nasbench.working_folder",),
    ("nasbench.spaces", "nasbench.tasks"),
    ("nasbench.benchmark", "nasbench.proxy_source"),
    ("nasbench.search", "nasbench.networks"),
    (
        "nasbench.training",
        "nasbench.hardware",
        "nasbench.testing",
        "nasbench.export",
    ),
    ("tabular",),
    ("surrogates",),
    ("strategies",),
    ("leaderboards",),
    ("nasbench.cli",),
]
"""What may be imported: by each line, the lines above it and itself."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def layer(module: str) -> int | None:
    """Return the layer of a module; None for the thin front `nasbench` and others."""
    for name, level in LEVEL.items():
        if module == name or module.startswith(name + "."):
            return level
    return None


def sources() -> Iterator[tuple[str, Path]]:
    for package in ("nasbench", "tabular", "surrogates", "strategies", "leaderboards"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(p for p in parts if p != "__init__"), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module, path", [pytest.param(*s, id=s[0]) for s in sources()])
def test_no_import_points_back(module: str, path: Path) -> None:
    own = layer(module)
    if own is None:
        assert module == "nasbench"
        return
    for name in imported(path):
        other = layer(name)
        assert other is None or other <= own, f"{module} imports {name}"


def test_every_module_has_a_place_among_the_layers() -> None:
    placed = [module for module, _ in sources() if layer(module) is not None]
    assert {m for m, _ in sources()} - set(placed) == {"nasbench"}


LIGHT = {
    "nasbench": {
        "torch",
        "numba",
        "pandas",
        "sklearn",
        "xgboost",
        "matplotlib",
        "h5py",
    },
    "nasbench.spaces": {"torch", "numba", "pandas", "sklearn", "xgboost", "matplotlib"},
    "nasbench.tasks": {"torch", "numba", "pandas", "sklearn", "PIL"},
    "nasbench.networks": {"torch", "numba", "pandas", "sklearn"},
    "nasbench.hardware": {"torch", "onnxruntime", "openvino", "onnx", "pandas"},
    "nasbench.export": {"torch", "numba", "onnx", "pandas", "sklearn"},
    "nasbench.training.recipe": {"torch", "numba", "pandas", "sklearn"},
    "tabular": {"torch", "numba", "pandas", "sklearn", "xgboost", "matplotlib"},
    "surrogates": {"torch", "numba", "pandas", "sklearn", "xgboost", "matplotlib"},
    "surrogates.encodings": {"torch", "numba", "pandas", "sklearn", "xgboost"},
    "strategies": {"torch", "numba", "pandas", "sklearn", "xgboost", "matplotlib"},
    "leaderboards": {"torch", "numba", "pandas", "sklearn", "xgboost", "matplotlib"},
    "nasbench.cli": {
        "torch",
        "numba",
        "pandas",
        "sklearn",
        "xgboost",
        "matplotlib",
        "h5py",
    },
}


@pytest.mark.parametrize("package", LIGHT)
def test_light_packages_do_not_import_heavy_ones(package: str) -> None:
    program = f"import sys, {package}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not LIGHT[package] & set(loaded)


def test_importing_nasbench_takes_under_a_third_of_a_second() -> None:
    program = (
        "import time; import numpy; start = time.perf_counter(); import nasbench; "
        "print(time.perf_counter() - start)"
    )
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(5)
    ]
    assert min(times) < 0.3


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common", "core", "manager"}
    assert not [path for _, path in sources() if path.stem in vague]
    assert not [path for _, path in sources() if path.parent.name in vague]


def test_no_file_is_above_400_lines() -> None:
    long = {
        str(path): count
        for _, path in sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long
