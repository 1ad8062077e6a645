"""How kernels are compiled."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""Options of every kernel. No fast-math: NaNs survive, and so does every bit."""
