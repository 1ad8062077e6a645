"""Strategies that break the contract, each in one way, and what is said of each."""

from __future__ import annotations

import random

import numpy as np

from nasbench.benchmark import Status
from nasbench.search import Proposal, SearchExhausted


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
