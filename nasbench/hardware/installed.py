"""Whether what a target needs is installed; said without importing it."""

from __future__ import annotations

from importlib.util import find_spec


def why_not_installed(*modules: str) -> str | None:
    """Say which of the modules are missing and how to get them; None if none is."""
    missing = [name for name in modules if not _is_there(name)]
    if not missing:
        return None
    extras = ["latency"] * (set(missing) != {"torch"}) + ["train"] * (
        "torch" in missing
    )
    return (
        f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed; "
        f'pip install "nasbench-suite[{",".join(extras)}]"'
    )


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False  # blocked, or half installed
