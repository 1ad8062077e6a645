"""What processor this is: its kind, its features, and the load on it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU_FACTS = Path("/proc/cpuinfo")

X86 = ("x86_64", "amd64", "i686")


def cpu_flags() -> frozenset[str]:
    """Return the features that the kernel names, as ``amx_bf16``; none if unknown."""
    return frozenset(_fact("flags").split())


def cpu_model() -> str:
    """Return the processor's name as the kernel gives it, or the machine's kind."""
    return _fact("model name") or platform.processor() or platform.machine()


def _fact(name: str) -> str:
    try:
        text = CPU_FACTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # not Linux
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def why_not_x86() -> str | None:
    """Say that this is no x86 processor; None where it is."""
    machine = platform.machine().lower()
    if machine in X86:
        return None
    return f"it is for x86 processors, and this one is {machine or 'unknown'}"


def cores() -> tuple[int, ...]:
    """Return the numbers of the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def load_average() -> float:
    """Return how many processes wanted to run in the last minute, on average."""
    return os.getloadavg()[0]


def most_load() -> float:
    """Return the load above which measuring here is not worth while.

    Half of the cores: the one that measures then has no neighbour that shares its
    caches and its turbo clock all the time.
    """
    return max(1.5, len(cores()) / 2)


def governor() -> str:
    """Return how the kernel sets the clock rate, as ``performance``; '' if unknown."""
    place = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    try:
        return place.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
