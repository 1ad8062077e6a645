"""Settings of strategies are checked against the annotations of the constructors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Protocol,
    get_args,
    get_origin,
)

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.testing import ToyBenchmark, ToySpace, context_of
from strategies import RandomSearch, RegularizedEvolution, find_strategy, strategy_names
from strategies.chosen_strategy import ChosenStrategy
from strategies.evolution.selection import Tournament
from strategies.settings import (
    Count,
    Momentum,
    Share,
    Within,
    annotations_of,
    check_settings,
    fits,
    required_settings,
    settings_of,
    worded,
)

if TYPE_CHECKING:
    from decimal import Decimal

TOY = ToyBenchmark(ToySpace((3, 2, 4)))

OURS = [
    name
    for name in strategy_names()
    if find_strategy(name).__module__.startswith("strategies.")
    and not find_strategy(name).recorded
]


def hints_of(name: str) -> dict[str, Any]:
    strategy = find_strategy(name)
    hints = annotations_of(strategy.__init__)
    return {setting: hints[setting] for setting in settings_of(strategy)}


def numbers_in(hint: Any, bounds: Sequence[Within] = ()) -> list[tuple[type, Any]]:
    """Return the number types in a hint, each with the ranges that stand around it."""
    if hint in (int, float):
        return [(hint, bounds)]
    if get_origin(hint) is Callable:
        return []
    if hasattr(hint, "__metadata__"):
        own = [one for one in hint.__metadata__ if isinstance(one, Within)]
        return numbers_in(hint.__origin__, own)
    return [found for part in get_args(hint) for found in numbers_in(part)]


@pytest.mark.parametrize("name", OURS)
def test_every_number_of_every_strategy_has_a_range(name):
    for setting, hint in hints_of(name).items():
        for _, bounds in numbers_in(hint):
            assert bounds, f"{setting}: {hint}"
            assert all(math.isfinite(one.least + one.most) for one in bounds), setting


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 10**15, -1, 1e300])
def test_no_strategy_takes_what_is_no_number_or_absurd(name, wrong):
    for setting, hint in hints_of(name).items():
        if numbers_in(hint):
            with pytest.raises(NasbenchError, match=f"setting {setting} of") as caught:
                check_settings(name, find_strategy(name), {setting: wrong})
            assert "expected" in str(caught.value)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", OURS)
def test_every_default_is_allowed(name):
    defaults = settings_of(find_strategy(name))
    check_settings(name, find_strategy(name), defaults)


@pytest.mark.parametrize(
    "text, told",
    [
        ("asha(rungs=5)", r"\(values in parentheses, each a whole number from 1"),
        ("hyperband(rungs=foo)", "rungs of strategy hyperband is 'foo'"),
        ("hyperband(rungs=(1, 'two'))", r"rungs of .* is \(1, 'two'\)"),
        ("genetic-fuzzy(tournament_sizes=4)", r"\(2 values in parentheses, each"),
        ("genetic-fuzzy(tournament_sizes=(1, 2, 3))", r"\(2 values"),
        ("genetic-fuzzy(mutation_rates=(0.1, 7))", "each a number from 0 to 1"),
        ("training-free(scores=foo)", "an object that only Python can give or None"),
        ("genetic(selection=3)", "selection of strategy genetic is 3"),
        ("evolution-median(inner=3)", "inner of strategy evolution-median is 3"),
        ("moead(subproblems=1000000000)", "from 2 to 1,000"),
        ("rnn-reinforce(hidden=1000000)", "from 1 to 512"),
        ("evolution(population_size=1000000000)", "from 1 to 100,000"),
        ("annealing(initial_temperature=1e999)", "is inf; expected a number from"),
        ("reinforce(learning_rate=nan)", "is 'nan'; expected a number above 0"),
        ("tpe(multivariate=1)", "expected True or False"),
        ("local(num_init=True)", "is True; expected a whole number"),
        ("gp(kernel=hamning)", "did you mean 'hamming'"),
        ("warm-start", r"sources: the id of a benchmark, the path of a table, several"),
        ("portfolio(sources=5)", r"sources of .* is 5; expected the id of a benchmark"),
    ],
)
def test_a_wrong_setting_as_text_is_one_sentence(text, told):
    with pytest.raises(NasbenchError, match=told) as caught:
        ChosenStrategy(text)
    assert "\n" not in str(caught.value)


class Selects(Protocol):
    def pick(self) -> int: ...


@pytest.mark.parametrize(
    "value, hint, allowed",
    [
        (1, int, True),
        (np.int64(1), int, True),
        (True, int, False),
        (1.0, int, False),
        (1, float, True),
        (np.float32(0.5), float, True),
        (math.nan, float, False),
        (0, Share, True),
        (1, Share, True),
        (1, Momentum, False),
        (0, Momentum, True),
        ((1, 2), tuple[Count, ...], True),
        ([1, 2], Sequence[Count], True),
        (np.array([1, 2]), Sequence[Count], True),
        ("12", Sequence[Count], False),
        ((1, 0), Sequence[Count], False),
        ((), tuple[int, int], False),
        ((1, 2.5), tuple[int, float], True),
        (None, int | None, True),
        ("a", Literal["a", "b"], True),
        (1, Literal[True], False),
        (Tournament(2), Selects, True),
        ("tournament", Selects, False),
        ((1, 2), Selects, False),
        (print, Callable[[int], int], True),
        (3, Callable[[int], int], False),
        ({"a": 1}, Mapping[str, int], True),
        ([], Mapping[str, int], False),
        (object(), Any, True),
    ],
)
def test_what_fits_a_type(value, hint, allowed):
    assert fits(value, hint) is allowed


def test_ranges_are_worded_with_their_ends():
    assert worded(Annotated[int, Within(1, 2000)]) == "a whole number from 1 to 2,000"
    assert worded(Momentum) == "a number 0 or more and below 1"
    open_ended = Annotated[float, Within(0, 1, above=True)]
    assert worded(open_ended | None) == "a number above 0 and at most 1 or None"


def test_settings_given_in_python_are_checked_before_the_constructor_runs():
    class Mine(RandomSearch):
        def __init__(self, context, rate: Share = 0.5, *, later: Later = 1):
            raise AssertionError("not reached")

    with pytest.raises(NasbenchError, match=r"rate of Mine is 2; .* as in rate=0.5"):
        Mine(context_of(TOY), 2)
    with pytest.raises(NasbenchError, match="later of Mine is 'x'"):
        Mine(context_of(TOY), later="x")


Later = Annotated[int, Within(0, 9)]


def test_what_a_subclass_hands_on_is_checked_too():
    class Mine(RegularizedEvolution):
        def __init__(self, context, size=10):
            super().__init__(context, population_size=size)

    with pytest.raises(NasbenchError, match="population_size of Mine is 'ten'"):
        Mine(context_of(TOY), "ten")


def test_settings_that_are_handed_on_as_they_are_are_checked_where_they_arrive():
    class Mine(RegularizedEvolution):
        def __init__(self, context, *more: int, **settings: int):
            super().__init__(context, **settings)

    Mine(context_of(TOY), population_size=20)
    with pytest.raises(NasbenchError, match="population_size of Mine is 0"):
        Mine(context_of(TOY), population_size=0)


def test_annotations_for_type_checkers_alone_check_nothing():
    class Mine(RandomSearch):
        def __init__(self, context, rate: Decimal = 1, share: Share = 0.5):
            super().__init__(context)

    Mine(context_of(TOY), rate="anything")
    with pytest.raises(NasbenchError, match="share of Mine"):
        Mine(context_of(TOY), share=2)


def test_a_call_that_python_refuses_is_refused_by_python():
    with pytest.raises(TypeError, match="no_such"):
        RegularizedEvolution(context_of(TOY), no_such=1)


USERS = """
from strategies import RandomSearch, Strategy

