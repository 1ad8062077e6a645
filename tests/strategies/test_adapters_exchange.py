"""Our strategies inside Optuna, our spaces as ConfigSpaces."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import Budget, SearchContext, SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import ToySpace
from nasbench.testing.chance import implausible
from nasbench.testing.play import play
from nasbench.testing.toy_benchmark import ToyBenchmark
from nasbench.testing.toy_spaces import ConstrainedToySpace
from strategies import GeneticAlgorithm, LocalSearch, RandomSearch, RegularizedEvolution
from strategies.adapters.config_space import (
    from_configuration,
    to_config_space,
    to_configuration,
)
from strategies.adapters.optuna_sampler import OptunaTpe

optuna = pytest.importorskip("optuna")
pytest.importorskip("ConfigSpace")

from strategies.adapters.strategy_as_sampler import (  # noqa: E402 - needs optuna
    StrategySampler,
    suggest_architecture,
)

SPACE = ToySpace((3, 4, 2, 3))


@pytest.fixture
def quiet_optuna():
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(level)


def searched(factory, benchmark, trials, direction="maximize", **settings):
    """Let Optuna optimise with a strategy of ours; return the study."""
    sampler = StrategySampler(
        benchmark.space, factory, epochs=benchmark.epochs, trials=trials, **settings
    )
    study = optuna.create_study(direction=direction, sampler=sampler)
    sign = 1 if direction == "maximize" else -1

    def objective(trial):
        architecture = suggest_architecture(trial, benchmark.space)
        return sign * benchmark.evaluate(architecture).validation_accuracy

    study.optimize(objective, n_trials=trials)
    return study


def architectures_of(study):
    return [tuple(trial.params.values()) for trial in study.trials]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize(
    "factory",
    [
        RandomSearch,
        LocalSearch,
        GeneticAlgorithm,
        partial(RegularizedEvolution, population_size=8, tournament_size=3),
    ],
)
def test_inside_optuna_a_strategy_proposes_what_it_does_outside(
    quiet_optuna, factory, direction
):
    benchmark = ToyBenchmark(SPACE)
    study = searched(factory, benchmark, 40, direction, seed=3)
    context = SearchContext(
        SPACE, benchmark.epochs, Budget(40), benchmark.cost_model, seed=3
    )
    told = play(factory(context), benchmark, 40)
    assert architectures_of(study) == [proposal.architecture for proposal, _ in told]
    assert {trial.user_attrs["epochs"] for trial in study.trials} == {benchmark.epochs}
    best = max(evaluation.validation_accuracy for _, evaluation in told)
    assert abs(study.best_value) == best


def test_failed_and_pruned_trials_are_told_as_failed_trainings(quiet_optuna):
    told = []

    class Recorder(RandomSearch):
        def tell(self, proposal, evaluation):
            told.append((evaluation.validation_accuracy, evaluation.curve))

    def objective(trial):
        suggest_architecture(trial, SPACE)
        trial.report(0.25, step=1)
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            raise ValueError
        return 0.5

    study = optuna.create_study(
        direction="maximize", sampler=StrategySampler(SPACE, Recorder)
    )
    study.optimize(objective, n_trials=4, catch=(ValueError,))
    curve = (0.25,)
    assert told == [(0.5, curve), (None, curve), (None, curve), (0.5, curve)]


def test_threads_share_one_strategy(quiet_optuna):
    sampler = StrategySampler(SPACE, RandomSearch)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(
        lambda trial: sum(suggest_architecture(trial, SPACE)), n_trials=72, n_jobs=4
    )
    assert set(architectures_of(study)) == set(SPACE)


def test_a_strategy_with_nothing_left_ends_the_study(quiet_optuna):
    small = ToyBenchmark(ToySpace((2, 3, 1)))
    with pytest.raises(SearchExhausted):
        searched(RandomSearch, small, 10)


def test_what_a_strategy_cannot_answer_is_refused_in_one_line(quiet_optuna):
    study = optuna.create_study(sampler=StrategySampler(SPACE, RandomSearch))
    with pytest.raises(NasbenchError, match="'width' is no decision"):
        study.optimize(lambda trial: trial.suggest_float("width", 0, 1), n_trials=1)
    two = optuna.create_study(
        directions=["maximize", "minimize"],
        sampler=StrategySampler(SPACE, RandomSearch),
    )
    with pytest.raises(NasbenchError, match="one objective, not 2"):
        two.optimize(lambda trial: suggest_architecture(trial, SPACE), n_trials=1)

    class Frugal(RandomSearch):
        def ask(self):
            self.context.costs(self.space.sample(self.rng))
            return super().ask()

    with pytest.raises(NasbenchError, match="costs="):
        searched(Frugal, ToyBenchmark(SPACE), 1)


def test_architectures_are_suggested_by_optunas_own_samplers_too(quiet_optuna):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: sum(suggest_architecture(trial, SPACE)), n_trials=20)
    assert all(one in SPACE for one in architectures_of(study))


@pytest.mark.parametrize(
    "space",
    [ToySpace((2, 5, 1)), ConstrainedToySpace((3, 2, 4)), make_space("cell201")],
)
def test_a_config_space_holds_the_architectures(space):
    made = to_config_space(space, seed=0)
    assert len(made) == space.decisions
    assert list(made) == sorted(made)
    rng = np.random.default_rng(0)
    for architecture in {space.sample(rng) for _ in range(20)}:
        configuration = to_configuration(made, architecture)
        assert from_configuration(space, configuration) == architecture
        assert configuration.get_array().shape == (space.decisions,)
    named = [tuple(made[name].meta["options"]) for name in made]
    assert named == list(space.choices)
    assert bool(made.meta) == isinstance(space, ConstrainedToySpace)


def test_configurations_are_uniform():
    space = ToySpace((3, 4, 2, 3))
    made = to_config_space(space, seed=0)
    drawn = np.array(
        [from_configuration(space, one) for one in made.sample_configuration(1000)]
    )
    counts = np.bincount(space.indices(drawn), minlength=space.size)
    assert not implausible(counts.tolist(), [1] * space.size)


def test_a_config_space_survives_its_own_files(tmp_path):
    library = pytest.importorskip("ConfigSpace")
    made = to_config_space(SPACE)
    made.to_json(tmp_path / "space.json")
    again = library.ConfigurationSpace.from_json(tmp_path / "space.json")
    assert list(again) == list(made)
    for name in made:
        assert tuple(again[name].choices) == tuple(made[name].choices)
        assert again[name].meta == made[name].meta


@pytest.mark.parametrize(
    "factory, settings",
    [
        (OptunaTpe, {"multivariate": True}),
        (partial(OptunaTpe, multivariate=False), {"multivariate": False}),
    ],
)
def test_the_adapter_proposes_what_optunas_own_loop_does(
    quiet_optuna, factory, settings
):
    benchmark = ToyBenchmark(SPACE)
    context = SearchContext(
        SPACE, benchmark.epochs, Budget(40), benchmark.cost_model, seed=3
    )
    told = play(factory(context), benchmark, 40)
    seed = int(np.random.default_rng(3).integers(2**31))
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed, **settings),
    )

    def objective(trial):
        architecture = suggest_architecture(trial, SPACE)
        return benchmark.evaluate(architecture).validation_accuracy

    study.optimize(objective, n_trials=40)
    assert architectures_of(study) == [proposal.architecture for proposal, _ in told]
