"""The contract of a strategy, as a check function and as a pytest class."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import TypeAlias

from nasbench.errors import NasbenchError
from nasbench.search import (
    VALIDATION_ACCURACY,
    AskTell,
    Constraint,
    Objective,
    Proposal,
    SearchExhausted,
    StrategyFactory,
)
from nasbench.testing.honesty import finds_new, no_peeking
from nasbench.testing.play import (
    EVALUATIONS,
    Told,
    context_of,
    evaluate,
    outside,
    play,
)
from nasbench.testing.shared_generators import shared_generators
from nasbench.testing.toy_benchmark import ToyBenchmark
from nasbench.testing.toy_spaces import ConstrainedToySpace, ToySpace
from nasbench.testing.violations import ContractViolation, collect, expect_none

StrategyCheck: TypeAlias = Callable[[StrategyFactory], Iterator[str]]

WORKERS = 8
UNCOMMON_SEED = 271_828_182
CHEAPEST = Objective("cost_seconds", maximise=False)


class StrategyContract:
    """What every strategy keeps to; inherit it and supply the fixture `factory`.

    Example:
        ::

            class TestMyStrategy(StrategyContract):
                @pytest.fixture
                def factory(self):
                    return MyStrategy
    """

    def test_equal_seeds_give_equal_trajectories(
        self, factory: StrategyFactory
    ) -> None:
        """Build and run two, with others in between."""
        expect_none(equal_seeds(factory))

    def test_other_seeds_give_other_trajectories(
        self, factory: StrategyFactory
    ) -> None:
        """Compare the trajectories of five seeds; see `Strategy.deterministic`."""
        expect_none(other_seeds(factory))

    def test_a_restored_state_continues_the_trajectory(
        self, factory: StrategyFactory
    ) -> None:
        """Save, restore and go on, with and without outcomes outstanding."""
        expect_none(restored_state(factory))

    def test_parallel_workers_can_ask_before_they_tell(
        self, factory: StrategyFactory
    ) -> None:
        """Ask eight times, then tell in the opposite order."""
        expect_none(parallel_workers(factory))

    def test_proposals_lie_in_the_space_and_the_budget(
        self, factory: StrategyFactory
    ) -> None:
        """Search spaces of odd shapes, one of them with invalid combinations."""
        expect_none(proposals_inside(factory))

    def test_an_exhausted_search_stays_exhausted(
        self, factory: StrategyFactory
    ) -> None:
        """Search a space that is smaller than the budget."""
        expect_none(exhaustion(factory))

    def test_global_random_states_are_left_alone(
        self, factory: StrategyFactory
    ) -> None:
        """Look at the states of random, numpy and torch."""
        expect_none(global_states(factory))

    def test_failed_trainings_are_survived(self, factory: StrategyFactory) -> None:
        """Let half of the trainings fail, then all of them."""
        expect_none(failed_trainings(factory))

    def test_what_is_given_is_not_changed(self, factory: StrategyFactory) -> None:
        """Compare the context, proposals and outcomes with copies."""
        expect_none(arguments_unchanged(factory))

    def test_other_objectives_work_or_are_refused(
        self, factory: StrategyFactory
    ) -> None:
        """Minimise a cost, alone and beside the accuracy."""
        expect_none(other_objectives(factory))

    def test_a_search_of_a_front_is_reproducible_and_can_be_saved(
        self, factory: StrategyFactory
    ) -> None:
        """Repeat and restore a search of two objectives, where it is not refused."""
        expect_none(several_objectives(factory))

    def test_limits_are_survived_and_no_limit_changes_nothing(
        self, factory: StrategyFactory
    ) -> None:
        """Limit costs and accuracy: to what all keep, half keep, and none keeps."""
        expect_none(limits(factory))

    def test_nothing_is_known_but_what_was_told(self, factory: StrategyFactory) -> None:
        """Change the test accuracies and the other trials behind its back."""
        expect_none(no_peeking(factory))

    def test_something_new_is_proposed_now_and_then(
        self, factory: StrategyFactory
    ) -> None:
        """Wait for the third architecture of 72."""
        expect_none(finds_new(factory))


def check_strategy(factory: StrategyFactory) -> list[str]:
    """Return a sentence for everything in which a strategy breaks the contract.

    Args:
        factory: The strategy's class, or a partial of it with settings.

    Returns:
        No sentence where the strategy keeps the contract. An exception is a sentence
        too; run the same check of `StrategyContract` to see where it comes from.
    """
    return collect(STRATEGY_CHECKS, factory)


def equal_seeds(factory: StrategyFactory) -> Iterator[str]:
    """Equal seeds give equal trajectories."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    first, other = (factory(context_of(benchmark, seed)) for seed in (1, 2))
    expected = play(first, benchmark)
    play(other, benchmark)
    # Built in the opposite order, and run in turns with another one.
    other, second = (factory(context_of(benchmark, seed)) for seed in (2, 1))
    found: Told = []
    for _ in range(EVALUATIONS):
        found += play(second, benchmark, 1)
        play(other, benchmark, 1)
    yield from _difference("two strategies with the same seed", expected, found)


