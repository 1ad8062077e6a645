"""Predictor searches: what they propose where the predictor is right, and how well."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import kendalltau

from nasbench.benchmark import StaticCosts
from nasbench.search import (
    VALIDATION_ACCURACY,
    Budget,
    Constraint,
    Objective,
    SearchContext,
)
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace, play
from nasbench.testing.toy_benchmark import closed_form
from strategies import RandomSearch
from strategies.networks_in_numpy.autoencoder import Autoencoder, random_batches
from strategies.networks_in_numpy.mlp import Perceptrons
from strategies.networks_in_numpy.predictor import Predictor, encode, normal_scores
from strategies.predictors.candidates import Shortlist, best_first, pool_of
from strategies.predictors.nao import NAO
from strategies.predictors.neural_predictor import NeuralPredictor
from strategies.predictors.npenas import NPENAS
from strategies.predictors.pareto_progressive import ParetoProgressive
from strategies.predictors.predictor_evolution import PredictorEvolution
from strategies.predictors.progressive import Progressive

SPACE = ToySpace((3, 4, 2, 3, 3))


def truth(architectures):
    return closed_form(np.array(architectures, np.uint8))


class Oracle:
    """A predictor that is right, for `closed_form`."""

    def __init__(self, space, rng, trunk=()):
        self.everything = list(space)
        self.places = {
            row.tobytes(): place
            for place, row in enumerate(encode(space, self.everything))
        }
        self.scores = truth(self.everything)

    def fit(self, features, scores):
        pass

    def predict(self, features):
        places = [self.places[row.tobytes()] for row in features]
        return self.scores[places]


def with_oracle(monkeypatch, strategy_class):
    module = strategy_class.__module__
    monkeypatch.setattr(f"{module}.Predictor", Oracle)


def by_truth(architectures):
    return [architectures[i] for i in np.argsort(-truth(architectures))]


def proposed(strategy, benchmark, count):
    return [proposal.architecture for proposal, _ in play(strategy, benchmark, count)]


def test_gradients_of_perceptrons_are_those_of_torch():
    torch = pytest.importorskip("torch", reason="the oracle is torch's autograd")
    rng = np.random.default_rng(0)
    networks = Perceptrons((4, 6, 5, 2), 3, rng)
    inputs, flow = rng.normal(size=(3, 7, 4)), rng.normal(size=(3, 7, 2))
    passed = networks.forward(inputs)
    found, by_inputs = networks.backward(passed, flow)
    arrays = {
        name: torch.tensor(array.copy(), requires_grad=True)
        for name, array in networks.weights.arrays().items()
    }
    given = torch.tensor(inputs, requires_grad=True)
    out = given
    for number in range(3):
        out = out @ arrays[f"weight{number}"] + arrays[f"bias{number}"]
        out = out if number == 2 else torch.tanh(out)
    np.testing.assert_allclose(passed[-1], out.detach(), atol=1e-12)
    (out * torch.tensor(flow)).sum().backward()
    theirs = np.concatenate([one.grad.numpy().ravel() for one in arrays.values()])
    np.testing.assert_allclose(found, theirs, atol=1e-12)
    np.testing.assert_allclose(by_inputs, given.grad, atol=1e-12)


def test_a_step_of_training_does_not_add_to_the_gradient_of_the_step_before():
    networks = Perceptrons((4, 5, 1), 2, np.random.default_rng(0))
    inputs, flow = np.ones((1, 3, 4)), np.ones((2, 3, 1))
    first, _ = networks.backward(networks.forward(inputs), flow)
    second, _ = networks.backward(networks.forward(inputs), flow)
    np.testing.assert_array_equal(first, second)


def test_normal_scores_are_those_of_the_ranks_and_share_ties():
    found = normal_scores([0.1, 0.9, 0.5, 0.5, float("-inf"), float("-inf")])
    assert found[2] == found[3]
    assert found[4] == found[5] == found.min()
    assert found.argmax() == 1
    assert found.mean() == pytest.approx(0, abs=0.05)


def test_the_predictor_ranks_what_it_has_not_seen():
    rng = np.random.default_rng(0)
    everything = list(SPACE)
    order = rng.permutation(len(everything)).tolist()
    seen, others = ([everything[i] for i in part] for part in (order[:80], order[80:]))
    predictor = Predictor(SPACE, rng)
    predictor.fit(encode(SPACE, seen), truth(seen))
    said = predictor.predict(encode(SPACE, others))
    assert kendalltau(said, truth(others)).statistic > 0.5


def test_an_oracle_s_best_are_proposed_best_first(monkeypatch, context):
    with_oracle(monkeypatch, NeuralPredictor)
    strategy = NeuralPredictor(context(SPACE), samples=12, batch_size=7)
    found = proposed(strategy, ToyBenchmark(SPACE), 26)
    left = [one for one in SPACE if one not in found[:12]]
    assert found[12:] == by_truth(left)[:14]


def test_children_differ_in_one_decision_from_one_of_the_best(monkeypatch, context):
    with_oracle(monkeypatch, NPENAS)
    strategy = NPENAS(context(SPACE), samples=12, parents=3, children=15, batch_size=4)
    toy = ToyBenchmark(SPACE, noise=0)
    found = proposed(strategy, toy, 12)
    children = strategy._bear()
    parents = by_truth(found)[:3]
    assert len(children) == len(set(children)) == 15
    for child in children:
        distances = [sum(np.not_equal(child, parent)) for parent in parents]
        assert min(distances) == 1
        assert child not in found


def test_of_the_children_an_oracle_s_best_are_trained(monkeypatch, context):
    with_oracle(monkeypatch, NPENAS)
    strategy = NPENAS(
        context(SPACE), samples=12, parents=2, children=1000, batch_size=4
    )
    toy = ToyBenchmark(SPACE, noise=0)
    found = proposed(strategy, toy, 12)
    born = {n for one in by_truth(found)[:2] for n in SPACE.neighbours(one)}
    best = by_truth([one for one in born if one not in found])[:4]
    assert proposed(strategy, toy, 4) == best


def test_a_shortlist_prefers_functions_that_are_new(cell201, context):
    # Nothing reaches the output of the first two: they are the same function.
    dead, also_dead, alive = (0,) * 6, (1, 0, 0, 0, 0, 0), (0, 0, 0, 3, 0, 0)
    shortlist = Shortlist(cell201.size)
    given = [dead, also_dead, alive]
    assert shortlist.take(context(cell201), given, 2) == [dead, alive]
    assert shortlist.take(context(cell201), given, 2) == [also_dead]
    assert shortlist.take(context(cell201), given, 2) == []


def test_spaces_too_large_to_list_are_sampled(context):
    small, large = ToySpace((3, 4)), ToySpace((20,) * 10)
    rng = np.random.default_rng(0)
    assert pool_of(context(small), 5, rng) == list(small)
    pool = pool_of(context(large), 50, rng)
    assert len(set(pool)) == 50
    assert best_first([(0,), (1,), (2,)], np.array([1.0, 3.0, 1.0])) == [
        (1,),
        (0,),
        (2,),
    ]


@pytest.mark.parametrize("space", [SPACE, ConstrainedToySpace((3, 2, 4, 3))])
def test_a_beam_without_end_enumerates_the_space(space, context):
    toy = ToyBenchmark(space)
    strategy = Progressive(context(space), beam_size=1000, samples=3)
    found = proposed(strategy, toy, 10**4)
    assert sorted(found) == list(space)


def test_with_an_oracle_the_beam_is_the_greedy_one(monkeypatch, context):
    with_oracle(monkeypatch, Progressive)
    toy = ToyBenchmark(SPACE, noise=0)
    strategy = Progressive(context(SPACE), beam_size=4, samples=6)
    random = proposed(strategy, toy, 6)
    template = by_truth(random)[0]
    beam = [()]
    expected = []
    for decision, radix in enumerate(SPACE.radices):
        extended = [(*one, option) for one in beam for option in range(radix)]
        beam = sorted(
            extended, key=lambda one: -truth([one + template[len(one) :]])[0]
        )[:4]
        for one in beam:
            whole = one + template[decision + 1 :]
            if whole not in random + expected:
                expected.append(whole)
    assert proposed(strategy, toy, len(expected)) == expected


def test_a_pareto_beam_holds_what_an_oracle_cannot_better(monkeypatch, context):
    with_oracle(monkeypatch, Progressive)
    toy = ToyBenchmark(SPACE, noise=0)
    given = SearchContext(SPACE, 4, Budget(100), toy.cost_model, 0)
    strategy = ParetoProgressive(given, samples=6)
    assert [one.column for one in strategy.wanted] == [
        "validation_accuracy",
        "parameters",
        "flops",
    ]
    proposed(strategy, toy, 6)
    everything = list(SPACE)
    ranking = strategy.ranking(everything)
    sizes = np.array([toy.cost_model(one).parameters for one in everything])
    accuracies = truth(everything)
    front = [
        not ((accuracies >= a) & (sizes <= s) & ((accuracies > a) | (sizes < s))).any()
        for a, s in zip(accuracies, sizes, strict=True)
    ]
    best = np.argsort(-ranking)[: sum(front)]
    assert set(best.tolist()) == set(np.flatnonzero(front).tolist())


def test_a_pareto_search_beats_random_search_in_the_volume_it_dominates():
    moocore = pytest.importorskip("moocore", reason="computes hypervolumes")
    space = ToySpace((5,) * 6)
    toy = ToyBenchmark(space)
    wanted = (VALIDATION_ACCURACY, Objective("flops", maximise=False))

    def volume(make, seed):
        context = SearchContext(space, 4, Budget(80), toy.cost_model, seed, wanted)
        told = play(make(context), toy, 80)
        points = [
            (1 - outcome.validation_accuracy, outcome.flops / 700)
            for _, outcome in told
        ]
        return moocore.hypervolume(np.array(points), ref=[1.0, 1.0])

    class Randomly(RandomSearch):
        several_objectives = True

    ours, random = (
        np.array([volume(make, seed) for seed in range(5)])
        for make in (ParetoProgressive, Randomly)
    )
    error = np.sqrt((ours.var() + random.var()) / 5)
    assert ours.mean() - random.mean() > 3 * error


def test_the_trunk_of_a_predictor_knows_the_costs_before_any_training():
    class Counted(ToyBenchmark):
        evaluations = 0

        def evaluate(self, architecture, **settings):
            Counted.evaluations += 1
            return super().evaluate(architecture, **settings)

    toy = Counted(SPACE)
    given = SearchContext(SPACE, 4, Budget(100), toy.cost_model, 0)
    strategy = PredictorEvolution(given)
    trunk = strategy.pretrained_trunk()
    assert Counted.evaluations == 0
    predictor = Predictor(SPACE, np.random.default_rng(1), trunk)
    arrays = list(predictor.networks.weights.arrays().values())
    assert len(arrays) == len(trunk) + 2
    for ours, given_array in zip(arrays, trunk, strict=False):
        np.testing.assert_array_equal(ours, given_array)
    # A linear reading of the trunk's last layer tells the costs apart.
    everything = list(SPACE)
    features = predictor.networks.forward(encode(SPACE, everything)[None])[-2][0]
    sizes = np.array([toy.cost_model(one).parameters for one in everything], float)
    design = np.column_stack((features, np.ones(len(features))))
    residual = sizes - design @ np.linalg.lstsq(design, sizes)[0]
    assert residual.var() < 0.01 * sizes.var()


def test_evolution_on_an_oracle_finds_what_the_oracle_likes_best(context):
    strategy = PredictorEvolution(context(SPACE), population_size=60)
    toy = ToyBenchmark(SPACE, noise=0)
    proposed(strategy, toy, 10)
    population = strategy.evolve(Oracle(SPACE, strategy.rng))
    assert population[0] == by_truth(list(SPACE))[0]
    scores = truth(population)
    assert all(one >= other for one, other in pairwise(scores))


def test_evolution_keeps_the_limits_that_are_free_to_check():
    def costs(architecture):
        return StaticCosts(1 + sum(architecture), 1, 1)

    limit = Constraint("parameters", 6)
    given = SearchContext(SPACE, 4, Budget(60), costs, 0, constraints=(limit,))
    toy = ToyBenchmark(SPACE)
    for factory in (
        partial(PredictorEvolution, rounds=2, batch_size=10, pool_size=60),
        partial(NPENAS, samples=10),
        partial(NeuralPredictor, samples=20, batch_size=10),
        partial(NAO, samples=20, batch_size=10),
        Progressive,
    ):
        found = proposed(factory(given), toy, 40)
        assert max(sum(one) for one in found) <= 5
        assert len(set(found)) == 40


@pytest.fixture(scope="module")
def trained_networks():
    rng = np.random.default_rng(0)
    space = ToySpace((5,) * 6)
    networks = Autoencoder(space, 0.8, rng)
    seen = [space.sample(rng) for _ in range(60)]
    outcomes = encode(space, seen), normal_scores(truth(seen))
    networks.train(outcomes, random_batches(space, 300, rng))
    return space, networks, seen


def test_embeddings_decode_to_what_was_embedded(trained_networks):
    space, networks, _ = trained_networks
    everything = list(space)
    embedded = networks.embed(encode(space, everything))
    np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1)
    same = [a == b for a, b in zip(everything, networks.decode(embedded), strict=True)]
    assert np.mean(same) >= 0.99


def test_a_step_of_length_zero_leads_nowhere(trained_networks):
    space, networks, seen = trained_networks
    embedded = networks.embed(encode(space, seen))
    np.testing.assert_allclose(networks.uphill(embedded, 0.0), embedded)
    assert networks.decode(networks.uphill(embedded, 0.0)) == seen


def test_a_step_leads_up(trained_networks):
    space, networks, seen = trained_networks
    start = networks.embed(encode(space, seen))
    before = networks.predict(start)
    assert (networks.predict(networks.uphill(start, 0.05)) > before).mean() > 0.95
    reached = networks.uphill(start, 1.5)
    decoded = networks.decode(reached)
    new = [place for place, one in enumerate(decoded) if one != seen[place]]
    assert len(new) > len(seen) / 2
    gain = truth([decoded[i] for i in new]) - truth([seen[i] for i in new])
    assert gain.mean() > 0.05


def test_the_three_networks_go_down_their_common_loss():
    rng = np.random.default_rng(0)
    space = ToySpace((3, 2, 2))
    networks = Autoencoder(space, 0.6, rng)
    features = encode(space, [space.sample(rng) for _ in range(9)])
    scores = rng.normal(size=4)

    def loss():
        embedded = networks.embed(features)
        error = ((networks.predict(embedded[:4]) - scores) ** 2).mean()
        logits = networks._decoder.forward(embedded[None])[-1][0]
        chances = networks._probabilities(logits)
        surprise = -np.log((chances * features)[features > 0]).sum() / len(features)
        return 0.6 * error + 0.4 * surprise

    found = networks.gradients(features, scores)
    for network, gradient in zip(networks._networks, found, strict=True):
        vector = network.weights.vector
        for place in rng.integers(len(vector), size=25).tolist():
            kept = vector[place]
            vector[place] = kept + 1e-5
            up = loss()
            vector[place] = kept - 1e-5
            slope = (up - loss()) / 2e-5
            vector[place] = kept
            assert -gradient[place] == pytest.approx(slope, abs=1e-7)


def test_where_a_step_leads_back_it_grows_until_something_is_new(context):
    space = ToySpace((3, 3, 3))
    strategy = NAO(context(space), samples=15, best=5, batch_size=4)
    toy = ToyBenchmark(space)
    proposed(strategy, toy, 15)
    steps = []
    uphill = strategy.networks.uphill
    strategy.networks.uphill = lambda points, step: (
        steps.append(step),
        uphill(points, step),
    )[1]
    found = proposed(strategy, toy, 4)
    assert len(set(found)) == 4
    assert steps[0] < 0.2 < max(steps)
