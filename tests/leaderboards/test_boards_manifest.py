"""Manifests say all that decides a board, and nothing else is let in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import nasbench
from leaderboards import RunSettings
from leaderboards.boards.manifest import parse_manifest, read_manifest
from leaderboards.boards.pins import open_benchmarks, write_pins
from leaderboards.boards.published import board_names, manifest_of, results_of
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Constraint, Objective

PATH = Path("my-board.toml")
SMALL = """\
# a comment
format = 1
title = "A board"  # another
seeds = 3
strategies = ["random", "evolution(population_size=10)"]

[benchmarks]
cell201-mini-digits-v1 = ""  # the smallest

[budget]
evaluations = 20
"""


def refusal(text: str) -> str:
    with pytest.raises(NasbenchError) as caught:
        parse_manifest(text, PATH)
    message = str(caught.value)
    assert message.startswith("my-board.toml")
    assert "\n" not in message
    return message


def test_what_is_not_said_has_the_defaults_of_the_runner() -> None:
    manifest = parse_manifest(SMALL, PATH)
    assert manifest.settings == RunSettings(Budget(20))
    assert manifest.name == "my-board"
    assert manifest.metrics == ("test_regret", "validation_regret")
    assert (manifest.baseline, manifest.proxies) == ("random", False)


def test_every_rule_of_the_runner_can_be_said() -> None:
    given = SMALL.replace("evaluations = 20", "seconds = 7.5") + (
        "[rules]\nworkers = 2\nspeeds = [1, 0.5]\nfidelity = 'restart'\n"
        "repeats = 'free'\noverhead = 0.25\nnoise = 'trial'\nproxies = true\n"
        "objectives = ['accuracy', 'flops']\nconstraints = ['flops<=2M']\n"
        "[ranking]\nmetrics = ['hypervolume', 'test_regret']\nbaseline = 'random'\n"
    )
    manifest = parse_manifest(given, PATH)
    assert manifest.settings == RunSettings(
        Budget(7.5, "seconds"),
        repeats="free",
        fidelity="restart",
        noise="trial",
        workers=2,
        speeds=(1, 0.5),
        overhead=0.25,
        objectives=(
            Objective("validation_accuracy", maximise=True),
            Objective("flops", maximise=False),
        ),
        constraints=(Constraint("flops", 2e6),),
    )
    assert manifest.proxies
    assert manifest.metrics == ("hypervolume", "test_regret")
    assert manifest.baseline == "random"


@pytest.mark.parametrize(
    "old, new, parts",
    [
        ("format = 1", "format = 2", ["format is 2", "reads 1"]),
        ("format = 1", "format = true", ["format is True"]),
        ("seeds = 3", "seed = 3", ["unknown key 'seed'", "'seeds'"]),
        ("seeds = 3", "seeds = 0", ["seeds is 0", "1 or more"]),
        ("seeds = 3", "seeds = true", ["seeds is True"]),
        ("seeds = 3", "", ["seeds is missing"]),
        ('"random"', '"randm"', ["unknown strategy 'randm'", "'random'"]),
        ('"random"', '"a.py:B"', ["'a.py:B' is a file", "board submit"]),
        ('"random", ', '"evolution(population_size=10)", ', ["twice"]),
        ("population_size=10", "population=10", ["no setting 'population'"]),
        ("[budget]\nevaluations = 20", "", ["one of evaluations, epochs, seconds"]),
        ("evaluations = 20", "evaluation = 20", ["'evaluations'"]),
        ("evaluations = 20", "evaluations = 20\nepochs = 3", ["evaluations, epochs"]),
        ("evaluations = 20", "seconds = inf", ["seconds is inf", "finite"]),
        ("evaluations = 20", "evaluations = 2.5", ["evaluations is 2.5", "whole"]),
        ('cell201-mini-digits-v1 = ""', "", ["benchmarks is missing", "board pin"]),
        ('-v1 = ""', '-v1 = "abc"', ["pinned to 'abc'", "board pin"]),
        ('-v1 = ""', '-v1 = ["a", "b"]', ["'a' is no SHA-256"]),
        ("title", "[", ["no TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    old: str, new: str, parts: list[str]
) -> None:
    assert old in SMALL
    message = refusal(SMALL.replace(old, new, 1))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    "rules, parts",
    [
        ("[rules]\nworker = 2", ["'workers'"]),
        ("[rules]\nfidelity = 'resum'", ["fidelity", "'resume'"]),
        ("[rules]\noverhead = 'measured'", ["overhead", "finite number"]),
        ("[rules]\nproxies = 1", ["proxies is 1", "true or false"]),
        ("[rules]\nspeeds = [1, 2]", ["2 speeds", "1 workers"]),
        ("[rules]\nobjectives = ['flops']", ["accuracy and flops"]),
        ("[ranking]\nmetrics = ['test_regrets']", ["'test_regret'"]),
        ("[ranking]\nmetrics = ['hypervolume']", ["several objectives"]),
        ("[ranking]\nmetrics = []", ["empty list"]),
        ("[ranking]\nbaseline = 'randm'", ["'randm'", "'random'", "of the board"]),
        ("[ranking]\nbaseline = 'local'", ["'local'", "strategies of the board"]),
    ],
)
def test_rules_that_are_none_are_refused(rules: str, parts: list[str]) -> None:
    message = refusal(f"{SMALL}\n{rules}\n")
    for part in parts:
        assert part in message


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NasbenchError, match=r"cannot read the manifest .*none\.toml"):
        read_manifest(tmp_path / "none.toml")


def test_a_pin_changes_its_lines_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "my-board.toml"
    path.write_text(SMALL)
    (changed,) = write_pins(read_manifest(path))
    spec = nasbench.make("cell201-mini-digits-v1").spec  # type: ignore[attr-defined]
    assert changed.digest == spec.digest
    before, after = SMALL.splitlines(), path.read_text().splitlines()
    place = before.index('cell201-mini-digits-v1 = ""  # the smallest')
    assert after[:place] == before[:place]
    assert after[place + 4 :] == before[place + 1 :]
    assert after[place + 3] == "]  # the smallest"
    assert read_manifest(path).benchmarks == (changed,)
    assert write_pins(read_manifest(path)) == []


def test_a_pin_of_other_numbers_names_both_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "my-board.toml"
    path.write_text(SMALL)
    with pytest.raises(NasbenchError, match="has no digest; `nasbench board pin"):
        open_benchmarks(read_manifest(path))
    (pin,) = write_pins(read_manifest(path))
    text = path.read_text()
    for digest in (pin.digest, pin.measured):
        path.write_text(text.replace(digest, "0" * 64))
        with pytest.raises(NasbenchError) as caught:
            open_benchmarks(read_manifest(path))
        assert "0" * 64 in str(caught.value)
        assert digest in str(caught.value)
        assert "board pin" in str(caught.value)
        write_pins(read_manifest(path))
        assert path.read_text() == text


def test_a_benchmark_beside_the_manifest_is_found_by_its_file(
    tmp_path: Path, small_table_path: Path
) -> None:
    (tmp_path / "small.h5").write_bytes(small_table_path.read_bytes())
    path = tmp_path / "my-board.toml"
    path.write_text(SMALL.replace("cell201-mini-digits-v1", '"small.h5"'))
    write_pins(read_manifest(path))
    (opened,) = open_benchmarks(read_manifest(path))
    assert opened.name == "small"


def test_unknown_benchmarks_and_missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "my-board.toml"
    path.write_text(SMALL.replace("mini-digits", "mini-digit"))
    with pytest.raises(NasbenchError, match="did you mean 'cell201-mini-digits-v1'"):
        write_pins(read_manifest(path))
    column = "latency:sim-systolic-os32"
    path.write_text(SMALL + f"[rules]\nobjectives = ['accuracy', '{column}']\n")
    if column in nasbench.make("cell201-mini-digits-v1").evaluate((0, 0, 0)).measured:
        pytest.skip(f"the table that ships has {column}")
    with pytest.raises(NasbenchError, match="no column 'latency:sim-systolic-os32'"):
        write_pins(read_manifest(path))


def test_limits_that_nothing_keeps_and_proxies_that_are_not_there_are_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "my-board.toml"
    path.write_text(SMALL + "[rules]\nconstraints = ['parameters<1']\n")
    write_pins(read_manifest(path))
    with pytest.raises(
        NasbenchError, match=r"no architecture .* keeps the constraints"
    ):
        open_benchmarks(read_manifest(path))
    path.write_text(SMALL + "[rules]\nproxies = true\n")
    write_pins(read_manifest(path))
    with pytest.raises(NasbenchError, match="stores no proxies"):
        open_benchmarks(read_manifest(path))


def test_every_published_manifest_is_read_and_has_its_results_in_one_place() -> None:
    assert "ci-small" in board_names()
    folders = set()
    for name in board_names():
        manifest = read_manifest(manifest_of(name))
        assert manifest.name == name
        assert manifest.baseline in manifest.strategies
        folders.add(results_of(name).parent)
    assert len(folders) == 1
    with pytest.raises(NasbenchError, match="did you mean 'ci-small'"):
        manifest_of("ci-smal")


def test_results_stand_beside_a_manifest_of_ones_own(tmp_path: Path) -> None:
    assert results_of(str(tmp_path / "b.toml")) == tmp_path / "results" / "b"
    assert results_of("b.toml") == Path("results/b")
    made = parse_manifest(SMALL, PATH)
    assert replace(made, seeds=4) != made
