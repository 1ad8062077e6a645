"""ONNX Runtime for browsers, WebAssembly with SIMD, under Node.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbench.hardware.installed import why_not_installed
from nasbench.hardware.outputs import FLOAT32, deviation
from nasbench.hardware.processor import cpu_model
from nasbench.hardware.target import Clock, Kind, RejectedError, Timing
from nasbench.hardware.timing import summarise

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen

PACKAGE = "onnxruntime-web"

VERSION = (
    "const r = require('module').createRequire(process.cwd() + '/here.js');"
    f"const p = require('path'); let d = p.dirname(r.resolve('{PACKAGE}'));"
    "while (!require('fs').existsSync(p.join(d, 'package.json'))) d = p.dirname(d);"
    "console.log(require(p.join(d, 'package.json')).version + ' ' + process.version)"
)
"""A program for node: prints the version of the package and its own."""

SECONDS = 60


class OnnxRuntimeWeb:
    """``wasm-ort-fp32``: batch 1, one thread.

    Nothing is downloaded: the package is there, installed with npm in the folder of
    the call or in one of ``NODE_PATH``, or the target says that it is not.

    Args:
        name: The name.
        node: Node's command.
    """

    kind: Kind = "measured"
    clock: Clock = "cpu"
    tolerance = FLOAT32

    def __init__(self, name: str, node: str = "node") -> None:
        self.name = name
        self._node = node

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""
        reason = why_not_installed("onnx", "torch")
        if reason is not None:
            return reason
        if shutil.which(self._node) is None:
            return f"Node.js is not installed: there is no command {self._node}"
        if self._versions is None:
            return (
                f"Node.js does not find the package {PACKAGE}; run `npm install "
                f"{PACKAGE}` in this folder, or set NODE_PATH to a node_modules with it"
            )
        return None

    def conditions(self) -> Mapping[str, str]:
        """Return batch, threads, number format and versions."""
        web, node = self._versions or ("unknown", "unknown")
        return {
            "batch": "1",
            "threads": "1",
            "numbers": "fp32",
            PACKAGE: web,
            "node": node,
            "processor_model": cpu_model(),
        }

    def prepare(self, specimen: Specimen) -> PreparedWeb:
        """Load a network and compare its outputs with torch's.

        Raises:
            RejectedError: onnxruntime-web does not take it, or its outputs differ.
        """
        from nasbench.hardware.onnx_files import onnx_file

        images = specimen.batch(1)
        answer = self._runner.ask(
            {
                "load": str(onnx_file(specimen, 1).absolute()),
                "shape": images.shape,
                "images": images.ravel().tolist(),
            }
        )
        found = np.array(answer["logits"], np.float32).reshape(1, -1)
        off = deviation(found, specimen.logits(1), self.tolerance)
        return PreparedWeb(self._runner, answer["number"], off, self.clock)

    @cached_property
    def _versions(self) -> tuple[str, str] | None:
        try:
            done = subprocess.run(
                [self._node, "-e", VERSION],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        web, _, node = done.stdout.strip().partition(" ")
        return web, node

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._node)


@dataclass(frozen=True)
class PreparedWeb:
    """A network that a node process holds.

    Attributes:
        runner: The process.
        number: The network's number there.
        deviation: Largest difference from torch's outputs, as a share.
        clock: The clock of the target.
    """

    runner: Runner
    number: int
    deviation: float
    clock: Clock

    def time_visit(self, warm_up: int, runs: int) -> Timing:
        """Run `warm_up` times, then time `runs` runs one by one."""
        answer = self.runner.ask(
            {"time": self.number, "warm_up": warm_up, "runs": runs}
        )
        return summarise(answer["cpu_ns"], answer["wall_ns"], self.clock)


class Runner:
    """The program ``web_runner.mjs``; it ends with this process, or when dropped."""

    def __init__(self, node: str) -> None:
        program = files("nasbench.hardware") / "web_runner.mjs"
        self._process = subprocess.Popen(
            [node, "--no-warnings", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ},
        )

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and return its answer.

        Raises:
            RejectedError: The program reports an error, or ended.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process was started with pipes")
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RejectedError(f"{PACKAGE}: its process ended ({process.poll()})")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RejectedError(f"{PACKAGE}: {' '.join(answer['error'].split())[:300]}")
        return answer

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()
        self._process.wait()

    def __del__(self) -> None:
        if self._process.poll() is None:
            self.close()