class Needs(RandomSearch):
    def __init__(self, context, rate: float, names: tuple[str, ...]):
        super().__init__(context)

class Forgets(Strategy):
    def __init__(self, context, size: int = 3):
        self.size = size
    def ask(self):
        return self.propose(self.space.sample(self.rng))

class TakesNothing(RandomSearch):
    def __init__(self):
        pass
"""


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users.py"
    path.write_text(USERS)
    return path


@pytest.mark.parametrize(
    "text, told",
    [
        ("Needs", "needs settings that are not given: rate: a number, names: .*word"),
        ("Needs(rate=1)", "needs settings that are not given: names"),
        ("Needs(ratio=1)", "has no setting 'ratio'; it has rate, names"),
        ("TakesNothing", "TakesNothing.__init__ takes no context"),
    ],
)
def test_a_users_class_that_cannot_be_built_is_explained(users, text, told):
    with pytest.raises(NasbenchError, match=told) as caught:
        ChosenStrategy(f"{users}:{text}")
    assert "\n" not in str(caught.value)


def test_a_class_that_forgets_the_constructor_of_its_base_is_told_so(users):
    chosen = ChosenStrategy(f"{users}:Forgets")
    with pytest.raises(NasbenchError, match=r"does not call super\(\).__init__"):
        simulate(chosen, TOY, RunSettings(Budget(3)), 0)


def ends_of(name: str) -> list[dict[str, Any]]:
    """Return a strategy's settings with one count at the upper end of its range."""
    ends = []
    for setting, hint in hints_of(name).items():
        for kind, bounds in numbers_in(hint):
            alone = not any(word in str(hint) for word in ("tuple", "Sequence"))
            if bounds and kind is int and alone:
                ends.append({setting: int(bounds[0].most)})
    return ends


FREE_OF_SOURCES = [
    name
    for name in OURS
    if ends_of(name) and not required_settings(find_strategy(name))
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FREE_OF_SOURCES)
def test_the_largest_of_every_count_works_or_is_refused(name):
    benchmark = ToyBenchmark(ToySpace((4,) * 7), epochs=9)
    for settings in ends_of(name):
        words = ", ".join(f"{key}={value}" for key, value in settings.items())
        chosen = ChosenStrategy(f"{name}({words})")
        try:
            run = simulate(chosen, benchmark, RunSettings(Budget(600, "seconds")), 0)
        except NasbenchError:
            continue
        assert len(run) > 0
