"""A random forest, whose trees know how far they disagree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from nasbench.errors import NasbenchError
from surrogates.model import Floats, Model, Rows
from surrogates.store import Arrays, grouped, into_group
from surrogates.targets import TargetKind
from surrogates.trees import Tree, Trees, join

SMALLEST_VARIANCE = 1e-6
"""Where all leaves agree and hold equal values, of scores whose variance is 1."""


@dataclass(eq=False)
class RandomForest(Model):
    """Averaged trees on bootstrap samples (Breiman, 2001), by scikit-learn.

    The variance is that between the trees' means plus the mean of the leaves' own
    variances (Hutter et al., Algorithm runtime prediction, 2014). scikit-learn is
    needed to fit, not to predict.

    The number of trees, the share of columns and the least samples of a leaf are
    those of NAS-Bench-301's forest (Zela et al., ICLR 2022), but for a larger share of
    columns, which encodings of few columns need; the bootstrap is on, because without
    it the leaves of fully grown trees know no variance.

    Attributes:
        trees: How many.
        column_share: Share of the columns that a split chooses from.
        min_leaf: Least samples of a leaf.
        bootstrap: Whether trees see samples drawn with replacement.
    """

    family: ClassVar[str] = "random-forest"

    seed: int = 0
    target: TargetKind = "log-error"
    trees: int = 116
    column_share: float = 0.4
    min_leaf: int = 2
    bootstrap: bool = True

    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Grow the trees."""
        try:
            from sklearn.ensemble import RandomForestRegressor
        except ImportError as error:
            raise NasbenchError(
                "fitting a random forest needs scikit-learn: "
                'pip install "nasbench-suite[surrogates]"'
            ) from error
        forest = RandomForestRegressor(
            n_estimators=self.trees,
            max_features=self.column_share,
            min_samples_leaf=self.min_leaf,
            bootstrap=self.bootstrap,
            random_state=self.seed,
        )
        forest.fit(rows, scores)
        self.__dict__.pop("_fitted_trees", None)
        return into_group(
            "trees", join([_tree(e) for e in forest.estimators_]).arrays()
        )

    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return means over trees, and the root of the total variance."""
        mean, square, inner = self._fitted_trees.moments(rows)
        # Rounding may leave a difference of equal numbers below zero.
        variance = np.maximum(square - mean**2, 0.0) + np.maximum(inner, 0.0)
        variance = np.maximum(variance, SMALLEST_VARIANCE)
        return mean, np.sqrt(variance)

    @cached_property
    def _fitted_trees(self) -> Trees:
        return Trees.restore(grouped(self.learned(), "trees"))


def _tree(estimator: Any) -> Tree:
    """Read a tree of scikit-learn: its mean and its variance at every node."""
    tree = estimator.tree_
    # scikit-learn goes left at or below its threshold (float64), ours below (float32):
    # the next float32 above the largest float32 that is not above it.
    single = tree.threshold.astype(np.float32)
    single = np.where(single > tree.threshold, np.nextafter(single, -np.inf), single)
    return Tree(
        feature=tree.feature.astype(np.int32),
        threshold=np.nextafter(single, np.float32(np.inf), dtype=np.float32),
        left=tree.children_left.astype(np.int32),
        right=tree.children_right.astype(np.int32),
        value=np.column_stack((tree.value[:, 0, 0], tree.impurity)),
    )
