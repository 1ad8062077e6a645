"""``nasbench latency`` as typed; a real measurement of three networks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from nasbench.cli import main
from nasbench.hardware.named import make_target, target_names
from nasbench.hardware.onnx_runtime import OnnxRuntime
from tabular.latency_columns import COMPLETE
from tabular.schema import TableFile


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "mini.h5"
    shutil.copy(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"), copy)
    return copy


MEASURE = ("latency", "measure", "--table", "mini.h5")


def measure(*more: str) -> list[str]:
    return [*MEASURE, "--max-load", "inf", *more]


def needs_onnxruntime() -> None:
    reason = OnnxRuntime("x86-ort-fp32").why_not()
    if reason is not None:
        pytest.skip(reason)


def test_the_list_names_every_target_and_what_it_lacks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxRuntime, "why_not", lambda self: "it is switched off")
    assert main(["latency", "list"]) == 0
    printed = capsys.readouterr().out
    for name in target_names():
        line = next(each for each in printed.splitlines() if each.startswith(name))
        assert make_target(name).kind in line
    assert "no: it is switched off" in printed


def test_a_sample_is_measured_and_shown_with_its_repeats(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_onnxruntime()
    digest = TableFile(path).digest
    often = ["--sample", "3", "--rounds", "2", "--runs", "3"]
    words = measure("--target", "x86-ort-int8", *often)
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "repeat tau" in captured.out
    assert "x86-ort-int8" in captured.out
    assert "steps" in captured.err
    held = TableFile(path).latencies()
    assert TableFile(path).digest == digest
    columns = held["x86-ort-int8"]
    assert (columns.status == COMPLETE).sum() >= 2
    assert columns.provenance["images"] == "of the task"
    assert columns.provenance["sample"] == "3"
    assert (columns.latency_ms[columns.status == COMPLETE] > 0).all()
    assert main(words) == 0
    assert "holds these targets already" in capsys.readouterr().out


def test_simulated_targets_are_computed_by_their_own_command(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(each for each in target_names() if each.startswith("sim-"))
    assert main(["latency", "model", "mini.h5", "--target", name]) == 0
    assert f"mini.h5: {name}" in capsys.readouterr().out
    assert set(TableFile(path).latencies()) == {name}
    assert main(["latency", "model", "mini.h5"]) == 0
    ours = {each for each in target_names() if each.startswith("sim-")}
    assert set(TableFile(path).latencies()) == ours


def test_networks_go_out_and_a_file_comes_back(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_onnxruntime()
    words = ["latency", "export", "mini.h5", "--out", "folder", "--sample", "2"]
    assert main(words) == 0
    assert "python measure_networks.py --out" in capsys.readouterr().out
    subprocess.run(
        [sys.executable, "folder/measure_networks.py", "--rounds", "2", "--runs", "2"],
        check=True,
        capture_output=True,
    )
    words = [
        "latency",
        "import",
        "latencies.csv",
        "--table",
        "mini.h5",
        "--target",
        "here",
    ]
    assert main(words) == 0
    assert "here" in capsys.readouterr().out
    assert set(TableFile(path).latencies()) == {"here"}


@pytest.mark.parametrize(
    "words, message",
    [
        (measure("--target", "x86-ort-fp23"), "did you mean 'x86-ort-fp32'"),
        (measure("--target", "sim-systolic-os32"), "is simulated: there is nothing"),
        (
            measure("--target", "x86-ort-fp32", "--sample", "61"),
            "--sample is 1 to 60 classes, not 61",
        ),
        (
            measure("--target", "x86-ort-fp32", "--rounds", "0"),
            "rounds is 1 or more, not 0",
        ),
        (
            [*MEASURE, "--target", "x86-ort-fp32", "--max-load", "-1"],
            "the load average is",
        ),
        (["latency", "export", "mini.h5", "--out", "mini.h5"], "cannot write mini.h5"),
        (
            ["latency", "import", "mini.h5", "--table", "mini.h5", "--target", "a"],
            "cannot read mini.h5",
        ),
        (["latency", "model", "mini.h5", "--target", "x86-ort-fp32"], "x86-ort-fp32"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    words: list[str],
    message: str,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(OnnxRuntime, "why_not", lambda self: None)
    before = path.read_bytes()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("nasbench: ")
    assert message in error
    assert error.count("\n") == 1
    assert path.read_bytes() == before
