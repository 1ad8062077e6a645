"""Networks out to a device without this suite, its CSV file back; wrong files."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from tabular.latency_columns import COMPLETE, MISSING
from tabular.latency_measuring.import_csv import import_latencies
from tabular.latency_measuring.network_folder import RUNNER, export_networks
from tabular.schema import TableFile
from tabular.table import Table

CONV = "|nor_conv_3x3~0|+|none~0|skip_connect~1|"
POOL = "|avg_pool_3x3~0|+|none~0|skip_connect~1|"
HEAD = "architecture,block,round,latency_ms,wall_ms,reason"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    copy = tmp_path / "mine.h5"
    shutil.copy(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"), copy)
    return copy


def written(path: Path, *lines: str) -> Path:
    file = path.with_name("latencies.csv")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_networks_are_measured_without_this_suite_and_come_back(
    path: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    folder = tmp_path / "networks"
    count = export_networks(Table.open(path), folder, (8, 4, 1), lambda *step: None)
    assert 7 <= count <= 8
    assert {p.name for p in folder.iterdir()} == {
        "expected.npz",
        "manifest.json",
        "networks",
        RUNNER,
    }
    command = [sys.executable, str(folder / RUNNER), "--rounds", "2", "--runs", "3"]
    blocked = "raise ImportError('no suite on this device')"
    (folder / "nasbench.py").write_text(blocked, encoding="utf-8")
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "block 2 of" in done.stderr
    before = TableFile(path).digest
    columns = import_latencies(tmp_path / "latencies.csv", path, "mine-ort", "cmd")
    assert (columns.status == COMPLETE).sum() == count
    assert (columns.status == MISSING).sum() == 60 - count
    assert columns.rounds == 2
    held = TableFile(path).latencies()["mine-ort"]
    assert TableFile(path).digest == before
    np.testing.assert_array_equal(held.latency_ms, columns.latency_ms)
    stated = {"command": "cmd", "clock": "cpu", "threads": "1", "timed_runs": "3"}
    assert stated.items() <= held.provenance.items()
    assert "onnxruntime" in held.provenance
    again = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "round" not in again.stderr, "finished blocks are not measured again"
    refused = subprocess.run(
        [*command[:-1], "4"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "other settings" in refused.stderr


def test_a_network_that_the_device_rejects_is_missing_with_its_reason(
    path: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    folder = tmp_path / "networks"
    export_networks(Table.open(path), folder, (3, 100, 1), lambda *step: None)
    manifest = json.loads((folder / "manifest.json").read_text())
    broken = manifest["networks"][0]
    (folder / broken["file"]).write_bytes(b"none")
    subprocess.run(
        [sys.executable, str(folder / RUNNER), "--rounds", "2", "--runs", "2"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    columns = import_latencies(tmp_path / "latencies.csv", path, "mine-ort", "cmd")
    number = Table.open(path).class_number(broken["architecture"])
    assert columns.reason is not None
    assert b"InvalidProtobuf" in columns.reason[number]
    assert np.isnan(columns.latency_ms[number]).all()


def test_a_folder_with_files_is_not_written_over(path: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    with pytest.raises(NasbenchError, match="full holds files; name a new folder"):
        export_networks(
            Table.open(path), tmp_path / "full", (3, 100, 0), lambda *s: None
        )


def test_a_file_of_two_columns_is_enough(path: Path) -> None:
    file = written(path, "architecture,latency_ms", f"{CONV},1.5", f"{POOL},0.5")
    columns = import_latencies(file, path, "pi5-ort-fp32", "cmd")
    table = Table.open(path)
    assert columns.median_ms()[table.class_number(CONV)] == 1.5
    assert columns.median_ms()[table.class_number(POOL)] == 0.5
    assert columns.repeats() is None


def test_blocks_are_tied_by_what_stands_in_all_of_them(path: Path) -> None:
    third = "|nor_conv_1x1~0|+|none~0|skip_connect~1|"
    file = written(
        path,
        HEAD,
        f"{CONV},0,0,2.0,,",
        f"{POOL},0,0,1.0,,",
        f"{CONV},1,0,4.0,,",
        f"{third},1,0,3.0,,",
    )
    found = import_latencies(file, path, "pi5", "cmd").median_ms()
    number = Table.open(path).class_number
    assert found[number(CONV)] == pytest.approx(3.0)
    assert found[number(POOL)] == pytest.approx(1.5)
    assert found[number(third)] == pytest.approx(2.25)


WRONG = [
    ([HEAD, f"{CONV},0,0,fast,,"], r"line 2: latency_ms is 'fast', no number"),
    ([HEAD, f"{CONV},0,0,-1,,"], r"line 2: latency_ms is '-1', no number of 0 or"),
    ([HEAD, f"{CONV},0,0,nan,,"], r"line 2: latency_ms is 'nan', no number"),
    ([HEAD, f"{CONV},0,0,inf,,"], r"line 2: latency_ms is 'inf', no number"),
    ([HEAD, f"{CONV},0,0,,,"], r"line 2: latency_ms is empty or 0, and no reason"),
    ([HEAD, f"{CONV},0,0,0,,"], r"line 2: latency_ms is empty or 0, and no reason"),
    ([HEAD, f"{CONV},0,0,1,,too hot"], r"line 2: it has a latency, and a reason"),
    ([HEAD, f"{CONV},0,one,1,,"], r"line 2: round is 'one', no whole number"),
    ([HEAD, f"{CONV},0,0,1,,,,"], r"line 2: it has more cells than the header"),
    ([HEAD, "|conv~0|,0,0,1,,"], r"line 2: .*\|conv~0\|"),
    ([HEAD, f"{CONV},0,0,1,,", f"{CONV},0,0,2,,"], r"line 3: the same .* line 2 too"),
    ([HEAD, f"{CONV},0,0,1,,", f"{POOL},0,1,2,,"], r"line 3: .*rounds \[1\], where"),
    (
        [HEAD, f"{CONV},0,0,1,,", f"{CONV},0,1,1,,", f"{POOL},0,0,2,,"],
        r"line 4: the network has the rounds \[0\], where others have 2",
    ),
    ([HEAD, f"{CONV},0,0,1,,", f"{CONV},0,1,,,hot"], r"line 3: .*latency in one line"),
    (
        [HEAD, f"{CONV},0,0,1,,", f"{CONV},1,0,1,,", f"{POOL},2,0,1,,"],
        "is measured in several blocks, but not in all",
    ),
    ([HEAD], "holds no measurement"),
    ([], "has no column architecture and no column latency_ms"),
    (["architecture,ms", f"{CONV},1"], "has no column latency_ms in its line 1"),
    (
        ["# table: 0123456789abcdef", HEAD, f"{CONV},0,0,1,,"],
        "another table .012345678",
    ),
]


@pytest.mark.parametrize("lines, message", WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_refused_in_one_line_and_the_table_left_alone(
    path: Path, lines: list[str], message: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(NasbenchError, match=message) as found:
        import_latencies(written(path, *lines), path, "pi5", "cmd")
    assert "\n" not in str(found.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name, message",
    [
        ("x86-ort-fp32", "is a target of this suite; name yours"),
        ("my phone", "a target is named by letters"),
        ("", "a target is named by letters"),
        ("a/b", "a target is named by letters"),
    ],
)
def test_names_that_are_taken_or_impossible_are_refused(
    path: Path, name: str, message: str
) -> None:
    file = written(path, HEAD, f"{CONV},0,0,1,,")
    with pytest.raises(NasbenchError, match=message):
        import_latencies(file, path, name, "cmd")


def test_a_name_in_the_table_is_replaced_only_when_asked(path: Path) -> None:
    file = written(path, HEAD, f"{CONV},0,0,1,,")
    import_latencies(file, path, "pi5", "cmd")
    with pytest.raises(NasbenchError, match=r"holds a target pi5; .*--replace"):
        import_latencies(file, path, "pi5", "cmd")
    import_latencies(
        written(path, HEAD, f"{CONV},0,0,2,,"), path, "pi5", "c", anew=True
    )
    held = TableFile(path).latencies()["pi5"]
    assert np.nanmax(held.latency_ms) == 2


def test_a_missing_or_binary_file_is_said(path: Path) -> None:
    with pytest.raises(NasbenchError, match=r"cannot read .*none\.csv"):
        import_latencies(path.with_name("none.csv"), path, "pi5", "cmd")
    with pytest.raises(NasbenchError, match="cannot read"):
        import_latencies(path, path, "pi5", "cmd")


def test_the_runner_writes_what_the_importer_reads() -> None:
    text = (files("tabular.latency_measuring") / RUNNER).read_text(encoding="utf-8")
    names = text.split('COLUMNS = "')[1].split('"')[0].split()
    assert next(csv.reader([",".join(names)])) == [
        *("architecture", "block", "round"),
        *("latency_ms", "wall_ms", "p10_ms", "p90_ms", "deviation", "reason"),
    ]
