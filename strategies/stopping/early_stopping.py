"""Train what another strategy asks for step by step, and stop what looks hopeless."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import (
    VALIDATION_ACCURACY,
    AskTell,
    Proposal,
    SearchContext,
    StrategyFactory,
)
from nasbench.spaces import Architecture
from strategies.chosen_strategy import ChosenStrategy
from strategies.strategy import Strategy

Curve: TypeAlias = dict[int, float]
"""Validation accuracy in [0, 1] by epoch, ascending; epochs may be left out."""

STEPS = 10
"""Into how many steps a training is divided where the user does not say."""


@dataclass
class Training:
    """A training that the inner strategy asked for and was not told of.

    Attributes:
        proposal: What the inner strategy asked for.
        trained: For how many epochs it has been trained.
    """

    proposal: Proposal
    trained: int


class EarlyStopping(Strategy):
    """Ask another strategy, train in steps, break off or go on, tell the other.

    A training of E epochs becomes proposals of `step`, 2 `step`, ... and E epochs of
    the same architecture. After each the rule, `should_stop`, looks at the curve so
    far. The inner strategy is told once, when its training is over or was stopped.

    **What a stopped training is worth.** The inner strategy is told the evaluation at
    the epoch where it was stopped, with the accuracy seen last: `Evaluation.epochs`,
    smaller than what it asked for, marks it. That understates what the whole training
    would have shown, so that it ranks behind its equals. The incumbent of a run is
    among full trainings only, whatever was stopped.

    **What it costs.** Where trainings resume, a step costs its own epochs; where they
    restart, a step to epoch e costs e, and one check in the middle is dearer than
    none. Take few large steps there. In a budget of evaluations every step counts as
    one; give budgets in epochs or seconds.

    An architecture that comes again goes on from where its class was stopped, without
    the steps before; one that was trained to the end is trained as one step. Workers
    that ask while trainings are under way get the oldest one that waits for its next
    step, else a new one of the inner strategy.

    With a rule that never stops, the inner strategy proposes exactly what it would
    alone.

    Args:
        context: What to search; the inner strategy gets it too.
        inner: The strategy that proposes: its class, a partial of it, or its name,
            settings in parentheses: ``evolution(population_size=10)``. One that itself
            trains for fewer epochs than all is refused.
        step: Epochs between two checks; None for a tenth of the full budget.
    """

    several_fidelities: ClassVar[bool] = True

    # In a slot and not in `__dict__`, which `Strategy.state` copies.
    __slots__ = ("inner",)

    inner: AskTell

    def __init__(
        self, context: SearchContext, inner: StrategyFactory | str, step: int | None
    ) -> None:
        if context.objectives != (VALIDATION_ACCURACY,):
            columns = [objective.column for objective in context.objectives]
            raise NasbenchError(
                f"{type(self).__name__} judges curves of validation_accuracy, so that "
                f"it is the sole objective, not {columns}"
            )
        super().__init__(context)
        chosen = -(-context.epochs // STEPS) if step is None else step
        if chosen < 1:
            raise NasbenchError(f"a step takes 1 epoch or more, not {step}")
        self.step = chosen
        factory = ChosenStrategy(inner) if isinstance(inner, str) else inner
        self.inner = factory(context)
        if getattr(self.inner, "several_fidelities", False):
            raise NasbenchError(
                f"{type(self).__name__} cannot wrap {type(self.inner).__name__}, which "
                "itself decides how long to train; take an inner strategy that asks "
                "for full trainings, such as evolution"
            )
        self.waiting: deque[Training] = deque()
        self.asked: dict[tuple[Architecture, int], list[Training]] = {}
        self.trained: dict[Hashable, int] = {}

    @abstractmethod
    def should_stop(self, architecture: Architecture, curve: Curve) -> bool:
        """Return whether a training is hopeless, given its curve so far."""

    @abstractmethod
    def note_end(self, architecture: Architecture, curve: Curve, stopped: bool) -> None:
        """Take the curve of a training that is over, to compare others with."""

    def ask(self) -> Proposal:
        """Return the next step of a training.

        Raises:
            SearchExhausted: No step waits, and the inner strategy has nothing left.
        """
        training = self.waiting.popleft() if self.waiting else self._begin()
        wanted = training.proposal.epochs
        after = min(training.trained + self.step, wanted)
        proposal = Proposal(training.proposal.architecture, after)
        self.asked.setdefault((proposal.architecture, after), []).append(training)
        return proposal

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Let the training go on, or tell the inner strategy how it ended."""
        architecture = proposal.architecture
        key = (architecture, proposal.epochs)
        training = self.asked[key].pop(0)
        if not self.asked[key]:
            del self.asked[key]
        training.trained = proposal.epochs
        of_class = self.space.canonical(architecture)
        self.trained[of_class] = max(proposal.epochs, self.trained.get(of_class, 0))
        accuracy = evaluation.validation_accuracy
        if accuracy is None:
            self.inner.tell(training.proposal, evaluation)
            return
        curve = curve_of(evaluation, accuracy)
        over = proposal.epochs == training.proposal.epochs
        stopped = not over and self.should_stop(architecture, curve)
        if not over and not stopped:
            self.waiting.append(training)
            return
        self.note_end(architecture, curve, stopped)
        self.inner.tell(training.proposal, evaluation)

    def state(self) -> dict[str, Any]:
        """Return a copy of everything but the context, that of the inner one too."""
        return {**super().state(), "inner": self.inner.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned; `state` itself is left as it is."""
        rest = dict(state)
        self.inner.restore(rest.pop("inner"))
        super().restore(rest)

    def _begin(self) -> Training:
        """Return a training of the inner strategy, with what its class has had."""
        proposal = self.inner.ask()
        trained = self.trained.get(self.space.canonical(proposal.architecture), 0)
        if trained >= proposal.epochs:
            # All is known of it: one step, at the price that the runner takes.
            trained = proposal.epochs
        return Training(proposal, trained)


def curve_of(evaluation: Evaluation, accuracy: float) -> Curve:
    """Return the accuracies that an evaluation shows; the last one at least."""
    if len(evaluation.curve) == evaluation.epochs:
        return dict(enumerate(evaluation.curve, start=1))
    return {evaluation.epochs: accuracy}
