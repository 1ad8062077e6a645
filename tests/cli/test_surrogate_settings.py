"""``nasbench surrogate`` with settings, limits and sources that are no trainings."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pandas
import pytest

from nasbench.cli import main
from nasbench.cli.surrogate_settings import ChosenModels
from nasbench.errors import NasbenchError
from surrogates.benchmark import SurrogateBenchmark
from surrogates.gaussian_process import GaussianProcess
from surrogates.observations import Observations
from surrogates.scoring import Protocol, evaluate_surrogate, summary
from tabular import Table
from tabular.importers import import_csv
from tabular.importers.mapping import parse_mapping

SURROGATE = "conv5-mnist-clutter-v1"
TREES = ("--model", "random-forest", "--set", "trees=10")

MAPPING = """
name = "gaps"
space = "cell201-mini"
task = "t"
epochs = 2
source = "s"
licence = "l"
protocol = "p"
[architecture]
column = "cell"
[skeleton]
image_channels = 3
height = 4
width = 4
classes = 4
channels = 4
cells_per_stage = 4
"""

METRIC = """
[[metric]]
column = "acc{trial}"
quantity = "accuracy"
split = "validation"
epochs = 2
trial = {trial}
unit = "%"
"""


@pytest.fixture(autouse=True)
def _own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_table_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(small_table_path, tmp_path / "mini.h5")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: str | Path | int) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def evaluate(run):
    def command(*words: str | Path | int) -> str:
        code, out, err = run("surrogate", "evaluate", "mini.h5", *words)
        assert code == 0, err
        return out

    return command


@pytest.fixture
def refused(run):
    def command(*words: str | Path | int) -> str:
        code, out, err = run(*words)
        assert (code, out) == (2, ""), err
        assert len(err.strip().splitlines()) == 1, err
        assert "fits" not in err
        return err

    return command


@pytest.fixture
def gaps() -> Path:
    """A published table: of 40 rows 4 have no value, and 4 more only one trial."""
    space = Table.open("mini.h5").space
    rows = [
        f"{space.format(space.architecture_at(i))},"
        f"{'' if i < 4 else 50 + i % 40},{'' if i < 8 else 55 + i % 30}"
        for i in range(40)
    ]
    Path("gaps.csv").write_text("\n".join(["cell,acc0,acc1", *rows]))
    text = MAPPING + "".join(METRIC.format(trial=trial) for trial in (0, 1))
    import_csv(Path("gaps.csv"), parse_mapping(text, "m"), Path("gaps.h5"))
    return Path("gaps.h5")


def test_settings_of_the_command_line_are_those_of_the_library(evaluate) -> None:
    words = ("--encoding", "one-hot", "--size", 20, "--splits", 2, "--out", "s.csv")
    out = evaluate(*TREES, "--target", "rank", *words)
    assert "random-forest: trees=10, target=rank" in out
    known = Observations.of(Table.open("mini.h5"))
    model = ("random-forest", {"trees": 10, "target": "rank"})
    expected = evaluate_surrogate(known, "one-hot", model, Protocol((20,), 2))
    found = pandas.read_csv("s.csv")
    assert found["mae"].tolist() == pytest.approx(expected["mae"].tolist())
    plain = evaluate_surrogate(
        known, "one-hot", ("random-forest", {}), Protocol((20,), 2)
    )
    assert found["mae"].tolist() != pytest.approx(plain["mae"].tolist())
    assert set(found["settings"]) == {"trees=10, target=rank"}


def test_a_fit_keeps_its_settings(run) -> None:
    words = (*TREES, "--target", "plain", "--samples", 20, "--out", "s.npz")
    code, _, err = run("surrogate", "fit", "mini.h5", *words)
    assert code == 0, err
    model = SurrogateBenchmark.open("s.npz").parts.validation.model
    assert (model.settings()["trees"], model.target) == (10, "plain")


def test_a_gaussian_process_gets_the_kernel_of_its_encoding(evaluate) -> None:
    words = ("--model", "gaussian-process", "--encoding", "one-hot", "--encoding")
    words = (*words, "wl-2", "--size", 20, "--splits", 1)
    out = evaluate(*words)
    assert "gaussian-process on one-hot: kernel=hamming" in out
    assert "gaussian-process on wl-2: kernel=histogram" in out
    assert "gaussian-process: kernel=rbf" in evaluate(*words, "--kernel", "rbf")


@pytest.mark.parametrize(
    "words, said",
    [
        (("--set", "trees"), "'trees' is not of the form NAME=VALUE"),
        (("--set", "tres=3"), "did you mean 'trees'"),
        (("--set", "trees=0"), "a whole number, 1 or more, not '0'"),
        (("--set", "trees=1.5"), "not '1.5'"),
        (("--set", "column_share=2"), "above 0 and up to 1, not '2'"),
        (("--set", "column_share=nan"), "not 'nan'"),
        (("--set", "bootstrap=yes"), "true or false"),
        (("--set", "target=rnk"), "did you mean 'rank'"),
        (("--set", "target=rank", "--target", "plain"), "give one"),
        (("--set", "trees=1", "--set", "trees=2"), "given twice"),
        (("--set", "seed=1"), "takes no seed"),
        (("--kernel", "rbf"), "unknown setting of random-forest 'kernel'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(refused, words, said) -> None:
    given = ("mini.h5", "--model", "random-forest", *words)
    assert said in refused("surrogate", "evaluate", *given)
    assert said in refused("surrogate", "fit", *given, "--out", "s.npz")
    assert not Path("s.npz").exists()


def test_a_setting_goes_to_the_models_that_have_it() -> None:
    families = ("xgboost", "mlp-ensemble", "gaussian-process", "xgboost")
    chosen = ChosenModels.of(families, ("members=1", "folds=0"))
    assert chosen.settings == {
        "xgboost": {"members": 1, "folds": 0},
        "mlp-ensemble": {"members": 1},
        "gaussian-process": {},
    }
    with pytest.raises(NasbenchError, match="no relevance"):
        ChosenModels.of(("gaussian-process",), ("relevance=true",), kernel="histogram")


def test_what_a_model_takes_at_most_caps_the_largest_size(
    evaluate, refused, monkeypatch
) -> None:
    monkeypatch.setattr(GaussianProcess, "most_samples", 30)
    words = ("--model", "gaussian-process", "--encoding", "one-hot", "--splits", 1)
    out = evaluate(*words)
    sizes = [line.split()[2] for line in out.splitlines() if "one-hot" in line][:2]
    assert sizes == ["25", "30"]
    assert "fitted to 30 at most, its limit, where 48 are left" in out
    both = ("--model", "random-forest", *words, "--size", 31)
    err = refused("surrogate", "evaluate", "mini.h5", *both)
    assert "gaussian-process takes up to 30 samples, not 31" in err
    err = refused(
        *("surrogate", "fit", "mini.h5", *words[:4], "--out", "s.npz"),
    )
    assert "knows 60 architectures" in err
    assert "--samples 30" in err


def test_a_size_that_no_split_leaves_is_refused_before_any_fit(refused) -> None:
    words = ("mini.h5", *TREES, "--size", 20, "--size", 49, "--out", "s.csv")
    err = refused("surrogate", "evaluate", *words, "--figures", "figures")
    assert "mini.h5 leaves 48 architectures" in err
    assert "not 49" in err
    assert not Path("s.csv").exists()
    assert not Path("figures").exists()


def test_figures_are_drawn_where_their_splits_leave_less(evaluate, gaps, run) -> None:
    """Ordinary splits of members leave more than the clustered ones of figures."""
    words = (*TREES, "--encoding", "one-hot", "--leaking", "--splits", 1)
    code, out, err = run(
        *("surrogate", "evaluate", gaps, *words, "--size", 29, "--figures", "f")
    )
    assert code == 0, err
    assert "wrote f/calibration.png" in out


def test_splits_that_leave_different_numbers_are_one_row(gaps) -> None:
    known = Observations.of(nasbench_table(gaps))
    rules = Protocol((None,), 6)
    scores = evaluate_surrogate(known, "one-hot", ("random-forest", {}), rules)
    assert len(set(scores["size"])) > 1
    (row,) = summary(scores).to_dict("records")
    assert row["splits"] == 6
    assert row["size"] == round(scores["size"].mean())


def nasbench_table(path: Path):
    from tabular.opened import open_any

    return open_any(path)


def test_published_rows_without_a_value_are_left_out_and_counted(run, gaps) -> None:
    known = Observations.of(nasbench_table(gaps))
    assert (len(known), known.left_out) == (36, 4)
    assert known.trials.shape == (36, 2, 2)
    assert pandas.isna(known.trials[:, 1, -1]).sum() == 4
    code, out, err = run(
        *("surrogate", "evaluate", gaps, *TREES, "--encoding", "one-hot"),
        *("--size", 10, "--splits", 1),
    )
    assert code == 0, err
    assert "left out: 4 without a validation accuracy" in out
    fit = ("surrogate", "fit", gaps, *TREES, "--encoding", "one-hot", "--out", "g.npz")
    code, out, err = run(*fit)
    assert code == 0, err
    assert "left out: 4" in out
    assert "36 architectures" in out
    space = known.space
    first = [space.architecture_at(i) for i in range(3)]
    with pytest.raises(NasbenchError) as caught:
        Observations.of(nasbench_table(gaps), first)
    assert space.format(first[0]) in str(caught.value)
    assert "(0, 0, 0)" not in str(caught.value)
    with pytest.raises(NasbenchError) as caught:
        nasbench_table(gaps).evaluate(first[0])
    assert space.format(first[0]) in str(caught.value)


def test_a_surrogate_is_no_source_of_trainings(run, refused) -> None:
    words = (*TREES, "--encoding", "one-hot", "--samples", 20, "--out", "s.npz")
    assert run("surrogate", "fit", "mini.h5", *words)[0] == 0
    for name in ("s.npz", SURROGATE):
        for command in (("evaluate",), ("fit", "--out", "t.npz")):
            err = refused("surrogate", *command, name)
            assert f"evaluate TABLE --surrogate {name}" in err
    assert not Path("t.npz").exists()


@pytest.mark.parametrize("name", ["s.npz", SURROGATE])
def test_a_surrogate_is_verified_and_no_table(run, refused, name) -> None:
    words = (*TREES, "--encoding", "one-hot", "--samples", 20, "--out", "s.npz")
    digest = run("surrogate", "fit", "mini.h5", *words)[1].split("digest ")[1].strip()
    code, out, err = run("digest", name)
    assert code == 0, err
    code, verified, err = run("verify", name)
    assert code == 0, err
    assert out.strip() in verified
    assert "WRONG" not in verified
    assert (out.strip() == digest) == (name == "s.npz")
    assert f"surrogate predict {name}" in refused("query", name, "3")
    assert "leave out --retrain" in refused("verify", name, "--retrain", "1")


def test_a_damaged_surrogate_and_a_sample(run, refused) -> None:
    data = files("surrogates") / "data" / f"{SURROGATE}-sample.npz"
    shutil.copy(str(data), "sample.npz")
    code, out, err = run("verify", "sample.npz")
    assert code == 0, err
    assert "a sample" in out
    assert "is a sample, not a table" in refused("query", "sample.npz", "3")
    content = bytearray(Path("sample.npz").read_bytes())
    content[len(content) // 2] ^= 255
    Path("sample.npz").write_bytes(content)
    for command in ("digest", "verify"):
        assert "damaged" in refused(command, "sample.npz")


def test_a_table_for_a_document(evaluate) -> None:
    words = (*TREES, "--encoding", "one-hot", "--size", 20, "--size", 40)
    lines = evaluate(*words, "--splits", 2, "--markdown").splitlines()
    assert lines[0].startswith("| model | encoding | samples | R2, at most 0.")
    wanted = ("MAE", "Spearman", "sparse Kendall", "precision@20", "regret@20", "NLL")
    assert all(name in lines[0] for name in wanted)
    assert [line.split(" | ")[2] for line in lines[2:4]] == ["20", "40"]
    assert {line.count("|") for line in lines[:4]} == {lines[0].count("|")}
    assert lines[-1].startswith("`mini.h5`, validation accuracy as a mean over 2 seeds")
    assert lines[-1].endswith("random-forest: trees=10.")


def test_the_ceiling_of_a_pilot(evaluate, refused) -> None:
    words = (*TREES, "--encoding", "one-hot", "--size", 20, "--splits", 1)
    own, by_itself = evaluate(*words), evaluate(*words, "--pilot", "mini.h5")
    assert own.replace("these seed means", "this accuracy") == by_itself
    err = refused("surrogate", "evaluate", "mini.h5", "--pilot", "chain-digits-v1")
    assert "is no pilot of mini.h5" in err


def test_ranks_of_proxies_for_a_document(run) -> None:
    score = ("proxies", "score", "mini.h5", "--proxy", "l2_norm", "--seeds", 1)
    assert run(*score, "--batch", 16)[0] == 0
    code, out, err = run("proxies", "rank", "mini.h5", "--markdown")
    assert code == 0, err
    lines = out.splitlines()
    plain = run("proxies", "rank", "mini.h5")[1].splitlines()
    assert lines[2].startswith("| `params` (baseline) | ")
    numbers = [cell.strip() for cell in lines[-3].split("|")[2:-1]]
    found = ", ".join(numbers).split(", ")
    assert found == plain[-2].split()[-len(found) :]
    assert lines[-1].startswith("`mini.h5`, test accuracy after full training")
