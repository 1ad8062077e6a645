"""A folder of networks that any device with onnxruntime can measure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.hardware.specimen import Images, Specimen, noise_images
from nasbench.hardware.target import RejectedError
from tabular.latency_measuring.blocks import divide
from tabular.latency_measuring.measure_table import skeleton_of
from tabular.table import Table

RUNNER = "measure_networks.py"

Report = Callable[[int, int], None]
"""Called with the networks written and their number."""


def export_networks(
    table: Table,
    folder: Path,
    division: tuple[int | None, int, int],
    report: Report,
) -> int:
    """Write ONNX files of a table's classes, what to expect of them, and a runner.

    Constant networks, which have nothing to measure, are left out.

    Args:
        table: The table.
        folder: Where it all is to stand; new, or empty.
        division: Classes in the sample (None for all), networks in a block, seed.
        report: Called after every network.

    Returns:
        How many networks were written.

    Raises:
        NasbenchError: The folder holds something or cannot be written, the sample is
            out of range, or onnx or torch is not installed.
    """
    blocks = divide(table, *division)
    _make(folder)
    images = noise_images(skeleton_of(table), division[2])
    networks: list[dict[str, str]] = []
    logits: list[Images] = []
    place_of: dict[int, int] = {}
    for done, number in enumerate(blocks.classes.tolist(), start=1):
        try:
            entry, found = _write_network(table, number, images, folder, division[2])
        except RejectedError:
            continue
        finally:
            report(done, len(blocks.classes))
        place_of[number] = len(networks)
        networks.append(entry)
        logits.append(found)
    if not networks:
        raise NasbenchError("every network of this sample is a constant; draw more")
    held = [[place_of[c] for c in b.tolist() if c in place_of] for b in blocks.blocks]
    manifest = {
        "table": table.identity.fingerprint,
        "space": table.identity.space,
        "blocks": [block for block in held if block],
        "networks": networks,
    }
    stacked = np.concatenate(logits)
    np.savez(folder / "expected.npz", image=images[:1], logits=stacked)
    text = json.dumps(manifest, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    runner = files("tabular.latency_measuring") / RUNNER
    (folder / RUNNER).write_text(runner.read_text(encoding="utf-8"), encoding="utf-8")
    return len(networks)


def _make(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise NasbenchError(f"{folder} holds files; name a new folder")
        (folder / "networks").mkdir(parents=True)
    except OSError as error:
        raise NasbenchError(f"cannot write {folder}: {error.strerror}") from error


def _write_network(
    table: Table, number: int, images: Images, folder: Path, seed: int
) -> tuple[dict[str, str], Images]:
    """Write the ONNX file of a class; return its entry and ``(1, classes)`` logits."""
    from nasbench.hardware.onnx_files import onnx_file

    index = int(table.read("classes/representative")[number])
    architecture = table.space.architecture_at(index)
    specimen = Specimen(
        table.space, architecture, skeleton_of(table), images, folder, seed
    )
    name = f"networks/class{number}.onnx"
    shutil.move(onnx_file(specimen, 1), folder / name)
    text = table.space.format(architecture)
    return {"architecture": text, "file": name}, specimen.logits(1)
