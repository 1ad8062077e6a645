"""Proxies in a search: what they cost, who asks them, and what falls back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nasbench
from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.proxy_source import MeteredProxies
from nasbench.search import Budget, Constraint
from nasbench.tasks import load_task
from nasbench.testing import ToyBenchmark, ToySpace, context_of
from nasbench.testing.play import play
from strategies.bayesian.gp_search import GaussianProcessSearch
from strategies.evolution.warm_evolution import WarmStartedEvolution
from strategies.untrained.proxy_scores import scores_to_ask, standardised
from strategies.untrained.training_free import TrainingFree
from surrogates.proxies.sources import (
    LiveProxies,
    ScoresByIndex,
    proxy_source,
    published_proxies,
)
from tabular import Table
from tabular.importers import import_csv, load_mapping

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"

SPACE = ToySpace((3, 4, 2, 3))
BENCHMARK = ToyBenchmark(SPACE, noise=0.0)
TRUTH = np.array([BENCHMARK.mean_accuracy(each, "validation") for each in SPACE])


def source(price=0.5):
    noise = np.random.default_rng(0).normal(size=SPACE.size)
    seconds = np.full(SPACE.size, price)
    scores = {"truth": np.exp(9 * TRUTH), "noise": noise}
    return ScoresByIndex(SPACE, scores, dict.fromkeys(scores, seconds))


def context_with_proxies(seed=0):
    return replace(context_of(BENCHMARK, seed), proxies=MeteredProxies(source()))


def best_possible(told):
    return max(e.validation_accuracy for _, e in told) == TRUTH.max()


def test_every_question_moves_the_meter():
    meter = MeteredProxies(source())
    rows = SPACE.architectures_at([3, 1, 4])
    scores = meter.scores(rows, ["truth"])
    np.testing.assert_allclose(scores[:, 0], np.exp(9 * TRUTH[[3, 1, 4]]))
    assert (meter.seconds, meter.questions) == (1.5, 3)
    assert meter.scores(rows).shape == (3, 2)
    assert (meter.seconds, meter.questions) == (4.5, 9)
    with pytest.raises(NasbenchError, match="did you mean 'truth'"):
        meter.scores(rows, ["trut"])
    assert meter.seconds == 4.5


def test_training_free_selection_takes_the_best_of_the_proxy_first():
    context = context_with_proxies()
    strategy = TrainingFree(context, proxies="truth")
    assert context.proxies.seconds == 0
    told = play(strategy, BENCHMARK, 10)
    found = [evaluation.validation_accuracy for _, evaluation in told]
    assert found == sorted(TRUTH, reverse=True)[:10]
    assert context.proxies.seconds == SPACE.size * 0.5


def test_an_ensemble_ranks_by_both():
    truth, both = (
        play(TrainingFree(context_with_proxies(), proxies=names), BENCHMARK, 72)
        for names in ("truth", "truth+noise")
    )
    everything = play(TrainingFree(context_with_proxies()), BENCHMARK, 72)
    assert both == everything
    assert both != truth


def test_without_proxies_the_free_costs_stand_in():
    context = context_of(BENCHMARK)
    rows = SPACE.architectures_at([0, 71])
    expected = [[100.0, 200.0], [180.0, 360.0]]
    assert scores_to_ask(context, rows, "all").tolist() == expected
    assert scores_to_ask(context, rows, "free").tolist() == expected
    with pytest.raises(NasbenchError, match="no proxies"):
        scores_to_ask(context, rows, "nwot")
    charged = context_with_proxies()
    scores_to_ask(charged, rows, "free")
    assert charged.proxies.seconds == 0


def test_warm_evolution_begins_with_the_best_of_its_pool():
    strategy = WarmStartedEvolution(context_with_proxies(), proxies="truth")
    told = play(strategy, BENCHMARK, 5)
    found = [evaluation.validation_accuracy for _, evaluation in told]
    assert found == sorted(TRUTH, reverse=True)[:5]


def test_a_restored_warm_evolution_does_not_pay_again():
    first = context_with_proxies()
    strategy = WarmStartedEvolution(first, proxies="truth")
    play(strategy, BENCHMARK, 3)
    second = context_with_proxies()
    restored = WarmStartedEvolution(second, proxies="truth")
    restored.restore(strategy.state())
    assert play(restored, BENCHMARK, 30) == play(strategy, BENCHMARK, 30)
    assert first.proxies.seconds > 0
    assert second.proxies.seconds == 0


def test_proxies_as_features_are_paid_for_once_and_help():
    found = {"truth": [], None: []}
    for names, evaluations in found.items():
        for seed in range(5):
            context = context_with_proxies(seed)
            strategy = GaussianProcessSearch(context, proxies=names)
            told = play(strategy, BENCHMARK, 16)
            evaluations.append(max(e.validation_accuracy for _, e in told))
            expected = SPACE.size * 0.5 if names else 0.0
            assert context.proxies.seconds == expected
    assert np.mean(found["truth"]) >= np.mean(found[None])
    assert np.mean(found["truth"]) == pytest.approx(TRUTH.max(), abs=0.01)


def test_a_limit_on_a_free_column_holds_for_pools():
    limit = Constraint("parameters", 130)
    context = replace(context_with_proxies(), constraints=(limit,))
    told = play(TrainingFree(context, proxies="truth"), BENCHMARK, 60)
    permitted = [each for each in SPACE if context.permits(each)]
    assert {proposal.architecture for proposal, _ in told} == set(permitted)


def test_standardised_scores_have_no_scale_and_put_missing_ones_last():
    scores = np.array([[1e9, 0.3], [np.nan, 0.2], [1e-9, 0.1]])
    found = standardised(scores)
    assert np.argsort(found[:, 0]).tolist() == [1, 2, 0]
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)


def test_scores_of_another_length_are_refused():
    with pytest.raises(NasbenchError, match=r"\(3,\)"):
        ScoresByIndex(SPACE, {"a": np.zeros(3)}, {"a": np.zeros(SPACE.size)})


def test_a_benchmark_without_stored_proxies_has_no_source():
    assert proxy_source(BENCHMARK) is None


def test_a_run_is_charged_what_its_proxies_cost():
    settings = RunSettings(Budget(5))
    run = simulate(TrainingFree, BENCHMARK, settings, 0, proxies=source(price=0.25))
    plain = simulate(TrainingFree, BENCHMARK, settings, 0)
    assert run.proxy_seconds == SPACE.size * 2 * 0.25
    assert plain.proxy_seconds == 0
    seconds = [
        BENCHMARK.evaluate(tuple(each)).cost_seconds
        for each in run.architectures.tolist()
    ]
    assert run.cumulative_seconds[-1] == pytest.approx(36 + sum(seconds))


def test_the_columns_of_a_table_are_its_source(tmp_path):
    pytest.importorskip("torch")
    from surrogates.proxies.score_settings import ScoreRequest
    from surrogates.proxies.score_table import score_table

    path = tmp_path / "scored.h5"
    shutil.copy(nasbench.make("cell201-mini-digits-v1").path, path)
    table = Table.open(path)
    assert proxy_source(table) is None
    names = ("l2_norm", "params")
    table = score_table(path, load_task("digits"), ScoreRequest(names, seeds=1))
    found = proxy_source(table)
    assert set(found.names) == set(names)
    rows = table.space.architectures_at(range(table.space.size))
    scores, seconds = found.answer(rows, names)
    expected = [table[tuple(row)].parameters for row in rows.tolist()]
    assert scores[:, 1].tolist() == expected
    assert seconds > 0


def test_published_scores_are_a_source(tmp_path):
    published = SHARED / "nb201_zero_cost_cifar10.csv.gz"
    if not published.exists():
        pytest.skip(f"needs the published scores shared/reference/{published.name}")
    mapping = load_mapping("nb201-zero-cost-cifar10")
    table = import_csv(published, mapping, tmp_path / "scores.h5")
    found = published_proxies(table, seconds=0.5)
    assert {"nwot", "synflow", "params"} <= set(found.names)
    best = table.space.architecture_at(int(table.indices[7]))
    scores, seconds = found.answer(np.array([best, (1, 0, 0, 0, 0, 0)]), ["nwot"])
    assert scores[0, 0] == table.values("score nwot")[7]
    assert np.isnan(scores[1, 0])  # cells with dangling edges have no published score
    assert seconds == 1.0


def test_live_scores_are_those_of_the_proxy():
    pytest.importorskip("torch")
    from surrogates.proxies import make_proxy
    from surrogates.proxies.examples import example_source

    specimens = example_source()
    live = LiveProxies(specimens, ["synflow", "params"])
    rows = specimens.space.architectures_at([5, 80])
    meter = MeteredProxies(live)
    scores = meter.scores(rows, ["params", "synflow"])
    for row, (params, synflow) in zip(rows.tolist(), scores, strict=True):
        specimen = specimens.specimen(tuple(row), 0)
        assert params == make_proxy("params").score(specimen)
        assert synflow == pytest.approx(make_proxy("synflow").score(specimen))
    assert meter.seconds > 0
