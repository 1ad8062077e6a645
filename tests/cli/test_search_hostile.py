"""Searches and their files in rough hands: every mistake is one line, nothing is lost.

Boards that replay such files too: `nasbench compare --strategy "darts(file=...)"`.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.benchmark import Status
from nasbench.cli import main
from nasbench.errors import NasbenchError
from strategies.weight_sharing import Trace, TraceIdentity, read_traces, write_traces
from strategies.weight_sharing.named_methods import METHODS, make_settings
from strategies.weight_sharing.trace_file import add_trace
from tabular import Table


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def trace_of(seed: int = 0, table: Table | None = None) -> Trace:
    """Return a search of two epochs, on the table's task where one is given."""
    fingerprints = ("f" * 64, "r" * 64)
    if table is not None:
        fingerprints = (table.spec.task_fingerprint, table.spec.recipe)
    return Trace(
        identity=TraceIdentity(
            "cell201-mini", "digits", *fingerprints, "darts", {"epochs": 2}, seed
        ),
        status=Status.COMPLETE,
        architectures=np.array([[0, 1, 2], [3, 3, 1]], np.uint8),
        parameters=np.zeros((2, 15), np.float32),
        estimates=np.array([0.25, 0.5]),
        training_seconds=np.array([1.0, 2.0]),
        selection_seconds=np.array([0.25, 0.25]),
        sampled=np.empty((0, 3), np.uint8),
        sampled_estimates=np.empty(0),
    )


def line_with(table: Table, **changes: object) -> bytes:
    write_traces([trace_of(table=table)], Path("good.jsonl"))
    fields = json.loads(Path("good.jsonl").read_text())
    return json.dumps({**fields, **changes}).encode()