def other_seeds(factory: StrategyFactory) -> Iterator[str]:
    """Other seeds give other trajectories, unless the strategy is `deterministic`."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    strategies = [factory(context_of(benchmark, seed)) for seed in range(5)]
    runs = [play(one, benchmark, 20) for one in strategies]
    same = all(run == runs[0] for run in runs)
    declared = bool(getattr(strategies[0], "deterministic", False))
    if same and not declared:
        yield (
            "The seeds 0 to 4 give the same 20 proposals: the seed is not used. Draw "
            "from a generator made of it, or set `deterministic = True` in the class."
        )
    if declared and not same:
        yield (
            "The strategy says that it is deterministic, and the seeds 0 to 4 give "
            "different proposals."
        )


def restored_state(factory: StrategyFactory) -> Iterator[str]:
    """A restored state continues the trajectory."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    context = context_of(benchmark)
    for before, pending in ((0, 0), (7, 2), (45, 0)):
        original = factory(context)
        play(original, benchmark, before)
        asked = [original.ask() for _ in range(pending)]
        state = original.state()
        expected = _finish(original, benchmark, asked)
        saved = pickle.dumps(state)
        where = f"a state saved after {before} outcomes, with {pending} outstanding"
        for kept in (state, state, pickle.loads(saved)):
            restored = factory(context)
            restored.restore(kept)
            found = _finish(restored, benchmark, asked)
            yield from _difference(f"the original and {where}", expected, found)


def parallel_workers(factory: StrategyFactory) -> Iterator[str]:
    """Parallel workers can ask before they tell."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    alone = len(play(factory(context_of(benchmark)), benchmark))
    strategy = factory(context_of(benchmark))
    for told in range(0, EVALUATIONS, WORKERS):
        asked: list[Proposal] = []
        try:
            while len(asked) < WORKERS:
                asked.append(strategy.ask())
        except SearchExhausted:
            if told + len(asked) < min(alone, WORKERS):
                yield f"The search ends after {len(asked)} proposals, nothing told."
            return
        for proposal in asked:
            yield from outside(proposal, benchmark)
        for proposal in reversed(asked):
            strategy.tell(proposal, evaluate(benchmark, proposal))


def proposals_inside(factory: StrategyFactory) -> Iterator[str]:
    """Proposals lie in the space and in the budget."""
    for space in (
        ToySpace((2, 5, 1)),
        ToySpace((7,)),
        ToySpace((3, 4, 2, 3)),
        ConstrainedToySpace((3, 2, 4, 3)),
    ):
        for epochs in (1, 4):
            benchmark = ToyBenchmark(space, epochs=epochs)
            try:
                play(factory(context_of(benchmark)), benchmark)
            except ContractViolation as violation:
                yield str(violation)


def exhaustion(factory: StrategyFactory) -> Iterator[str]:
    """An exhausted search says so, and stays exhausted."""
    benchmark = ToyBenchmark(ToySpace((2, 3, 1)))
    strategy = factory(context_of(benchmark))
    if len(play(strategy, benchmark)) == EVALUATIONS:
        return
    for _ in range(3):
        try:
            proposal = strategy.ask()
        except SearchExhausted:
            continue
        yield f"After SearchExhausted, ask returned {proposal.architecture}."


def global_states(factory: StrategyFactory) -> Iterator[str]:
    """Global random states are left alone."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    for watched in shared_generators():
        kept = watched.get_state()
        # An uncommon state, so that a seeding with 0 is a change too.
        watched.seed(UNCOMMON_SEED)
        before = pickle.dumps(watched.get_state())
        try:
            strategy = factory(context_of(benchmark))
            play(strategy, benchmark)
            strategy.restore(strategy.state())
            after = pickle.dumps(watched.get_state())
        finally:
            watched.set_state(kept)
        if after != before:
            yield (
                f"The global random state of {watched.library} changed: draw from a "
                "generator made of the context's seed."
            )


