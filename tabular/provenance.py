"""When, where and by what commands the trials of a table were made."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import numpy as np

EARLIER = "earlier "
"""How the names of entries begin that hold an earlier run, as one JSON object."""

Run = dict[str, str]
"""The facts of one run of a command: names and values."""


def now() -> str:
    """Return the date and time, UTC, to the millisecond: it tells runs apart."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def this_run(command: str) -> Run:
    """Return the facts of a run that begins now.

    Args:
        command: The command line, or what stands for it.
    """
    return {
        "command": command,
        "started": now(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
    }


def runs(provenance: Mapping[str, str]) -> list[Run]:
    """Return every run that a table's provenance holds, the last one last."""
    earlier = sorted(key for key in provenance if key.startswith(EARLIER))
    last = {k: v for k, v in provenance.items() if not k.startswith(EARLIER)}
    return [*(json.loads(provenance[key]) for key in earlier), last]


def with_earlier(run: Run, earlier: Iterable[Run]) -> dict[str, str]:
    """Return the provenance of a table: its last run, and each one before it once."""
    written = dict.fromkeys(json.dumps(before, sort_keys=True) for before in earlier)
    entries = {
        f"{EARLIER}{number:06}": text for number, text in enumerate(written, start=1)
    }
    return {**run, **entries}
