"""The contract of a search space, as a check function and as a pytest class."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from nasbench.spaces import Architecture, ArchitectureError, SearchSpace
from nasbench.testing.chance import implausible
from nasbench.testing.violations import collect, expect_none

SpaceCheck: TypeAlias = Callable[[SearchSpace], Iterator[str]]

SAMPLES = 200
"""Architectures that are looked at one by one in a space with more than these."""

ENUMERABLE = 20_000
"""The largest space that is listed."""


class SpaceContract:
    """What every search space keeps to; inherit it and supply the fixture `space`.

    Example:
        ::

            class TestMySpace(SpaceContract):
                @pytest.fixture
                def space(self):
                    return MySpace()
    """

    def test_indices_and_architectures_are_one_to_one(self, space: SearchSpace) -> None:
        """Go to the index and back, alone and in batches."""
        expect_none(index_round_trip(space))

    def test_text_and_architectures_are_one_to_one(self, space: SearchSpace) -> None:
        """Go to the text form and back."""
        expect_none(text_round_trip(space))

    def test_neighbours_differ_in_one_decision(self, space: SearchSpace) -> None:
        """Compare with all architectures that differ in one decision."""
        expect_none(neighbourhoods(space))

    def test_mutation_changes_one_decision_uniformly(self, space: SearchSpace) -> None:
        """Count the children of one architecture."""
        expect_none(mutations(space))

    def test_crossover_takes_every_option_from_a_parent(
        self, space: SearchSpace
    ) -> None:
        """Look at children of uniform and of k-point crossover."""
        expect_none(crossovers(space))

    def test_samples_are_uniform(self, space: SearchSpace) -> None:
        """Count the samples of every architecture, or of every option."""
        expect_none(samples(space))

    def test_classes_are_those_of_the_canonical_form(self, space: SearchSpace) -> None:
        """Compare `classes` with `canonical`."""
        expect_none(canonical_forms(space))

    def test_one_hot_rows_decode(self, space: SearchSpace) -> None:
        """Read the options back from the indicators."""
        expect_none(one_hot_rows(space))

    def test_wrong_architectures_are_refused(self, space: SearchSpace) -> None:
        """Hand in what is no architecture."""
        expect_none(refusals(space))

    def test_a_pickled_space_is_equal(self, space: SearchSpace) -> None:
        """Send the space to another process and back."""
        expect_none(pickled_copy(space))


def check_space(space: SearchSpace) -> list[str]:
    """Return a sentence for everything in which a space breaks the contract.

    Every random choice is made with a fixed seed: a space passes always or never.
    """
    return collect(SPACE_CHECKS, space)


def index_round_trip(space: SearchSpace) -> Iterator[str]:
    """Indices and architectures are one to one."""
    if space.size != math.prod(len(options) for options in space.choices):
        yield f"The size {space.size} is not the product of the numbers of options."
    some = _some(space)
    for each in some:
        if space.architecture_at(space.index(each)) != each:
            yield f"{each} is not the architecture at its index {space.index(each)}."
    if len({space.index(each) for each in some}) < len(some):
        yield "Two architectures have the same index."
    batch = np.array(some, dtype=np.uint8)
    if space.size < 2**63:
        indices = [space.index(each) for each in some]
        if space.indices(batch).tolist() != indices:
            yield "`indices` of a batch differ from `index` of its rows."
        if not np.array_equal(space.architectures_at(indices), batch):
            yield "`architectures_at` differs from the architectures of the indices."
    if space.size <= ENUMERABLE:
        listed = [space.index(each) for each in space]
        every = space.architectures_at(range(space.size)).tolist()
        valid = [i for i, one in enumerate(every) if space.is_valid(tuple(one))]
        if listed != valid:
            yield "Iteration does not give the valid architectures in index order."


def text_round_trip(space: SearchSpace) -> Iterator[str]:
    """Text and architectures are one to one."""
    texts: dict[str, Architecture] = {}
    for each in _some(space):
        text = space.format(each)
        if (read := space.parse(text)) != each:
            yield f"{each} is written {text!r}, which is read as {read}."
        if texts.setdefault(text, each) != each:
            yield f"{each} and {texts[text]} are both written {text!r}."
    for wrong in ("", "no architecture", *(f"{text}?" for text in list(texts)[:1])):
        yield from _not_refused("parse", space.parse, wrong)


def neighbourhoods(space: SearchSpace) -> Iterator[str]:
    """Neighbours are the architectures that differ in one decision."""
    for each in _some(space)[:50]:
        listed = space.neighbours(each)
        found = set(listed)
        changed = {
            (*each[:decision], option, *each[decision + 1 :])
            for decision, radix in enumerate(space.radices)
            for option in range(radix)
        }
        expected = {one for one in changed if one != each and one in space}
        if len(found) < len(listed):
            yield f"A neighbour of {each} is listed twice."
        if found - expected:
            yield f"{min(found - expected)} is no neighbour of {each}."
        if expected - found:
            yield f"{min(expected - found)} is missing in the neighbours of {each}."
        for one in listed[:20]:
            if each not in space.neighbours(one):
                yield f"{one} is a neighbour of {each}, but not the other way round."


def mutations(space: SearchSpace) -> Iterator[str]:
    """A mutation changes one decision, each with the same probability."""
    rng = np.random.default_rng(0)
    some = [each for each in _some(space) if space.neighbours(each)]
    for each in some:
        child = space.mutate(each, rng)
        if sum(a != b for a, b in zip(each, child, strict=True)) != 1:
            yield f"The mutation of {each} into {child} does not change one decision."
        if child not in space:
            yield f"{each} mutates into {child}, which is not in the space."
    if not some:
        return
    # Decisions are equally likely, then their other options; invalid ones are redrawn.
    parent = some[0]
    weights = {
        child: 1 / (radix - 1)
        for child in space.neighbours(parent)
        for a, b, radix in zip(parent, child, space.radices, strict=True)
        if a != b
    }
    drawn = Counter(
        space.mutate(parent, rng) for _ in range(max(1000, 20 * len(weights)))
    )
    if implausible([drawn[child] for child in weights], list(weights.values())):
        yield f"The mutations of {parent} are not uniform over its decisions."


def crossovers(space: SearchSpace) -> Iterator[str]:
    """A crossover takes every option from one of the parents."""
    rng = np.random.default_rng(0)
    some = _some(space)
    for points in (None, *range(1, min(space.decisions, 4))):
        for first, second in zip(some, reversed(some), strict=True):
            child = space.crossover(first, second, rng, points)
            parents = list(zip(first, second, strict=True))
            if any(o not in pair for o, pair in zip(child, parents, strict=True)):
                yield f"{child} has an option of neither {first} nor {second}."
            if child not in space:
                yield f"{first} and {second} cross into {child}, not in the space."
    if type(space).is_valid is SearchSpace.is_valid and len(some) > 1:
        first, second = some[0], some[-1]
        differing = [i for i, o in enumerate(first) if o != second[i]]
        children = [space.crossover(first, second, rng) for _ in range(200)]
        taken = sum(child[i] == second[i] for child in children for i in differing)
        if implausible([taken, 200 * len(differing) - taken], [1, 1]):
            yield f"{first} and {second} do not have equal shares in their children."


def samples(space: SearchSpace) -> Iterator[str]:
    """Samples are uniform over the valid architectures."""
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(2000)]
    if any(each not in space for each in drawn[:SAMPLES]):
        yield "A sample is not in the space."
        return
    members = list(space) if space.size <= ENUMERABLE else []
    if members:
        # Architectures of neighbouring indices share a bin, of 20 samples or more.
        bins = min(len(members), 100)
        bin_of = {each: i * bins // len(members) for i, each in enumerate(members)}
        sizes, counts = Counter(bin_of.values()), Counter(bin_of[one] for one in drawn)
        if implausible([counts[i] for i in sizes], list(sizes.values())):
            yield "Samples are not uniform over the architectures."
    elif type(space).is_valid is not SearchSpace.is_valid:
        return  # too large to know how often an option is part of a valid combination
    for decision, radix in enumerate(space.radices):
        options = [one[decision] for one in members] or list(range(radix))
        weights = np.bincount(options, minlength=radix)
        seen = np.bincount([one[decision] for one in drawn], minlength=radix)
        if implausible(seen.tolist(), weights.tolist()):
            yield f"Samples are not uniform over the options of decision {decision}."


def canonical_forms(space: SearchSpace) -> Iterator[str]:
    """Classes are those of the canonical form."""
    for each in _some(space):
        one = space.canonical(each)
        again = space.canonical(space.parse(space.format(each)))
        if one != again or hash(one) != hash(again):
            yield f"The canonical form of {each} is not equal to itself."
    if space.size > ENUMERABLE:
        return
    class_of = space.classes.class_of
    first_of: dict[object, int] = {}
    for each in space:
        index = space.index(each)
        first = first_of.setdefault(space.canonical(each), index)
        if class_of[first] != class_of[index]:
            yield f"{each} is not in the class of its canonical form."
    if len(first_of) != len(space.classes):
        yield f"{len(first_of)} canonical forms make {len(space.classes)} classes."


def one_hot_rows(space: SearchSpace) -> Iterator[str]:
    """One-hot rows can be read back."""
    batch = np.array(_some(space), dtype=np.uint8)
    rows = space.one_hot(batch)
    if rows.shape != (len(batch), sum(space.radices)) or rows.dtype != np.uint8:
        yield f"`one_hot` gives {rows.shape} {rows.dtype}, not one column per option."
        return
    blocks = np.split(rows, np.cumsum(space.radices)[:-1], axis=1)
    if any((block.sum(axis=1) != 1).any() for block in blocks):
        yield "A decision has not exactly one 1 in its part of a one-hot row."
    decoded = np.stack([block.argmax(axis=1) for block in blocks], axis=1)
    if not np.array_equal(decoded, batch):
        yield "One-hot rows read back are other architectures."


def refusals(space: SearchSpace) -> Iterator[str]:
    """What is no architecture is refused with an ArchitectureError."""
    good = _some(space)[0]
    wrong: list[object] = [None, 7, "?", (), good[:-1], (*good, 0), (-1, *good[1:])]
    wrong += [(space.radices[0], *good[1:]), (0.5, *good[1:]), ("0", *good[1:])]
    wrong += [(math.nan, *good[1:]), (None, *good[1:])]
    for one in wrong:
        yield from _not_refused("check", space.check, one)
    for index in (-1, space.size):
        yield from _not_refused("architecture_at", space.architecture_at, index)


def pickled_copy(space: SearchSpace) -> Iterator[str]:
    """A pickled space is equal to the original."""
    again = pickle.loads(pickle.dumps(space))
    if again != space or hash(again) != hash(space):
        yield "A pickled copy is not equal to the space, or has another hash."


SPACE_CHECKS: tuple[SpaceCheck, ...] = (
    index_round_trip,
    text_round_trip,
    neighbourhoods,
    mutations,
    crossovers,
    samples,
    canonical_forms,
    one_hot_rows,
    refusals,
    pickled_copy,
)


def _some(space: SearchSpace) -> list[Architecture]:
    """Return all architectures of a small space, distinct random ones of a large."""
    if space.size <= SAMPLES:
        return list(space)
    rng = np.random.default_rng(0)
    return list(dict.fromkeys(space.sample(rng) for _ in range(SAMPLES)))


def _not_refused(
    name: str, method: Callable[[Any], object], wrong: object
) -> Iterator[str]:
    """Yield a sentence where `method` does not answer with an ArchitectureError."""
    try:
        answer = f"returns {method(wrong)!r}"
    except ArchitectureError:
        return
    except Exception as error:  # noqa: BLE001 - any other exception is a finding
        answer = f"raises {type(error).__name__}"
    yield f"`{name}` of {wrong!r} {answer}; an ArchitectureError is expected."
