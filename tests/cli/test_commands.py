"""The commands as a user types them; wrong input ends in one line and exit code 2."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

import nasbench
from nasbench.cli import app, main
from nasbench.cli.commands import COMMANDS
from tabular import Table
from tabular.schema import sealed

CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"
RECIPE = [
    *("--recipe.epochs=2", "--recipe.batch-size=32", "--recipe.channels=2"),
    *("--recipe.train-images=96", "--recipe.valid-images=80"),
    "--recipe.test-images=70",
]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def table(small_table_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_table_path, tmp_path / "mini.h5"))


Said = tuple[int, str, str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: str | Path) -> Said:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def refused(said: Said, *parts: str) -> None:
    code, out, err = said
    assert code == 2, (out, err)
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("nasbench: ")
    for part in parts:
        assert part in err


SAID = {
    **{(name,): command for name, command in COMMANDS.items()},
    **{
        (n, p): said
        for n, command in COMMANDS.items()
        for p, said in command.parts.items()
    },
}


@pytest.mark.parametrize("words", SAID, ids=" ".join)
def test_every_command_shows_an_example_that_it_takes(run, words: tuple[str, ...]):
    code, out, _ = run(*words, "--help")
    assert code == 0
    assert "Example:" in out
    assert " ".join(SAID[words].example.split()) in " ".join(out.split())
    given = shlex.split(SAID[words].example)
    assert given[: 1 + len(words)] == ["nasbench", *words]
    app.parse_args(given[1:], print_error=False, exit_on_error=False)


def test_help_lists_every_command(run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)
    assert run("--version")[0] == 0


def test_build_info_query_verify_digest(run) -> None:
    words = ("build", "--space", "topology:2:skip_connect,nor_conv_1x1")
    code, out, err = run(
        *words, "--task", "digits", "--workers", 1, *RECIPE, "--out", "t.h5"
    )
    assert code == 0, err
    assert "2 classes, 1 seeds, 2 epochs" in out
    digest = Table.open("t.h5").digest
    assert f"digest {digest}" in out
    assert run("digest", "t.h5")[1].strip() == digest
    code, out, _ = run("info", "t.h5")
    assert code == 0
    assert "|nor_conv_1x1~0|" in out
    assert '"epochs": 2' in out
    code, out, _ = run("query", "t.h5", "|skip_connect~0|")
    assert code == 0
    assert "validation accuracy" in out
    assert out == run("query", "t.h5", "0")[1].replace(
        "architecture         0", "architecture         |skip_connect~0|"
    )
    code, out, _ = run("verify", "t.h5", "--retrain", 2)
    assert code == 0
    assert "2 of 2 equal bit for bit" in out


def test_compare_writes_a_board(run, table: Path) -> None:
    words = ("compare", table, "--strategy", "random", "--strategy", "local")
    code, out, err = run(*words, "--seeds", 3, "--evaluations", 10, "--out", "board")
    assert code == 0, err
    assert "random" in out
    files = {path.name for path in Path("board").iterdir()}
    assert files == {"board.csv", "ranking.csv", "regret.png", "index.html"}
    first = {path.name: path.read_bytes() for path in Path("board").iterdir()}
    run(*words, "--seeds", 3, "--evaluations", 10, "--out", "board")
    assert first == {path.name: path.read_bytes() for path in Path("board").iterdir()}


@pytest.mark.parametrize("budget", ["--epochs=9", "--seconds=0.5"])
def test_compare_takes_other_budgets_and_rules(run, table: Path, budget: str) -> None:
    rules = ("--noise", "trial", "--repeats", "free")
    code, out, err = run("compare", table, "--strategy=random", budget, *rules)
    assert code == 0, err
    assert "random" in out


def test_compare_runs_a_strategy_from_a_file(run, table: Path) -> None:
    Path("mine.py").write_text(
        "from nasbench.search import Proposal\n"
        "from strategies import Strategy\n\n\n"
        "class Mine(Strategy):\n"
        "    def ask(self):\n"
        "        return Proposal(self.space.sample(self.rng), self.context.epochs)\n"
    )
    code, out, err = run("compare", table, "--strategy=mine.py:Mine", "--seeds=2")
    assert code == 0, err
    assert "Mine" in out


def test_draw_writes_text_and_svg(run) -> None:
    code, out, _ = run("draw", CELL)
    assert code == 0
    assert "output = input + avg_pool_3x3(nor_conv_3x3(input))" in out
    assert run("draw", CELL, "--out", "cell.svg")[0] == 0
    assert "<svg" in Path("cell.svg").read_text()


def test_list_names_what_there_is(run) -> None:
    code, out, _ = run("list")
    assert code == 0
    for name in ("cell201-mini-digits-v1", "cell201", "digits", "evolution"):
        assert name in out


def test_wrong_words_are_refused(run, table: Path) -> None:
    refused(run("bild"), "build")
    refused(run("build"), "--out")
    refused(run("build", "--out", "t.h5", "--seeds", "x"), "--seeds")
    refused(run("build", "--out", "t.h5", "--recipe.epoch", "3"), "--recipe.epochs")
    refused(run("compare", table, "--evaluations", 3, "--epochs", 3), "one budget")
    refused(run("compare", table, "--strategy", "random", "--all"), "not both")


def test_numbers_that_are_none_are_refused(run, table: Path) -> None:
    build = ("build", "--out", "t.h5")
    for option in ("--seeds", "--workers", "--limit", "--recipe.epochs"):
        refused(run(*build, option, "1.5"), option, "1.5")
        refused(run(*build, option, "9" * 25), option)
    for value in ("nan", "inf", "-1"):
        refused(run(*build, "--recipe.learning-rate", value), "learning_rate")
    refused(run(*build, "--recipe.weight-decay", "nan"), "weight_decay")
    refused(run(*build, "--workers", "0"), "at least 1 worker")
    refused(run(*build, "--seeds", "0"), "at least 1 seed")
    refused(run(*build, "--limit", "0"), "the limit is 1 to")
    refused(run(*build, "--image-size", "0"), "image size 0")
    refused(run(*build, "--task", ""), "unknown task")
    refused(run("compare", table, "--evaluations", "0"), "positive")
    refused(run("compare", table, "--seconds", "inf"), "finite")
    refused(run("compare", table, "--seeds", "0"), "at least 1 seed, not 0")
    refused(run("compare", table, table), "given twice")
    refused(run("compare", table, "--out", ""), "give one for the board")
    refused(run("verify", table, "--retrain", "-1"), "--retrain is 0 or more, not -1")
    negative = run("verify", table, "--retrain", "3", "--seed", "-2")
    refused(negative, "--seed is 0 or more, not -2")
    refused(run("verify", table, "--task", "digits"), "--retrain")
    refused(run("query", table, "²"), "expected the form")
    assert not Path("t.h5.build").exists()


def test_tables_go_by_id_too(run) -> None:
    name = "cell201-mini-digits-v1"
    for words in (("info", name), ("query", name, CELL), ("verify", name)):
        assert run(*words)[0] == 0
    assert run("digest", name)[1].strip() == nasbench.make(name).digest


def test_strategies_of_one_name_stay_apart_and_failures_say_where(
    run, table: Path
) -> None:
    good = "from strategies import RandomSearch\n\n\nclass X(RandomSearch):\n    pass\n"
    for file in ("a.py", "b.py"):
        Path(file).write_text(good)
    words = ("compare", table, "--strategy=a.py:X", "--strategy=b.py:X", "--seeds=2")
    code, out, _ = run(*words)
    assert code == 0
    assert "a.py:X" in out
    assert "b.py:X" in out
    Path("c.py").write_text(good.replace("    pass", "    def ask(self): return 1 / 0"))
    refused(run("compare", table, "--strategy=c.py:X"), "ZeroDivisionError", "c.py:5")
    Path("d.py").write_text("import sys\nsys.exit(3)\n")
    refused(run("compare", table, "--strategy=d.py:X"), "d.py cannot be run")


def test_sigterm_ends_a_comparison_with_its_own_code(table: Path) -> None:
    program = "import sys; from nasbench.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["compare", str(table), "--strategy=random", "--seeds=1000000"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline().startswith("runs")
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 143
    assert errors.strip().splitlines()[-1] == "nasbench: interrupted"


def test_wrong_names_are_refused_with_what_is_valid(run, table: Path) -> None:
    build = ("build", "--out", "t.h5")
    refused(run(*build, "--space", "cell202"), "cell202", "cell201")
    refused(run(*build, "--task", "digit"), "digit", "digits")
    refused(run(*build, "--task", "no/such/folder"), "no/such/folder")
    refused(run(*build, "--recipe.augmentation", "mixup"), "crop-flip")
    refused(run(*build, "--recipe.batch-size", 1), "batch_size")
    refused(run("query", table, "|nor_conv_3x3~0|"), "expected the form")
    refused(run("query", table, CELL.replace("3x3", "4x4")), "nor_conv_3x3")
    refused(run("query", table, "125"), "0 to 124")
    refused(run("query", table, "-1"), "0 to 124")
    refused(run("draw", "|none~0|+|none|"), "expected the form")
    refused(run("draw", CELL, "--out", "cell.png"), ".svg")
    refused(run("draw", CELL, "--space", "cell201"), "cell201")
    refused(run("compare", "cell201-mini-digit-v1"), "cell201-mini-digits-v1")
    refused(run("compare", table, "--strategy", "evolutoin"), "evolution")
    assert not Path("t.h5").exists()
    assert not Path("t.h5.build").exists()


def test_wrong_files_are_refused_by_every_command(run, table: Path) -> None:
    Path("text.h5").write_text("hello")
    Path("cut.h5").write_bytes(table.read_bytes()[:4000])
    for command in (("info",), ("query", CELL), ("verify",), ("digest",), ("compare",)):
        name, *rest = command
        refused(run(name, "nowhere.h5", *rest), "nowhere.h5")
        refused(run(name, "text.h5", *rest), "text.h5", "no nasbench-table")
        refused(run(name, "cut.h5", *rest), "cut.h5", "damaged")


def test_verify_fails_on_a_changed_number(run, table: Path) -> None:
    with h5py.File(table, "r+") as file:
        file["costs/flops"][3] += 1
    refused(run("verify", table), "mini.h5", "seal")
    table.write_bytes(sealed(table.read_bytes()))
    code, out, err = run("verify", table)
    assert code == 2
    assert "WRONG" in out
    assert "checksums" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_outputs_without_permission_are_refused(run, table: Path) -> None:
    closed = Path("closed")
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)
    refused(run("build", "--out", "closed/t.h5", *RECIPE), "closed")
    refused(run("draw", CELL, "--out", "closed/cell.svg"), "closed")
    refused(run("compare", table, "--seeds", 2, "--out", "closed/board"), "closed")


def test_outputs_in_impossible_places_are_refused(run, table: Path) -> None:
    Path("file").touch()
    refused(run("build", "--out", "file/t.h5", *RECIPE), "file/t.h5")
    refused(run("build", "--out", ".", *RECIPE), "is a folder")
    refused(run("draw", CELL, "--out", "file/cell.svg"), "file/cell.svg")
    refused(run("compare", table, "--seeds", 2, "--out", "file/board"), "file/board")


def test_a_users_images_become_a_table(run, tmp_path: Path) -> None:
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    np.savez("mine.npz", x=(images.reshape(-1, 8, 8) * 15).astype(np.uint8), y=labels)
    words = ("build", "--space", "topology:2:nor_conv_3x3", "--task", "mine.npz")
    code, _, err = run(*words, "--workers", 1, *RECIPE, "--out", "mine.h5")
    assert code == 0, err
    table = Table.open("mine.h5")
    assert table.identity.task == "mine"
    assert table.identity.image_shape == (1, 8, 8)
    refused(run("verify", "mine.h5", "--retrain", 1), "mine")
    code, out, _ = run("verify", "mine.h5", "--retrain", 1, "--task", "mine.npz")
    assert code == 0
    assert "1 of 1 equal" in out
    # The current folder is a path too; it holds one .npz file.
    code, _, err = run(*words[:4], ".", "--workers", 1, *RECIPE, "--out", "here.h5")
    assert code == 0, err
    same = Table.open("here.h5").identity.task_fingerprint
    assert same == table.identity.task_fingerprint


def without(modules: str, *commands: tuple[str, ...]) -> list[Said]:
    """Run commands, one after the other, where some modules are not installed."""
    program = """
import contextlib, io, json, sys


class Absent:
    def find_spec(self, name, path, target=None):
        if name in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


sys.meta_path.insert(0, Absent())
from nasbench.cli import main
said = []
for words in json.loads(sys.argv[2]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    said.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(said))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, modules, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(one) for one in json.loads(ended.stdout)]


def test_without_the_training_extra_training_is_refused_and_asking_works(
    table: Path, tmp_path: Path
) -> None:
    build, retrain, verify, compare = without(
        "torch,numba,llvmlite",
        ("build", "--out", "t.h5", *RECIPE),
        ("verify", "mini.h5", "--retrain=1"),
        ("verify", "mini.h5"),
        ("compare", "mini.h5", "--seeds=2"),
    )
    for said in (build, retrain):
        refused(said, "nasbench-suite[train]")
    assert not Path("t.h5.build").exists()
    assert verify[0] == compare[0] == 0


def test_without_torch_the_fused_engine_trains(table: Path, tmp_path: Path) -> None:
    retrain, build = without(
        "torch",
        ("verify", "mini.h5", "--retrain=1"),
        ("build", "--out", "t.h5", "--engine=torch", *RECIPE),
    )
    assert retrain[0] == 0
    refused(build, "nasbench-suite[train]")
