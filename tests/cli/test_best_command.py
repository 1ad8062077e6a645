"""``nasbench best``: the exact answer under limits, by brute force over the table."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from tabular import Table
from tabular.modelled_latencies import model_latencies

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
PI, OS = "sim-roofline-pi4class", "sim-systolic-os32"


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Table:
    path = tmp_path_factory.mktemp("best") / "mini.h5"
    return model_latencies(Path(shutil.copy(SHIPPED, path)), [PI, OS])


@pytest.fixture
def run(capsys, table):
    def command(*words):
        code = main(["best", str(table.path), *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def shown(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_answer_is_that_of_brute_force_over_both_limits(run, table, quantile):
    frame = table.to_frame()
    limit = float(frame[f"latency:{PI}"].quantile(quantile))
    other = float(frame[f"latency:{OS}"].quantile(0.7))
    kept = frame[
        (frame[f"latency:{PI}"] <= limit) & (frame[f"latency:{OS}"] <= other)
    ].sort_values("validation_accuracy", ascending=False, kind="stable")
    code, out, err = run(
        "--under", f"latency:{PI}<={limit!r}", "--under", f"latency:{OS}<={other!r}",
        "--top", 4,
    )  # fmt: skip
    assert (code, err) == (0, "")
    found = shown(out)
    accuracy = dict(
        zip(frame["architecture"], frame["validation_accuracy"], strict=True)
    )
    wanted = kept["validation_accuracy"].head(4).to_list()
    assert [accuracy[text] for text in found] == wanted
    assert set(found) <= set(kept["architecture"])
    assert f"{len(kept)} of {len(frame)} functions keep" in out
    assert f"latency:{PI}: milliseconds of one image, simulated" in out


def test_without_limits_it_is_the_best_of_all(run, table):
    code, out, _ = run("--top", 1)
    assert code == 0
    frame = table.to_frame()
    assert shown(out) == [
        frame.loc[frame["validation_accuracy"].idxmax(), "architecture"]
    ]


def test_a_looser_limit_never_gives_a_worse_answer(run, table):
    frame = table.to_frame()
    best = []
    for limit in np.quantile(frame["flops"], [0.1, 0.3, 0.6, 1.0]):
        _, out, _ = run("--under", f"flops<={limit!r}".replace("np.float64", ""))
        if out:
            best.append(float(out.splitlines()[1].split()[1]))
    assert best == sorted(best)


@pytest.mark.parametrize(
    "words, said",
    [
        (("--under", f"latency:{PI}<1e-9"), f"latency:{PI} is "),
        (("--under", "latency:nowhere<1"), "unknown column 'latency:nowhere'"),
        (("--under", "flops"), "is no limit"),
        (("--top", "0"), "--top is 1 or more, not 0"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(run, words, said):
    # The limit of 1e-9 ms is kept by the constant network alone, so ask for accuracy.
    extra = ("--under", "accuracy>0.5") if "1e-9" in words[1] else ()
    code, out, err = run(*words, *extra)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_target_that_the_table_lacks_names_those_that_it_has(run):
    _, _, err = run("--under", "latency:sim-roofline-pi5class<1")
    assert f"did you mean 'latency:{PI}'" in err
