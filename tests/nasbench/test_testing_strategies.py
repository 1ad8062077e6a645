"""The strategy contract finds every kind of broken strategy."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchExhausted
from nasbench.testing import ContractViolation, StrategyContract, check_strategy
from nasbench.testing.strategies import STRATEGY_CHECKS


class Sound:
    """A random search that keeps the contract and owes nothing to our base class."""

    def __init__(self, context):
        self.context = context
        self.rng = np.random.default_rng(context.seed)
        self.best = -np.inf

    def ask(self):
        return Proposal(self.context.space.sample(self.rng), self.context.epochs)

    def tell(self, proposal, evaluation):
        if evaluation.status is Status.COMPLETE:
            self.best = max(self.best, evaluation.validation_accuracy)

    def state(self):
        return {"rng": self.rng.bit_generator.state, "best": self.best}

    def restore(self, state):
        self.rng.bit_generator.state = state["rng"]
        self.best = state["best"]


class AsksTheClockForASeed(Sound):
    def __init__(self, context):
        super().__init__(context)
        self.rng = np.random.default_rng()


class SharesOneGenerator(Sound):
    shared = np.random.default_rng(0)

    def __init__(self, context):
        super().__init__(context)
        self.rng = self.shared


class IgnoresTheSeed(Sound):
    def __init__(self, context):
        super().__init__(context)
        self.rng = np.random.default_rng(0)


class DrawsFromPythonsState(Sound):
    def ask(self):
        options = [random.randrange(radix) for radix in self.context.space.radices]
        return Proposal(self.context.space.check(options), 1)


class DrawsFromNumpysState(Sound):
    def tell(self, proposal, evaluation):
        np.random.random()


class SeedsNumpysState(Sound):
    def __init__(self, context):
        super().__init__(context)
        np.random.seed(context.seed)


class DrawsFromTorchsState(Sound):
    def tell(self, proposal, evaluation):
        import torch

        torch.rand(1)


class ForgetsItsGenerator(Sound):
    def state(self):
        return {"best": self.best, "rng": np.random.default_rng(0).bit_generator.state}


class Climbs(Sound):
    """Mutate the best so far; what it has learned decides what it proposes."""

    def __init__(self, context):
        super().__init__(context)
        self.memory = {}

    def ask(self):
        known = {one: a for one, a in self.memory.items() if a is not None}
        if not known:
            return super().ask()
        best = max(known, key=known.get)
        child = self.context.space.mutate(best, self.rng)
        return Proposal(child, self.context.epochs)

    def tell(self, proposal, evaluation):
        self.memory[proposal.architecture] = evaluation.validation_accuracy

    def state(self):
        return {"rng": self.rng.bit_generator.state, "memory": dict(self.memory)}

    def restore(self, state):
        self.rng.bit_generator.state = state["rng"]
        self.memory = dict(state["memory"])


class ForgetsWhatItLearned(Climbs):
    def restore(self, state):
        self.rng.bit_generator.state = state["rng"]


class SavesWhatIsStillChanging(Climbs):
    def state(self):
        return {"rng": self.rng.bit_generator.state, "memory": self.memory}


class RestoresWhatIsStillChanging(Climbs):
    def restore(self, state):
        self.rng.bit_generator.state = state["rng"]
        self.memory = state["memory"]


class SavesWhatCannotBePickled(Climbs):
    def state(self):
        return {**super().state(), "score": lambda evaluation: 0.0}


class AsksOnlyInTurn(Sound):
    waiting = False

    def ask(self):
        if self.waiting:
            raise RuntimeError("tell first")
        self.waiting = True
        return super().ask()

    def tell(self, proposal, evaluation):
        self.waiting = False


class EndsWhereItIsNotTold(Sound):
    waiting = 0

    def ask(self):
        if self.waiting == 3:
            raise SearchExhausted("tell first")
        self.waiting += 1
        return super().ask()

    def tell(self, proposal, evaluation):
        self.waiting -= 1


class ExpectsTheLastProposal(Sound):
    def ask(self):
        self.last = super().ask()
        return self.last

    def tell(self, proposal, evaluation):
        if proposal != self.last:
            raise ValueError("not what was asked")


class LeavesTheSpace(Sound):
    def ask(self):
        return Proposal((0, *super().ask().architecture), self.context.epochs)


class AssumesEqualDecisions(Sound):
    def ask(self):
        space = self.context.space
        options = self.rng.integers(space.radices[0], size=space.decisions)
        return Proposal(tuple(options.tolist()), self.context.epochs)


class ForgetsValidity(Sound):
    def ask(self):
        options = self.rng.integers(self.context.space.radices)
        return Proposal(tuple(options.tolist()), self.context.epochs)


class ProposesNumpyIntegers(Sound):
    def ask(self):
        architecture = super().ask().architecture
        return Proposal(tuple(np.array(architecture)), self.context.epochs)


class ProposesLists(Sound):
    def ask(self):
        return Proposal(list(super().ask().architecture), self.context.epochs)


class ProposesNoEpochs(Sound):
    def ask(self):
        return Proposal(super().ask().architecture, 0)


class ProposesTooManyEpochs(Sound):
    def ask(self):
        return Proposal(super().ask().architecture, 2)


class AddsTheAccuracyOfFailures(Sound):
    def tell(self, proposal, evaluation):
        self.best = max(self.best, evaluation.validation_accuracy)


class GivesUpOnFailures(Sound):
    failed = False

    def ask(self):
        if self.failed:
            raise SearchExhausted("a training failed")
        return super().ask()

    def tell(self, proposal, evaluation):
        self.failed |= evaluation.status is Status.FAILED


class EndsAndGoesOn(Sound):
    asked = 0

    def ask(self):
        self.asked += 1
        if self.asked == 7:
            raise SearchExhausted("seven")
        return super().ask()


class ChangesTheContext(Sound):
    def __init__(self, context):
        super().__init__(context)
        object.__setattr__(context, "seed", 17)


class ChangesTheProposal(Sound):
    def tell(self, proposal, evaluation):
        object.__setattr__(proposal, "epochs", 0)


class CrashesOnTwoObjectives(Sound):
    def __init__(self, context):
        super().__init__(context)
        (self.objective,) = context.objectives


class CrashesOnLimits(Sound):
    def __init__(self, context):
        if context.constraints:
            raise ValueError("limits?")
        super().__init__(context)


class ShufflesUnderLimits(Sound):
    def __init__(self, context):
        super().__init__(context)
        if context.constraints:
            self.rng.random()


class SharesAGeneratorForFronts(Sound):
    shared = np.random.default_rng(0)

    def __init__(self, context):
        super().__init__(context)
        if len(context.objectives) > 1:
            self.rng = self.shared


BROKEN = {
    AsksTheClockForASeed: "Of two strategies with the same seed, proposal",
    SharesOneGenerator: "Of two strategies with the same seed, proposal 1 is",
    IgnoresTheSeed: "The seeds 0 to 4 give the same 20 proposals",
    DrawsFromPythonsState: "The global random state of random changed",
    DrawsFromNumpysState: "The global random state of numpy changed",
    SeedsNumpysState: "The global random state of numpy changed",
    ForgetsItsGenerator: "a state saved after 7 outcomes, with 2 outstanding,",
    ForgetsWhatItLearned: "a state saved after 7 outcomes, with 2 outstanding,",
    SavesWhatIsStillChanging: "Of the original and a state saved after ",
    RestoresWhatIsStillChanging: "Of the original and a state saved after ",
    SavesWhatCannotBePickled: "A restored state continues the trajectory. Instead, ",
    AsksOnlyInTurn: "Parallel workers can ask before they tell. Instead, RuntimeError",
    EndsWhereItIsNotTold: "The search ends after 3 proposals, nothing told.",
    ExpectsTheLastProposal: "before they tell. Instead, ValueError: not what was asked",
    LeavesTheSpace: "is not in ToySpace('toy:2,5,1', 10 combinations).",
    AssumesEqualDecisions: "is not in ToySpace(",
    ForgetsValidity: "is not in ConstrainedToySpace(",
    ProposesNumpyIntegers: "is not a tuple of Python ints.",
    ProposesLists: "is not a tuple of Python ints.",
    ProposesNoEpochs: "The proposal is for 0 epochs, not for 1 to 4.",
    ProposesTooManyEpochs: "The proposal is for 2 epochs, not for 1 to 1.",
    AddsTheAccuracyOfFailures: "Failed trainings are survived. Instead, TypeError",
    GivesUpOnFailures: "The search ends after 1 proposals where 100% of the trainings",
    EndsAndGoesOn: "After SearchExhausted, ask returned (",
    ChangesTheContext: "The context was changed.",
    ChangesTheProposal: "search_seconds=0.0), Evaluation(validation_accuracy=",
    CrashesOnTwoObjectives: "refused with a NasbenchError. Instead, ValueError",
    CrashesOnLimits: "Limits are survived, also those that nothing keeps. Instead,",
    ShufflesUnderLimits: "Of runs without a limit and with one of inf, proposal 1 is",
    SharesAGeneratorForFronts: "Of two searches of a front, proposal 1 is",
}


@pytest.mark.parametrize("sound", [Sound, Climbs])
def test_a_sound_strategy_breaks_nothing(sound):
    assert check_strategy(sound) == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_strategy_is_found_and_told_why(broken):
    sentences = check_strategy(broken)
    assert any(BROKEN[broken] in sentence for sentence in sentences), sentences
    assert all(sentence[0].isupper() for sentence in sentences)


def test_torchs_state_is_watched_where_torch_is_in_use():
    pytest.importorskip("torch", reason="its state is what is watched")
    (sentence,) = check_strategy(DrawsFromTorchsState)
    assert "The global random state of torch changed" in sentence


def test_every_check_can_fail():
    idle = {check.__name__ for check in STRATEGY_CHECKS}
    for broken in BROKEN:
        for check in STRATEGY_CHECKS:
            try:
                failed = bool(list(check(broken)))
            except Exception:  # noqa: BLE001 - any exception is a finding
                failed = True
            if failed:
                idle.discard(check.__name__)
    assert idle == set()


def contract_methods(contract):
    return [name for name in vars(contract) if name.startswith("test_")]


def test_the_pytest_class_runs_every_check():
    fired = []

    class Recorded(Sound):
        pass

    for name in contract_methods(StrategyContract):
        getattr(StrategyContract(), name)(Recorded)
        fired.append(name)
    assert len(fired) == len(STRATEGY_CHECKS)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_the_pytest_class_fails_where_the_check_function_does(broken):
    failures = 0
    for name in contract_methods(StrategyContract):
        try:
            getattr(StrategyContract(), name)(broken)
        except Exception:  # noqa: BLE001 - any exception fails a test
            failures += 1
    assert failures > 0


def test_a_violation_is_an_assertion_error_with_the_sentences():
    method = StrategyContract().test_other_seeds_give_other_trajectories
    with pytest.raises(ContractViolation, match="the seed is not used") as caught:
        method(IgnoresTheSeed)
    assert isinstance(caught.value, AssertionError)


def test_a_strategy_may_refuse_objectives_that_it_does_not_know():
    class Refuses(Sound):
        def __init__(self, context):
            if len(context.objectives) > 1:
                raise NasbenchError("one objective")
            super().__init__(context)

    assert check_strategy(Refuses) == []


def test_a_strategy_may_end_a_search_early():
    class TwentyFive(Sound):
        def __init__(self, context):
            super().__init__(context)
            self.left = 25

        def ask(self):
            if not self.left:
                raise SearchExhausted("done")
            self.left -= 1
            return super().ask()

        def state(self):
            return {**super().state(), "left": self.left}

        def restore(self, state):
            super().restore(state)
            self.left = state["left"]

    # It saves at 45 outcomes, of which there are only 25.
    assert check_strategy(TwentyFive) == []
