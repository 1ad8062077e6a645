"""ParEGO: at every step another weighting of the objectives, modelled as one."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from strategies.bayesian.gp_search import GaussianProcessSearch
from strategies.objectives.dominance import Floats, Outcome, outcome_of
from strategies.settings import MOST, Weight, Within


class RandomScalarization(GaussianProcessSearch):
    """Weigh the objectives at random, then take one step of Bayesian optimisation.

    ParEGO (Knowles, IEEE TEC 2006). At every step the objectives of all outcomes are
    scaled to [0, 1] by their ranges so far, and a weight vector w, uniform on the
    simplex, makes one cost c of them, the augmented Tchebycheff function

        max_i w_i c_i + rho * sum_i w_i c_i.

    The maximum reaches every point of a front, bent inwards or not; the small sum
    prefers, of points that are equally good in the worst objective, the better one.
    A Gaussian process is conditioned on the cost, and the next proposal maximises the
    expected improvement of it. The process itself, its acquisition and how
    outstanding trainings count are those of `GaussianProcessSearch`; the covariance
    does not depend on the weights, so one Cholesky factor serves all of them.

    Knowles draws weights from a lattice, fits hyperparameters at every step and
    begins with 11 d - 1 outcomes of a Latin hypercube; we begin with `initial` random
    ones. An outcome that breaks limits, or failed, is costlier than all others, by how
    much it breaks them.

    Args:
        context: What to search, with one or more objectives.
        rho: Weight of the sum; Knowles' 0.05.
        initial: Random outcomes before the first model.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        rho: Weight = 0.05,
        initial: Annotated[int, Within(2, MOST)] = 10,
    ) -> None:
        super().__init__(context, initial=initial)
        self.rho = rho
        self.outcomes: list[Outcome] = []

    def ask(self) -> Proposal:
        """Return what may improve most under weights that are new at every step.

        Raises:
            SearchExhausted: Everything was proposed.
        """
        weights = self.rng.dirichlet(np.ones(len(self.context.objectives)))
        self.scores = (-scalarised(self.outcomes, weights, self.rho)).tolist()
        return super().ask()

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome in all objectives."""
        super().tell(proposal, evaluation)
        self.outcomes.append(outcome_of(self.context, proposal, evaluation))


def scalarised(outcomes: list[Outcome], weights: Floats, rho: float) -> Floats:
    """Return ``(n,)`` costs: augmented Tchebycheff of objectives scaled to [0, 1].

    What breaks limits costs its violation more than 1 + rho, which is more than
    anything that keeps them.
    """
    if not outcomes:
        return np.empty(0)
    costs = -np.array([one.scores for one in outcomes])
    violations = np.array([one.violation for one in outcomes])
    known = np.isfinite(costs).all(axis=1)
    scaled = np.ones_like(costs)
    if known.any():
        low, high = costs[known].min(axis=0), costs[known].max(axis=0)
        scaled[known] = (costs[known] - low) / np.where(high > low, high - low, 1.0)
    weighted = weights * scaled
    kept = weighted.max(axis=1) + rho * weighted.sum(axis=1)
    return np.where(violations > 0, 1 + rho + violations, kept)
