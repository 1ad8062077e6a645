"""Samples of large spaces: gathered by searches, kept trial by trial."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from leaderboards.collect import CollectRequest, collect
from nasbench.cli import main
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.training.live import LiveBenchmark
from nasbench.training.trial_log import TrialLog
from surrogates.sample import Sample
from surrogates.trial_noise import TrialNoise

DETERMINISTIC = ("correct", "loss")


@pytest.fixture
def request_of(digits, small_recipe):
    def make(**settings):
        start = CollectRequest(
            "topology:2:none,skip_connect,nor_conv_1x1,nor_conv_3x3",
            digits,
            small_recipe,
            random_runs=2,
            strategies=("evolution",),
            seeds=1,
            evaluations=3,
        )
        return replace(start, **settings)

    return make


def content(sample):
    return (
        sample.architectures.tolist(),
        sample.origins.tolist(),
        *(sample.arrays[name].tolist() for name in DETERMINISTIC),
    )


def test_a_sample_depends_neither_on_workers_nor_on_interruptions(request_of, tmp_path):
    alone = collect(request_of(), tmp_path / "alone.npz")
    assert set(alone.origins) <= {"evolution-0", "random-0", "random-1"}
    shared = collect(request_of(), tmp_path / "shared.npz", workers=2)
    assert content(shared) == content(alone)

    # What a killed collection leaves: a whole trial, and half of the next line.
    folder = tmp_path / "killed.npz.build"
    request = request_of()
    killed = LiveBenchmark(
        make_space(request.space),
        request.task,
        request.recipe,
        log=folder / "random-0.jsonl",
    )
    killed.evaluate((2,))
    with (folder / "random-0.jsonl").open("a") as file:
        file.write('{"architecture": [3], "se')
    again = collect(request_of(), tmp_path / "killed.npz")
    # The trial that was there is part of the sample, wherever it came from.
    assert (2,) in set(map(tuple, again.architectures.tolist()))
    for row, architecture in enumerate(alone.architectures.tolist()):
        other = again.architectures.tolist().index(architecture)
        for name in DETERMINISTIC:
            assert np.array_equal(alone.arrays[name][row], again.arrays[name][other])
    assert not folder.exists()


def test_a_sample_holds_what_live_training_gives(request_of, tmp_path):
    request = request_of()
    collect(request, tmp_path / "sample.npz")
    known = Sample.open(tmp_path / "sample.npz").observations()
    live = LiveBenchmark(make_space(request.space), request.task, request.recipe)
    for row, architecture in enumerate(known.architectures.tolist()):
        found = live.evaluate(tuple(architecture))
        assert known.validation[row] == found.validation_accuracy
        assert known.curves[row].tolist() == list(found.curve)
        assert known.test[row] == live.mean_accuracy(tuple(architecture), "test")


def test_second_trials_are_those_of_another_seed_and_measure_the_noise(
    request_of, tmp_path
):
    request = request_of(repeats=2)
    once = collect(request_of(), tmp_path / "once.npz")
    told = []
    twice = collect(
        request,
        tmp_path / "twice.npz",
        workers=2,
        report=lambda done, total: told.append((done, total)),
    )
    assert content(twice) == content(once)
    assert told[-1] == (11, 11)
    opened = Sample.open(tmp_path / "twice.npz")
    known = opened.observations()
    rows = np.flatnonzero(np.isfinite(known.trials[:, 1, -1]))
    final = known.trials[:, 0, -1]
    assert sorted(final[rows]) == [final.min(), final.max()]
    live = LiveBenchmark(
        make_space(request.space), request.task, request.recipe, seeds=(0, 1)
    )
    for row in rows:
        architecture = tuple(known.architectures[row].tolist())
        for seed in (0, 1):
            found = live.evaluate(architecture, seed=seed)
            assert known.trials[row, seed].tolist() == list(found.curve)
        assert known.curves[row] == pytest.approx(known.trials[row].mean(axis=0))
        assert known.test[row] == live.mean_accuracy(architecture, "test")
    assert TrialNoise.fit(known.trials) is not None
    assert TrialNoise.fit(once.observations().trials) is None


def test_trials_of_other_numbers_are_never_mixed(request_of, tmp_path):
    folder = tmp_path / "sample.npz.build"
    TrialLog(folder / "random-0.jsonl", json.dumps({"space": "another"}))
    with pytest.raises(NasbenchError, match=r"random-0\.jsonl holds trials of other"):
        collect(request_of(), tmp_path / "sample.npz")


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"space": "cell201"}\n{"architecture": [1]}\n')
    with pytest.raises(
        NasbenchError, match=r"log\.jsonl is damaged at line 2: 'correct'"
    ):
        list(TrialLog(path, '{"space": "cell201"}'))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"random_runs": -1}, "not -1 random runs"),
        ({"evaluations": 0}, "0 evaluations"),
        ({"strategies": ("evolution", "evolution")}, "every strategy once"),
        ({"strategies": ("random",)}, "random search by --random-runs"),
        ({"strategies": (), "random_runs": 0}, "of no runs"),
    ],
)
def test_requests_that_make_no_sense_are_refused(request_of, settings, message):
    with pytest.raises(NasbenchError, match=message):
        request_of(**settings)


def test_unknown_strategies_are_named_before_anything_is_trained(request_of, tmp_path):
    with pytest.raises(NasbenchError, match="unknown strategy 'evolutoin'"):
        collect(request_of(strategies=("evolutoin",)), tmp_path / "sample.npz")
    assert not (tmp_path / "sample.npz.build").exists()


def test_from_the_command_line_to_a_board(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = "--recipe.epochs 2 --recipe.train-images 256 --recipe.valid-images 100"
    small += " --recipe.test-images 100 --recipe.channels 4"
    words = (
        "collect --space cell201-mini --random-runs 2 --strategy evolution --seeds 1 "
        f"--evaluations 12 --workers 1 --out sample.npz {small}"
    )
    assert run(words) == 0
    assert "architectures trained" in capsys.readouterr().out
    assert run("surrogate fit sample.npz --out fitted.npz") == 0
    words = "surrogate evaluate sample.npz --leave-origin-out --model random-forest"
    assert run(words) == 0
    out = capsys.readouterr().out
    assert "left out" in out
    assert "evolution" in out
    assert run("compare fitted.npz --strategy random --strategy local --seeds 3") == 0
    assert run("collect --space cell201-mini --out sample.txt") == 2
    assert "has to end in .npz" in capsys.readouterr().err


def run(words):
    return main(words.split())


def test_a_card_states_sample_protocol_and_scores(request_of, tmp_path, capsys):
    words = {"space": "cell201-mini", "random_runs": 3, "evaluations": 12}
    sample, fitted = tmp_path / "sample.npz", tmp_path / "fitted.npz"
    collect(request_of(**words), sample)
    assert run(f"surrogate fit {sample} --out {fitted} --model random-forest") == 0
    capsys.readouterr()
    assert run(f"surrogate card {fitted} {sample}") == 0
    card = capsys.readouterr().out
    assert "| evolution |" in card
    assert "Task fingerprint" in card
    other = tmp_path / "other.npz"
    collect(request_of(**words, seeds=2), other)
    assert run(f"surrogate card {fitted} {other}") == 2
    assert "was not fitted to this sample" in capsys.readouterr().err
