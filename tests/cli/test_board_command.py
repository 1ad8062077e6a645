"""``nasbench board``, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasbench.cli import main

TEXT = """\
format = 1
title = "My board"
seeds = 2
strategies = ["random", "evolution(population_size=10)"]

[benchmarks]
cell201-mini-digits-v1 = ""

[budget]
evaluations = 15
"""
MINE = "from strategies import LocalSearch\n\n\nclass Mine(LocalSearch):\n    pass\n"

Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text(TEXT)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: str) -> Said:
        try:
            code = main(["board", *words])
        except SystemExit as ended:
            code = int(str(ended.code))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def refused(said: Said, *parts: str) -> None:
    code, _, err = said
    assert code == 2, said
    last = err.strip().splitlines()[-1]
    assert last.startswith("nasbench: ")
    for part in parts:
        assert part in last


def test_a_board_is_pinned_run_shown_and_verified(run) -> None:
    refused(run("run", "my.toml"), "has no digest", "nasbench board pin my.toml")
    assert run("pin", "my.toml")[1] == "my.toml: pinned cell201-mini-digits-v1\n"
    assert run("pin", "my.toml")[1] == "my.toml: pinned nothing\n"
    refused(run("show", "my.toml"), "results/my holds no board", "nasbench board run")
    code, out, err = run("run", "my.toml", "--jobs", "2")
    assert code == 0, err
    assert out.startswith("results/my: ran 2 strategies\nMy board: 15 evaluations\n")
    assert "evolution(population_size=10)" in out
    assert "runs 4/4" in err
    _, again, _ = run("run", "my.toml")
    assert again.startswith("results/my: ran 0 strategies, kept 2 that stood")
    shown = run("show", "my.toml")[1]
    assert out.endswith(shown)
    assert run("show", "results/my")[1] == shown
    manifest = Path("my.toml").read_text()
    Path("my.toml").write_text(manifest + "# a line more\n")
    _, again, err = run("show", "my.toml")
    assert again == shown
    assert "results/my holds the results of another version of my.toml" in err
    Path("my.toml").write_text(manifest)
    code, out, _ = run("verify", "my.toml")
    assert (code, out) == (0, "my: equal to the last bit; all 4 runs were run again\n")
    code, out, _ = run("verify", "my.toml", "--seeds", "1", "--strategy", "random")
    assert code == 0
    assert out == "my: equal to the last bit; a sample of 1 of 4 runs were run again\n"


def test_a_difference_is_named_and_ends_in_status_1(run) -> None:
    run("pin", "my.toml")
    run("run", "my.toml")
    rows = Path("results/my/runs/random.csv")
    rows.write_text(rows.read_text().replace(",budget,", ",idle,", 1))
    code, out, _ = run("verify", "my.toml")
    assert code == 1
    first, last = out.splitlines()
    assert first == (
        "runs/random.csv, strategy random, benchmark cell201-mini-digits-v1, seed 0, "
        "column ended: the results say 'idle', run again it is 'budget'"
    )
    assert last == "my: DIFFERENT; all 4 runs were run again"


def test_a_strategy_of_ones_own_is_submitted(run) -> None:
    Path("mine.py").write_text(MINE)
    run("pin", "my.toml")
    run("run", "my.toml", "--out", "here")
    where = ("--out", "here")
    code, out, _ = run("submit", "my.toml", "mine.py:Mine", "--dry-run", *where)
    assert code == 0
    assert out.endswith("Mine keeps the contract and the rules; nothing was written\n")
    code, out, err = run("submit", "my.toml", "mine.py:Mine", "--name", "mine", *where)
    assert code == 0, err
    assert out.startswith("here: ran 1 strategies, kept 2")
    ranks = [line.split()[0] for line in out.splitlines() if " [" in line]
    assert sorted(ranks) == ["evolution(population_size=10)", "mine", "random"]
    assert run("verify", "my.toml", *where)[0] == 0
    Path("mine.py").write_text(MINE.replace("    pass", "    ask = None"))
    code, out, err = run("submit", "my.toml", "mine.py:Mine", "--name", "b", *where)
    assert code == 2
    assert out.strip()
    assert "b breaks the contract" in err


def test_boards_are_shown_as_asked(run) -> None:
    code, out, _ = run("show", "ci-small", "--sort", "strategy")
    assert code == 0
    lines = out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("strategy"))
    assert lines[start + 1 :] == sorted(lines[start + 1 :])
    assert run("show", "ci-small", "--metric", "validation_regret")[0] == 0
    refused(run("show", "ci-small", "--sort", "rnk"), "did you mean 'rank'")
    refused(run("show", "ci-small", "--metric", "regret"), "test_regret")
    refused(run("show", "ci-small", "--metric", "hypervolume"), "several objectives")
    refused(run("show", "ci-smal"), "did you mean 'ci-small'")


def test_all_published_boards_are_listed(run) -> None:
    code, out, _ = run("list")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("ci-small"))
    assert line.split()[-2:] == ["100", "yes"]


def test_wrong_input_is_one_line(run) -> None:
    refused(run("run", "none.toml"), "cannot read the manifest none.toml")
    refused(run("run", "my.toml", "--out", "."), "current folder")
    run("pin", "my.toml")
    refused(run("run", "my.toml", "--jobs", "0"), "at least 1 job")
    refused(run("pin"), "give a manifest")
    refused(run("verify", "my.toml"), "holds no board")
