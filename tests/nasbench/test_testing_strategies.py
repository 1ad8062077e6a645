"""The strategy contract finds every kind of broken strategy."""

from __future__ import annotations

import pytest
from broken_strategies import (
    BROKEN,
    Climbs,
    DrawsFromTorchsState,
    IgnoresTheSeed,
    Sound,
)

from nasbench.errors import NasbenchError
from nasbench.search import SearchExhausted
from nasbench.testing import ContractViolation, StrategyContract, check_strategy
from nasbench.testing.strategies import STRATEGY_CHECKS


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
