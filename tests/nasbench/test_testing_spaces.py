"""The space contract holds for our spaces and finds every kind of broken space."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.spaces import make_space
from nasbench.testing import (
    ConstrainedToySpace,
    ContractViolation,
    SpaceContract,
    ToySpace,
    check_space,
)
from nasbench.testing.chance import implausible
from nasbench.testing.spaces import SPACE_CHECKS

NAMED = [
    "cell201-mini",
    "cell201",
    "topology:2:none",
    "topology:2:none,skip_connect,nor_conv_3x3",
    "topology:4:none,skip_connect",
    "topology:5:none,skip_connect,nor_conv_1x1,nor_conv_3x3",
]
TOYS = [
    ToySpace((2, 5, 1)),
    ToySpace((1,)),
    ToySpace((1, 1)),
    ToySpace((300 - 44,)),
    ToySpace((11,) * 25),
    ConstrainedToySpace((3, 2, 4, 3)),
    ConstrainedToySpace((4,) * 12),
]


class TestNamedSpaces(SpaceContract):
    @pytest.fixture(params=NAMED)
    def space(self, request):
        return make_space(request.param)


class TestToySpaces(SpaceContract):
    @pytest.fixture(params=TOYS, ids=lambda space: space.name)
    def space(self, request):
        return request.param


class CountsBackwards(ToySpace):
    def index(self, architecture):
        return self.size - 1 - super().index(architecture)


class ForgetsADecision(ToySpace):
    def index(self, architecture):
        return super().index((0, *architecture[1:]))


class HasAnOrderOfItsOwnInBatches(ToySpace):
    def indices(self, architectures):
        return super().indices(architectures)[::-1]


class DecodesBatchesBackwards(ToySpace):
    def architectures_at(self, indices):
        return super().architectures_at(indices)[::-1]


class IteratesBackwards(ToySpace):
    def __iter__(self):
        return reversed(list(super().__iter__()))


class MissesItsSize(ToySpace):
    size = 25


class WritesAllAlike(ToySpace):
    def format(self, architecture):
        return "a0-b0-c0"


class WritesOneDecisionLess(ToySpace):
    def format(self, architecture):
        return super().format((*architecture[:-1], 0))


class ReadsAnything(ToySpace):
    def parse(self, text):
        try:
            return super().parse(text)
        except Exception:  # noqa: BLE001 - what must be found
            return (0,) * self.decisions


class FailsToReadWithAnotherError(ToySpace):
    def parse(self, text):
        return tuple(int(name[1]) for name in text.split("-"))


class ListsItself(ToySpace):
    def neighbours(self, architecture):
        return [*super().neighbours(architecture), architecture]


class ListsTwice(ToySpace):
    def neighbours(self, architecture):
        return super().neighbours(architecture) * 2


class MissesNeighbours(ToySpace):
    def neighbours(self, architecture):
        return super().neighbours(architecture)[1:]


class ListsInvalidNeighbours(ConstrainedToySpace):
    def neighbours(self, architecture):
        return ToySpace(self.radices).neighbours(architecture)


class MutatesNothing(ToySpace):
    def mutate(self, architecture, rng):
        return architecture


class ResamplesAnOption(ToySpace):
    def mutate(self, architecture, rng):
        decision = rng.integers(self.decisions)
        option = int(rng.integers(self.radices[decision]))
        return (*architecture[:decision], option, *architecture[decision + 1 :])


class MutatesIntoInvalid(ConstrainedToySpace):
    def mutate(self, architecture, rng):
        return ToySpace(self.radices).mutate(architecture, rng)


class MutatesUniformlyOverNeighbours(ToySpace):
    def mutate(self, architecture, rng):
        near = self.neighbours(architecture)
        return near[rng.integers(len(near))]


class PrefersTheFirstDecision(ToySpace):
    def mutate(self, architecture, rng):
        one, other = (ToySpace.mutate(self, architecture, rng) for _ in range(2))
        return one if one[0] != architecture[0] else other


class CrossesOnlyTheFirst(ToySpace):
    def crossover(self, first, second, rng, points=None):
        return first


class CrossesInStrangers(ToySpace):
    def crossover(self, first, second, rng, points=None):
        return self.sample(rng)


class CrossesIntoInvalid(ConstrainedToySpace):
    def crossover(self, first, second, rng, points=None):
        return ToySpace(self.radices).crossover(first, second, rng, points)


class PrefersSmallOptions(ToySpace):
    def sample(self, rng):
        return min(super().sample(rng), super().sample(rng))


class PrefersSmallLastOptions(ToySpace):
    def sample(self, rng):
        drawn = super().sample(rng)
        return (*drawn[:-1], min(drawn[-1], super().sample(rng)[-1]))


class RepairsSamples(ConstrainedToySpace):
    def sample(self, rng):
        drawn = ToySpace(self.radices).sample(rng)
        return drawn if self.is_valid(drawn) else (1, 0, 0, 0)


class SamplesInvalid(ConstrainedToySpace):
    def sample(self, rng):
        return ToySpace(self.radices).sample(rng)


class HasAnUnhashableForm(ToySpace):
    def canonical(self, architecture):
        return list(architecture)


class HasAFormPerObject(ToySpace):
    def canonical(self, architecture):
        return object()


class ForgetsItsClasses(ToySpace):
    @property
    def classes(self):
        return ToySpace(self.radices).classes

    def canonical(self, architecture):
        return architecture[0]


class EncodesBackwards(ToySpace):
    def one_hot(self, architectures):
        return super().one_hot(architectures)[:, ::-1]


class EncodesInFloats(ToySpace):
    def one_hot(self, architectures):
        return super().one_hot(architectures).astype(float)


class EncodesEveryOption(ToySpace):
    def one_hot(self, architectures):
        return np.ones_like(super().one_hot(architectures))


class AcceptsEverything(ToySpace):
    def check(self, architecture):
        return tuple(architecture)


class RefusesWithAnotherError(ToySpace):
    def check(self, architecture):
        if len(architecture) != self.decisions:
            raise ValueError("wrong length")
        return super().check(architecture)


class AcceptsAnyIndex(ToySpace):
    def architecture_at(self, index):
        return super().architecture_at(index % self.size)


class CannotBePickled(ToySpace):
    def __init__(self, radices):
        super().__init__(radices)
        self.rule = lambda architecture: True


class EqualsNothing(ToySpace):
    def __eq__(self, other):
        return False

    __hash__ = ToySpace.__hash__


BROKEN = {
    CountsBackwards: "is not the architecture at its index",
    ForgetsADecision: "Two architectures have the same index.",
    HasAnOrderOfItsOwnInBatches: "`indices` of a batch differ",
    DecodesBatchesBackwards: "`architectures_at` differs",
    IteratesBackwards: "Iteration does not give the valid architectures",
    MissesItsSize: "The size 25 is not the product",
    WritesAllAlike: "are both written 'a0-b0-c0'",
    WritesOneDecisionLess: "which is read as (0, 0, 0)",
    ReadsAnything: "`parse` of 'no architecture' returns (0, 0, 0)",
    FailsToReadWithAnotherError: "`parse` of '' raises IndexError",
    ListsItself: "(0, 0, 0) is no neighbour of (0, 0, 0)",
    ListsTwice: "A neighbour of (0, 0, 0) is listed twice",
    MissesNeighbours: "is missing in the neighbours of (0, 0, 0)",
    ListsInvalidNeighbours: "is no neighbour of (0, 0, 0, 1)",
    MutatesNothing: "does not change one decision",
    ResamplesAnOption: "does not change one decision",
    MutatesIntoInvalid: "which is not in the space",
    MutatesUniformlyOverNeighbours: "are not uniform over its decisions",
    PrefersTheFirstDecision: "are not uniform over its decisions",
    CrossesOnlyTheFirst: "do not have equal shares in their children",
    CrossesInStrangers: "has an option of neither",
    CrossesIntoInvalid: "not in the space",
    PrefersSmallOptions: "Samples are not uniform over the architectures",
    PrefersSmallLastOptions: "Samples are not uniform over the options of decision 2",
    RepairsSamples: "Samples are not uniform over the architectures",
    SamplesInvalid: "A sample is not in the space",
    HasAnUnhashableForm: "canonical form. Instead, TypeError",
    HasAFormPerObject: "is not equal to itself",
    ForgetsItsClasses: "is not in the class of its canonical form",
    EncodesBackwards: "A decision has not exactly one 1",
    EncodesInFloats: "float64, not one column per option",
    EncodesEveryOption: "A decision has not exactly one 1",
    AcceptsEverything: "`check` of (0, 0) returns (0, 0); an Arch",
    RefusesWithAnotherError: "`check` of (0, 0) raises ValueError",
    AcceptsAnyIndex: "`architecture_at` of -1 returns (1, 3, 2)",
    CannotBePickled: "A pickled space is equal to the original. Instead, ",
    EqualsNothing: "A pickled copy is not equal to the space",
}


def broken_space(broken):
    constrained = issubclass(broken, ConstrainedToySpace)
    return broken((3, 2, 4, 3) if constrained else (2, 4, 3))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_space_is_found_and_told_why(broken):
    sentences = check_space(broken_space(broken))
    assert any(BROKEN[broken] in sentence for sentence in sentences), sentences


@pytest.mark.parametrize("radices", [(2, 4, 3), (3, 2, 4, 3)])
def test_what_the_broken_spaces_are_made_of_is_sound(radices):
    assert check_space(ToySpace(radices)) == []
    assert check_space(ConstrainedToySpace(radices)) == []


def contract_methods():
    return [name for name in vars(SpaceContract) if name.startswith("test_")]


def test_every_method_of_the_pytest_class_can_fail():
    idle = set(contract_methods())
    for broken in BROKEN:
        for name in contract_methods():
            try:
                getattr(SpaceContract(), name)(broken_space(broken))
            except Exception:  # noqa: BLE001 - any exception fails a test
                idle.discard(name)
    assert idle == set()
    assert len(contract_methods()) == len(SPACE_CHECKS)


def test_a_violation_shows_its_sentences():
    with pytest.raises(ContractViolation, match="A sample is not in the space"):
        SpaceContract().test_samples_are_uniform(broken_space(SamplesInvalid))


def test_counts_of_the_right_law_are_plausible_and_others_are_not():
    rng = np.random.default_rng(0)
    weights = [1, 2, 3, 0]
    for _ in range(200):
        drawn = rng.choice(4, size=600, p=np.array(weights) / 6)
        assert not implausible(np.bincount(drawn, minlength=4).tolist(), weights)
    assert implausible([200, 200, 200, 0], weights)
    assert implausible([100, 200, 299, 1], weights)
    assert not implausible([7], [1])
