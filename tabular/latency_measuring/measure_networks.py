"""Measure the latencies of a folder of ONNX networks on the device that runs this.

    python measure_networks.py --out latencies.csv

Needs Python 3.9 or later, numpy and onnxruntime; nothing else. A killed run goes on
where it ended. Bring the CSV file back with `nasbench latency import`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = "architecture block round latency_ms wall_ms p10_ms p90_ms deviation reason"


def load(
    path: Path, image: Any, wanted: Any, options: argparse.Namespace
) -> tuple[Callable[[], Any], float]:
    """Return a call that runs the network once, and how far its outputs are off."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(path), settings, providers=[options.provider]
    )
    feeds = {session.get_inputs()[0].name: image}
    (found,) = session.run(None, feeds)
    largest = float(np.abs(wanted).max()) or 1.0
    off = float(np.abs(found - wanted).max()) / largest
    if not off <= options.tolerance:
        raise ValueError(f"outputs are off by {off:.2g}; allowed: {options.tolerance}")
    return lambda: session.run(None, feeds), off


def one_visit(call: Callable[[], Any], options: argparse.Namespace) -> list[float]:
    """Return latency, wall time, and 10th and 90th percentile, milliseconds."""
    for _ in range(options.warm_up):
        call()
    cpu, wall = [], []
    for _ in range(options.runs):
        wall_start, cpu_start = time.perf_counter_ns(), time.process_time_ns()
        call()
        cpu.append((time.process_time_ns() - cpu_start) / 1e6)
        wall.append((time.perf_counter_ns() - wall_start) / 1e6)
    clock = cpu if options.clock == "cpu" else wall
    low, high = np.percentile(clock, (10, 90))
    return [float(np.median(clock)), float(np.median(wall)), float(low), float(high)]


def measure_block(
    folder: Path, manifest: dict[str, Any], number: int, options: argparse.Namespace
) -> list[list[Any]]:
    """Return the rows of one block: every network in every round."""
    files = np.load(folder / "expected.npz")
    image, logits = files["image"], files["logits"]
    calls: dict[int, tuple[Callable[[], Any], float]] = {}
    rows: list[list[Any]] = []
    for place in manifest["blocks"][number]:
        network = manifest["networks"][place]
        text = network["architecture"]
        try:
            path = folder / network["file"]
            calls[place] = load(path, image, logits[place : place + 1], options)
        except Exception as error:  # noqa: BLE001 - whatever a runtime raises
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            rows.append([text, number, "", "", "", "", "", "", reason])
    for turn in range(options.rounds):
        for place, times in one_round(calls, turn, options).items():
            text, off = manifest["networks"][place]["architecture"], calls[place][1]
            rows.append([text, number, turn, *times, off, ""])
        say(f"block {number + 1} of {len(manifest['blocks'])}, round {turn + 1}")
    return rows


def one_round(
    calls: dict[int, tuple[Callable[[], Any], float]],
    turn: int,
    options: argparse.Namespace,
) -> dict[int, list[float]]:
    """Visit all networks some times; return the quietest visit of each."""
    quietest: dict[int, list[float]] = {}
    shuffled = random.Random(turn)
    for _ in range(options.visits):
        order = list(calls)
        shuffled.shuffle(order)
        for place in order:
            times = one_visit(calls[place][0], options)
            quietest[place] = min(quietest.get(place, times), times)
    return quietest


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command's own output


def main() -> None:
    """Measure the blocks that are not in the CSV file yet."""
    options = arguments()
    folder = Path(__file__).resolve().parent
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if options.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {options.core})
    parts = Path(f"{options.out}.parts")
    claim(parts, {**facts(manifest, options), "load_average": 0, "measured": ""})
    for number in range(len(manifest["blocks"])):
        part = parts / f"block{number}.json"
        if not part.exists():
            rows = measure_block(folder, manifest, number, options)
            part.with_suffix(".new").write_text(json.dumps(rows), encoding="utf-8")
            part.with_suffix(".new").replace(part)
    with open(options.out, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        for key, value in facts(manifest, options).items():
            file.write(f"# {key}: {value}\n")
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split())
        for number in range(len(manifest["blocks"])):
            part = parts / f"block{number}.json"
            writer.writerows(json.loads(part.read_text(encoding="utf-8")))
    say(f"{options.out} is complete; {parts} may be removed")


def claim(parts: Path, settings: dict[str, Any]) -> None:
    """Refuse to go on with blocks that were measured by other settings."""
    parts.mkdir(exist_ok=True)
    held, text = parts / "settings.json", json.dumps(settings, indent=1)
    if held.exists() and held.read_text(encoding="utf-8") != text:
        sys.exit(f"{parts} holds blocks of a run by other settings; remove it first")
    held.write_text(text, encoding="utf-8")


def facts(manifest: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides the numbers, for the head of the CSV file."""
    import onnxruntime

    return {
        "table": manifest["table"],
        "batch": 1,
        "threads": options.threads,
        "clock": options.clock,
        "rounds": options.rounds,
        "visits": options.visits,
        "warm_up_runs": options.warm_up,
        "timed_runs": options.runs,
        "onnxruntime": onnxruntime.__version__,
        "provider": options.provider,
        "machine": platform.machine(),
        "system": platform.platform(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else "unknown",
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="latencies.csv")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--visits", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--core", type=int, help="processor core to run on")
    parser.add_argument("--provider", default="CPUExecutionProvider")
    parser.add_argument("--clock", choices=["cpu", "wall"])
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    if options.clock is None:
        one_core = options.provider == "CPUExecutionProvider" and options.threads == 1
        options.clock = "cpu" if one_core else "wall"
    return options


if __name__ == "__main__":
    main()
