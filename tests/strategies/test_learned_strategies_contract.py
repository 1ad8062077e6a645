"""Strategies with networks of their own keep the contract of all strategies."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies.predictors.nao import NAO
from strategies.predictors.neural_predictor import NeuralPredictor
from strategies.predictors.npenas import NPENAS
from strategies.predictors.pareto_progressive import ParetoProgressive
from strategies.predictors.predictor_evolution import PredictorEvolution
from strategies.predictors.progressive import Progressive
from strategies.reinforcement.actor_critic import ActorCritic
from strategies.reinforcement.ppo import PPO
from strategies.reinforcement.rnn_reinforce import RnnReinforce

POLICIES = {
    "rnn": partial(RnnReinforce, hidden=8),
    "actor-critic": partial(ActorCritic, hidden=8),
    "ppo": partial(PPO, batch_size=6, minibatches=2, epochs=3),
}
PREDICTORS = {
    "neural predictor": partial(NeuralPredictor, samples=15, batch_size=15),
    "npenas": partial(NPENAS, samples=10, batch_size=15, children=20),
    "predictor evolution": partial(
        PredictorEvolution, rounds=2, batch_size=20, pool_size=50, population_size=8
    ),
    "nao": partial(NAO, samples=15, batch_size=20),
    "progressive": partial(Progressive, samples=5),
    "pareto progressive": partial(ParetoProgressive, samples=5),
}
ALL = {**POLICIES, **PREDICTORS}


@pytest.fixture(autouse=True)
def _short_trainings(monkeypatch):
    """Train networks for a few steps: conduct is looked at here, not skill."""
    monkeypatch.setattr(PPO, "HIDDEN", 8)
    networks = "strategies.networks_in_numpy"
    monkeypatch.setattr(f"{networks}.predictor.STEPS", 3)
    monkeypatch.setattr(f"{networks}.autoencoder.UNLABELLED", 8)
    monkeypatch.setattr("strategies.predictors.nao.FIRST_STEPS", 40)
    monkeypatch.setattr("strategies.predictors.nao.LATER_STEPS", 3)
    monkeypatch.setattr(
        "strategies.predictors.predictor_evolution.PRETRAINING_SAMPLES", 20
    )


class TestLearnedStrategies(StrategyContract):
    @pytest.fixture(params=list(ALL))
    def factory(self, request):
        return ALL[request.param]


class Rescaled(ToyBenchmark):
    """A toy benchmark whose accuracies go through an increasing function."""

    def evaluate(self, architecture, *, epochs=None, seed=None):
        outcome = super().evaluate(architecture, epochs=epochs, seed=seed)
        return replace(
            outcome, validation_accuracy=0.25 * outcome.validation_accuracy + 0.5
        )


@pytest.mark.parametrize("name", PREDICTORS)
def test_predictors_of_ranks_see_only_the_order(name):
    space = make_space("cell201-mini")
    plain, rescaled = ToyBenchmark(space), Rescaled(space)
    one, other = (PREDICTORS[name](context_of(plain, 3)) for _ in range(2))
    expected = [proposal for proposal, _ in play(one, plain, 45)]
    assert [proposal for proposal, _ in play(other, rescaled, 45)] == expected


@pytest.mark.parametrize("name", PREDICTORS)
def test_the_whole_space_is_proposed_once_and_then_no_more(name):
    toy = ToyBenchmark(ToySpace((3, 2, 4)))
    strategy = PREDICTORS[name](context_of(toy))
    told = play(strategy, toy, 100)
    assert sorted(one.architecture for one, _ in told) == list(toy.space)
    with pytest.raises(SearchExhausted):
        strategy.ask()


@pytest.mark.parametrize("name", ["rnn", "ppo", "npenas", "progressive"])
def test_none_beats_chance_where_there_is_nothing_to_learn(
    array_benchmark, context, name
):
    space, evaluations, runs = make_space("cell201-mini"), 40, 100
    ranks = np.arange(1, space.size + 1)
    best = np.empty(runs)
    for seed in range(runs):
        shuffled = np.random.default_rng(seed).permutation(ranks)
        strategy = ALL[name](context(space, 10_000 + seed))
        told = play(strategy, array_benchmark(space, shuffled), evaluations)
        best[seed] = max(outcome.validation_accuracy for _, outcome in told)
    # The largest of n different ranks out of N: mean and deviation.
    mean = evaluations * (space.size + 1) / (evaluations + 1)
    variance = mean * (space.size - evaluations) / (evaluations + 1)
    variance /= evaluations + 2
    assert best.mean() < mean + 3 * np.sqrt(variance / runs)


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_finds_the_optimum_of_a_small_space(name):
    toy = ToyBenchmark(ToySpace((3, 4, 2)), noise=0)
    told = play(POLICIES[name](context_of(toy)), toy, 400)
    best = max(outcome.validation_accuracy for _, outcome in told)
    assert best == toy.best_accuracy("validation")


@pytest.mark.parametrize(
    "factory, message",
    [
        (partial(RnnReinforce, learning_rate=0.0), "a number above 0 and at most 10"),
        (
            partial(RnnReinforce, hidden=0),
            "is 0; expected a whole number from 1 to 512",
        ),
        (partial(RnnReinforce, baseline_momentum=1.0), "0 or more and below 1"),
        (partial(ActorCritic, critic="prefx"), "prefix"),
        (partial(ActorCritic, entropy=-1.0), "entropy of ActorCritic is -1.0"),
        (
            partial(ActorCritic, critic_weight=-1.0),
            "critic_weight of ActorCritic is -1.0",
        ),
        (partial(PPO, clip=1.0), "clip of PPO is 1.0; expected .*below 1"),
        (partial(PPO, batch_size=3), "a batch of 3 has no 4 minibatches"),
        (partial(NeuralPredictor, samples=0), "samples of NeuralPredictor is 0"),
        (partial(NPENAS, children=5), "at least batch_size children: 10, not 5"),
        (
            partial(PredictorEvolution, population_size=1),
            "is 1; expected a whole number from 2",
        ),
        (partial(NAO, trade_off=1.0), "trade_off of NAO is 1.0; expected .*below 1"),
        (partial(Progressive, beam_size=0), "beam_size of Progressive is 0"),
    ],
)
def test_wrong_settings_are_refused(factory, message):
    with pytest.raises(NasbenchError, match=message):
        factory(context_of(ToyBenchmark(ToySpace((2, 3)))))
