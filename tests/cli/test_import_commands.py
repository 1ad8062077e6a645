"""``nasbench import``, and the other commands on what it wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_mapping import MAPPING

from nasbench.cli import main
from nasbench.spaces import make_space

SPACE = make_space("cell201-mini")
CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"
CHIP = """
[[metric]]
column = "chip"
quantity = "latency"
target = "chip"
unit = "ms"
missing = ["-1"]
"""


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(0).uniform(20, 90, SPACE.size).round(2)
    lines = [
        f"{SPACE.format(a)},{v},{-1 if v < 50 else v / 10:.3f}"
        for a, v in zip(SPACE, drawn, strict=True)
    ]
    Path("t.csv").write_text("\n".join(["arch,val,chip", *lines]) + "\n")
    Path("mine.toml").write_text(MAPPING + CHIP)

    def command(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_an_imported_table_answers_to_every_command(run):
    code, out, err = run("import", "t.csv", "--mapping", "mine.toml", "--out", "t.h5")
    assert code == 0, err
    digest = run("digest", "t.h5")[1].strip()
    assert f"wrote t.h5, digest {digest}" in out
    for part in ("a test", "latency chip", "validation accuracy 4 epochs"):
        assert part in out
        assert part in run("info", "t.h5")[1]
    code, out, _ = run("query", "t.h5", CELL)
    assert code == 0
    assert "fraction" in out
    assert out == run("query", "t.h5", SPACE.index(SPACE.parse(CELL)))[1]
    code, out, _ = run("verify", "t.h5")
    assert code == 0
    assert "WRONG" not in out
    code, out, err = run(
        *("compare", "t.h5", "--strategy=random", "--strategy=local", "--seeds=3"),
        *("--evaluations=20", "--out", "board"),
    )
    assert code == 0, err
    assert "local" in out
    assert (Path("board") / "index.html").exists()


def test_what_does_not_go_with_published_tables_is_refused_in_one_line(run):
    words = ("import", "t.csv", "--mapping", "mine.toml", "--out")
    assert run(*words, "t.h5")[0] == 0
    head, _, _ = MAPPING.partition("[[metric]]")
    Path("chip.toml").write_text(head + CHIP)
    assert run("import", "t.csv", "--mapping=chip.toml", "--out=chip.h5")[0] == 0
    for said, part in (
        (run(*words, "t.h5"), "there already"),
        (run(*words, "."), "folder"),
        (run("import", "no.csv", "--mapping=mine.toml", "--out=x.h5"), "no.csv"),
        (run("import", "t.csv", "--mapping=nb201", "--out=x.h5"), "nb201-cifar10"),
        (run("import", "t.csv", "--mapping=nb201-cifar10", "--out=x.h5"), "'c10_val"),
        (run("info", "t.h5", "--analysis"), "no analysis"),
        (run("verify", "t.h5", "--retrain", "1"), "leave out --retrain"),
        (run("query", "t.h5", "125"), "0 to 124"),
        (run("compare", "t.h5", "--noise=trial"), "no seeds"),
        (run("compare", "t.h5", "--seconds=5"), "seconds"),
        (run("compare", "chip.h5"), "no validation accuracy"),
        (run("merge", "t.h5", "--out", "x.h5"), "nasbench-table"),
    ):
        code, _, err = said
        assert code == 2, said
        assert len(err.strip().splitlines()) == 1, err
        assert part in err
    assert run("info", "chip.h5")[0] == run("query", "chip.h5", "3")[0] == 0
    assert not Path("x.h5").exists()