def failed_trainings(factory: StrategyFactory) -> Iterator[str]:
    """Failed trainings are survived."""
    proposed = {}
    for failures in (0.0, 0.5, 1.0):
        benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=failures)
        proposed[failures] = len(play(factory(context_of(benchmark)), benchmark))
        if proposed[failures] < proposed[0.0]:
            yield (
                f"The search ends after {proposed[failures]} proposals where "
                f"{failures:.0%} of the trainings fail, after {proposed[0.0]} without."
            )


def arguments_unchanged(factory: StrategyFactory) -> Iterator[str]:
    """What a strategy is given or has proposed is not changed."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    context = context_of(benchmark)
    context_before = copy.deepcopy(context)
    strategy = factory(context)
    told: Told = []
    copies: Told = []
    for _ in range(20):
        proposal = strategy.ask()
        told.append((proposal, evaluate(benchmark, proposal)))
        copies.append(copy.deepcopy(told[-1]))
        strategy.tell(*told[-1])
    if context != context_before:
        yield "The context was changed."
    for now, before in zip(told, copies, strict=True):
        if now != before:
            yield f"The proposal or outcome {before} was changed after the tell."


def other_objectives(factory: StrategyFactory) -> Iterator[str]:
    """Other objectives work, or are refused with a NasbenchError."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    for objectives in ((CHEAPEST,), (VALIDATION_ACCURACY, CHEAPEST)):
        try:
            strategy = factory(context_of(benchmark, objectives=objectives))
        except NasbenchError:
            continue
        if not play(strategy, benchmark):
            yield f"Nothing is proposed for {[o.column for o in objectives]}."


def several_objectives(factory: StrategyFactory) -> Iterator[str]:
    """A search of a front is reproducible and can be saved; or it is refused."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=0.1)
    context = context_of(benchmark, objectives=(VALIDATION_ACCURACY, CHEAPEST))
    try:
        first, second, restored = (factory(context) for _ in range(3))
    except NasbenchError:
        return
    expected = play(first, benchmark, 30)
    yield from _difference(
        "two searches of a front", expected, play(second, benchmark, 30)
    )
    restored.restore(pickle.loads(pickle.dumps(first.state())))
    expected, found = (play(one, benchmark, 20) for one in (first, restored))
    yield from _difference("a search of a front and its saved state", expected, found)


def limits(factory: StrategyFactory) -> Iterator[str]:
    """Limits are survived, also those that nothing keeps."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    expected = play(factory(context_of(benchmark)), benchmark)
    none = (Constraint("parameters", float("inf")),)
    found = play(factory(context_of(benchmark, constraints=none)), benchmark)
    yield from _difference("runs without a limit and with one of inf", expected, found)
    for limit, kept in (
        (Constraint("flops", 280), True),
        (Constraint("validation_accuracy", 0.5, at_least=True), True),
        (Constraint("flops", 1), False),
        (Constraint("validation_accuracy", 2, at_least=True), False),
    ):
        context = context_of(benchmark, constraints=(limit,))
        if not play(factory(context), benchmark) and kept:
            yield f"Nothing is proposed under {limit}."


STRATEGY_CHECKS: tuple[StrategyCheck, ...] = (
    equal_seeds,
    other_seeds,
    restored_state,
    parallel_workers,
    proposals_inside,
    exhaustion,
    global_states,
    failed_trainings,
    arguments_unchanged,
    other_objectives,
    several_objectives,
    limits,
    no_peeking,
    finds_new,
)


def _finish(strategy: AskTell, benchmark: ToyBenchmark, asked: list[Proposal]) -> Told:
    """Tell the outcomes outstanding, then go on."""
    for proposal in asked:
        strategy.tell(proposal, evaluate(benchmark, proposal))
    return play(strategy, benchmark)


def _difference(who: str, expected: Told, found: Told) -> Iterator[str]:
    """Yield a sentence about the first proposal that two runs do not share."""
    for number, pair in enumerate(zip_longest(expected, found), start=1):
        if pair[0] != pair[1]:
            one, other = (told and told[0].architecture for told in pair)
            yield f"Of {who}, proposal {number} is {one} and {other}."
            return