DAMAGES = {
    "a truncated line": lambda b: b[: len(b) // 2],
    "a truncated archive": lambda b: gzip.compress(b)[:-12],
    "bits that flipped in an archive": lambda b: (
        gzip.compress(b)[:40] + b"\xff\xff\xff" + gzip.compress(b)[43:]
    ),
    "an archive of nothing": lambda b: gzip.compress(b""),
    "an empty file": lambda b: b"",
    "a table": lambda b: b"\x89HDF\r\n\x1a\n" + b,
    "a list": lambda b: b"[1, 2]",
    "deep brackets": lambda b: b"[" * 100_000,
    "words": lambda b: b"epoch,accuracy\n1,0.5\n",
}

CHANGES = [
    ({"seed": "first"}, "seed is 'first', not a whole number from 0"),
    ({"seed": -1}, "seed is -1"),
    ({"settings": []}, "settings is [], not an object"),
    ({"architectures": []}, "a complete search of no epochs"),
    ({"architectures": ["a", "b"]}, "line 1: no trace"),
    ({"architectures": [1.5, 2]}, "line 1: no trace"),
    ({"architectures": [1, 999]}, "index 999"),
    ({"estimates": [0.5, 1.5]}, "estimates are not all from 0 to 1"),
    ({"estimates": [0.5]}, "estimates are not 2 finite numbers"),
    ({"training_seconds": [1, -2]}, "training_seconds are not all from 0"),
    ({"training_seconds": [1, float("nan")]}, "training_seconds are not 2 finite"),
    ({"parameters": [[float("inf")], [0]]}, "parameters are not all finite"),
    ({"parameters": [[1, 2], [1]]}, "line 1: no trace"),
    ({"status": "lost"}, "line 1: no trace"),
    ({"space": "cell202"}, "unknown space 'cell202'"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_one_line_wherever_they_are_read(
    run, small_table: Table, damage: str
) -> None:
    Path("bad.jsonl").write_bytes(DAMAGES[damage](line_with(small_table)))
    table = small_table.path
    board = ("--seeds=1", "--evaluations=3", "--jobs=1")
    for words in (
        ("judge", "bad.jsonl", "--table", table),
        ("compare", table, "--strategy", "darts(file=bad.jsonl)", *board),
    ):
        code, out, err = run(*words)
        assert code == 2, words
        assert out == ""
        assert err.count("\n") == 1
        assert "bad.jsonl" in err
        assert "is no number" not in err
        assert len(err) < 300


@pytest.mark.parametrize("changes, said", CHANGES)
def test_fields_that_cannot_be_are_named(
    small_table: Table, changes: dict[str, object], said: str
) -> None:
    Path("bad.jsonl").write_bytes(line_with(small_table, **changes))
    with pytest.raises(NasbenchError) as refusal:
        read_traces("bad.jsonl")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_damaged_file_is_refused_before_any_training_and_stays(
    run, small_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "strategies.weight_sharing.darts.Darts.step",
        lambda *given: pytest.fail("it trained"),
    )
    bad = line_with(small_table)[:-40]
    Path("bad.jsonl").write_bytes(bad)
    code, _, err = run(
        "search", "darts", "--table", small_table.path, "--out=bad.jsonl"
    )
    assert code == 2
    assert "bad.jsonl, line 1: no trace" in err
    assert Path("bad.jsonl").read_bytes() == bad


def test_a_folder_in_the_place_of_a_file_is_said(run, small_table: Table) -> None:
    Path("folder").mkdir()
    table = ("--table", small_table.path)
    code, _, err = run("search", "darts", *table, "--out=folder")
    assert (code, err) == (2, "nasbench: --out folder is a folder; name a file in it\n")
    code, _, err = run("judge", "folder", *table)
    assert code == 2
    assert "cannot read records from folder: Is a directory" in err


def test_searches_of_another_recipe_are_refused_by_boards_and_judges(
    run, small_table: Table
) -> None:
    write_traces([trace_of()], Path("other.jsonl"))
    code, _, err = run("judge", "other.jsonl", "--table", small_table.path)
    assert code == 2
    assert "no search fits" in err
    board = ("--seeds=1", "--evaluations=3", "--jobs=1")
    code, _, err = run(
        "compare", small_table.path, "--strategy", "darts(file=other.jsonl)", *board
    )
    assert code == 2
    assert "other.jsonl holds no search of darts on" in err
    assert err.count("\n") == 1


def test_failed_searches_are_judged_apart_and_propose_nothing(
    run, small_table: Table
) -> None:
    failed = replace(
        trace_of(table=small_table),
        status=Status.FAILED,
        architectures=np.empty((0, 3), np.uint8),
        parameters=np.empty((0, 0), np.float32),
        estimates=np.empty(0),
        training_seconds=np.empty(0),
        selection_seconds=np.empty(0),
    )
    write_traces([failed], Path("a.jsonl"))
    code, out, err = run("judge", "a.jsonl", "--table", small_table.path)
    assert code == 0, err
    assert "1 (1)" in out
    assert "searches in parentheses failed" in out
    board = ("--strategy=random", "--seeds=2", "--evaluations=3", "--jobs=1")
    code, out, err = run(
        "compare", small_table.path, "--strategy=darts(file=a.jsonl)", *board
    )
    assert code == 2
    assert "'darts(file=a.jsonl)' proposed nothing" in err.splitlines()[-1]
    assert "like a recorded search that failed" in err.splitlines()[-1]
    assert not out


def test_runs_that_repeat_recorded_searches_are_named(
    run, small_table_path: Path
) -> None:
    table = str(small_table_path)
    words = ("--table", table, "--training.epochs=1", "--samples=0", "--seeds=2")
    assert run("search", "gdas", *words, "--out=a.jsonl")[0] == 0
    compared = ("compare", table, "--strategy=gdas(file=a.jsonl)", "--strategy=random")
    for seeds, said in (("3", True), ("2", False)):
        board = (f"--seeds={seeds}", "--evaluations=3", "--jobs=1")
        code, _, err = run(*compared, *board)
        assert code == 0, err
        assert ("3 runs replay 2 recorded searches" in err) == said


WRONG_SETTINGS = [
    ("darts", "architecture_learning_rate=-1", "expected a number above 0"),
    ("darts", "architecture_learning_rate=nan", "is nan"),
    ("pc-darts", "partial=0", "expected a whole number from 1"),
    ("drnas", "anchor=-1", "anchor is -1"),
    ("gdas", "last_temperature=0", "last_temperature is 0"),
    ("fbnet", "latency_weight=-0.1", "latency_weight is -0.1"),
    ("proxyless", "warm_up=2", "from 0 to 1"),
    ("enas", "candidates=0", "candidates is 0"),
    ("enas", "hidden=1000000", "from 1 to 512"),
    ("random-sharing", "candidates=1.5", "'1.5', not a whole number"),
    ("random-sharing", "candidates=0", "candidates is 0"),
    ("single-path", "mutation=1.5", "mutation is 1.5"),
    ("single-path", "population=-3", "population is -3"),
    ("once-for-all", "budget=0", "budget is 0"),
    ("once-for-all", "networks=0", "networks is 0"),
]


@pytest.mark.parametrize("method, text, said", WRONG_SETTINGS)
def test_settings_out_of_range_are_said_before_anything_is_read(
    run, method: str, text: str, said: str
) -> None:
    code, _, err = run("search", method, "--set", text, "--out=a.jsonl")
    assert code == 2
    assert said in err
    assert method in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("method", METHODS)
def test_the_defaults_of_every_method_are_in_their_ranges(method: str) -> None:
    make_settings(method, {})


def _add(seed: int, path: Path) -> None:
    add_trace(trace_of(seed), path)


def test_processes_that_add_to_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl.gz"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_add, args=(s, path)) for s in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(t.identity.seed for t in read_traces(path)) == list(range(12))
    assert [p.name for p in tmp_path.iterdir()] == ["many.jsonl.gz"]
