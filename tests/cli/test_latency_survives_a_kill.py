"""A measurement that is killed loses the block at work, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.hardware.onnx_runtime import OnnxRuntime
from tabular.schema import TableFile

WORDS = (
    *("latency", "measure", "--table", "mini.h5", "--target", "x86-ort-fp32"),
    *("--sample", "5", "--block", "4", "--rounds", "2", "--runs", "3"),
    *("--max-load", "inf"),
)


def _wait_until_nothing_is_left_of(session: int, end: float) -> None:
    """Wait for the processes that the killed one started; they have to end too."""
    while time.monotonic() < end:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("a process of the killed run is still there")


def test_a_killed_measurement_goes_on_from_its_finished_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = OnnxRuntime("x86-ort-fp32").why_not()
    if reason is not None:
        pytest.skip(reason)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mini.h5"
    shutil.copy(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"), path)
    program = f"import sys; from nasbench.cli import main; sys.exit(main({WORDS!r}))"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    first = path.with_name("mini.h5.latency") / "x86-ort-fp32" / "block0.npz"
    end = time.monotonic() + 120
    while not first.exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _wait_until_nothing_is_left_of(process.pid, end)
    kept = first.read_bytes()
    with np.load(first) as block:
        measured = block["cpu_ms"]
    assert main(WORDS) == 0
    assert kept
    assert not first.exists()
    columns = TableFile(path).latencies()["x86-ort-fp32"]
    assert columns.block is not None
    factor = json.loads(columns.provenance["block_factors"])[0]
    held = columns.latency_ms[columns.block == 0] * factor
    np.testing.assert_allclose(np.sort(held.ravel()), np.sort(measured.ravel()), 1e-3)
