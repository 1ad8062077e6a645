"""Gradient-boosted trees by XGBoost, as a small ensemble that knows its error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures
from surrogates.held_out_error import held_out_residuals, missing_variance
from surrogates.leaf_masks import LeafMasks
from surrogates.leaf_options import LeafOptions
from surrogates.leaf_table import table_of_sums
from surrogates.model import Floats, Model, Rows
from surrogates.store import Arrays, grouped, into_group
from surrogates.targets import TargetKind
from surrogates.trees import Tree, Trees, join

if TYPE_CHECKING:
    import xgboost

NOTHING: Rows = np.empty((1, 0), np.float32)
"""One row of no columns: nothing stands behind the one-hot ones."""

BLOCK = 2**16
"""Combinations whose sums become predictions together: they stay in the cache."""


@dataclass(eq=False)
class XGBoost(Model):
    """Boosted trees (Chen & Guestrin, KDD 2016), averaged over members.

    Members differ in their seed, which draws the samples and columns of every tree,
    as in the ensembles of NAS-Bench-301 (Zela et al., ICLR 2022). XGBoost itself is
    needed to fit, not to predict: the trees are kept as arrays.

    The defaults are tuned on NAS-Bench-201 for 100 to 1,000 samples. Those of NASLib
    are ``XGBoost.naslib()``. Those of NAS-Bench-301 (minimum child weight 39) predict
    one constant from 100 samples.

    Attributes:
        rounds: Trees of a member.
        depth: Longest path of a tree.
        learning_rate: How much of a tree counts.
        min_child_weight: Least samples of a leaf.
        row_share: Share of the samples that a tree sees.
        column_share: Share of the columns that a tree sees.
        l2: Penalty on the squares of leaf values.
        members: How many models are averaged.
        folds: Cross-validation that estimates the error; below 2 for none, then the
            standard deviation is that between members alone.
    """

    family: ClassVar[str] = "xgboost"

    seed: int = 0
    target: TargetKind = "log-error"
    rounds: int = 500
    depth: int = 5
    learning_rate: float = 0.05
    min_child_weight: float = 1.0
    row_share: float = 0.8
    column_share: float = 0.5
    l2: float = 1.0
    members: int = 3
    folds: int = 5

    @classmethod
    def naslib(cls, seed: int = 0) -> XGBoost:
        """Return the settings of NASLib's predictor, one member, plain targets."""
        return cls(
            seed=seed,
            target="plain",
            depth=6,
            learning_rate=0.3,
            row_share=1.0,
            column_share=1.0,
            members=1,
            folds=0,
        )

    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Train the members and estimate their error."""
        read = [_read(self.train(rows, scores, i)) for i in range(self.members)]
        trees = join([tree for member, _ in read for tree in member])
        added = 0.0
        if self.folds > 1:
            residuals = held_out_residuals(
                self._fitter, rows, scores, self.folds, self.seed
            )
            spread = trees.sums(rows, self.members).std(axis=1)
            added = missing_variance(residuals, spread)
        self._forget()
        return {
            **into_group("trees", trees.arrays()),
            "base": np.array([base for _, base in read]),
            "added_variance": np.array(added),
        }

    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the mean over members, and their spread with the held-out error."""
        return self._averaged(self._fitted_trees.sums(rows, self.members))

    def restore(self, arrays: Arrays) -> Self:
        """Take what `arrays` returned; see `Model.restore`."""
        self._forget()
        return super().restore(arrays)

    def predict_options(
        self,
        radices: tuple[int, ...],
        architectures: Architectures,
        further: Rows = NOTHING,
    ) -> tuple[Floats, Floats] | None:
        """Predict from options what `predict` says of their one-hot rows, bit for bit.

        It is several times as fast, as it needs no rows and walks no trees.

        Args:
            radices: Options of every decision.
            architectures: ``(n, decisions)``, each option below its radix.
            further: ``(f, k) float32``: each architecture is predicted with each of
                these rows behind its one-hot columns.

        Returns:
            ``(n * f,)`` predictions and standard deviations, the rows of an
            architecture behind one another; None where trees have over 64 leaves.

        Raises:
            NasbenchError: The model is not fitted, or to other columns.
        """
        masks = self._masks(radices, further)
        if masks is None:
            return None
        said = masks.sums(architectures, len(further) * self.members)
        return self._valued(said.reshape(-1, self.members))

    def tabulate_options(self, radices: tuple[int, ...]) -> Floats | None:
        """Predict all combinations of options, in the order of their indices.

        Returns:
            ``(2, combinations)``, predictions and standard deviations with the bits of
            `predict`; None where `surrogates.leaf_table` cannot sum the trees.

        Raises:
            NasbenchError: The model is not fitted, or to other columns.
        """
        sums = table_of_sums(self._leaves(radices, NOTHING[0]), self.members)
        if sums is None:
            return None
        table = np.empty((2, len(sums)))
        for start in range(0, len(sums), BLOCK):
            part = slice(start, start + BLOCK)
            table[:, part] = self._valued(sums[part])
        return table

    def _averaged(self, sums: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of scores from ``(n, members)`` sums."""
        learned = self.learned()
        said = sums + learned["base"]
        variance = said.var(axis=1) + float(learned["added_variance"])
        return said.mean(axis=1), np.sqrt(variance)

    def _valued(self, sums: Floats) -> tuple[Floats, Floats]:
        mean, std = self._averaged(sums)
        return self._mapping.inverse(mean), self._mapping.inverse_std(mean, std)

    def _leaves(self, radices: tuple[int, ...], further: Rows) -> LeafOptions:
        self.learned()
        columns = sum(radices) + len(further)
        if columns != self._features:
            raise NasbenchError(
                f"{type(self).__name__} was fitted to {self._features} features, not "
                f"{columns}"
            )
        return LeafOptions.of(self._fitted_trees, radices, further)

    def _masks(self, radices: tuple[int, ...], further: Rows) -> LeafMasks | None:
        key = radices, further.shape, further.tobytes()
        if key not in self._masks_of:
            self._masks_of.clear()
            leaves = LeafOptions.joined([self._leaves(radices, row) for row in further])
            members = len(further) * self.members
            self._masks_of[key] = LeafMasks.of(leaves, members)
        return self._masks_of[key]

    def _forget(self) -> None:
        """Drop what was read from trees that were learned before."""
        self.__dict__.pop("_fitted_trees", None)
        self.__dict__.pop("_masks_of", None)

    def train(self, rows: Rows, scores: Floats, member: int) -> xgboost.Booster:
        """Return XGBoost's own model of one member; also the baseline of our speed.

        Raises:
            NasbenchError: XGBoost is not installed.
        """
        try:
            import xgboost
        except ImportError as error:
            raise NasbenchError(
                "fitting XGBoost needs the library: "
                'pip install "nasbench-suite[surrogates]"'
            ) from error
        settings = {
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.min_child_weight,
            "subsample": self.row_share,
            "colsample_bytree": self.column_share,
            "lambda": self.l2,
            "seed": 1000 * self.seed + member,
            "base_score": 0.0,
            # More threads sum in another order; these data are small.
            "nthread": 1,
        }
        data = xgboost.DMatrix(rows, scores)
        return xgboost.train(settings, data, self.rounds)

    def _fitter(self, rows: Rows, scores: Floats) -> Any:
        found, base = _read(self.train(rows, scores, self.members))
        trees = join(found)
        return lambda others: trees.sums(others, 1)[:, 0] + base

    @cached_property
    def _fitted_trees(self) -> Trees:
        return Trees.restore(grouped(self.learned(), "trees"))

    @cached_property
    def _masks_of(self) -> dict[Any, LeafMasks | None]:
        return {}


def _read(booster: xgboost.Booster) -> tuple[list[Tree], float]:
    """Read the trees, and what is added to their sum, out of XGBoost's own JSON."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    trees = [_tree(tree) for tree in learner["gradient_booster"]["model"]["trees"]]
    stated = str(learner["learner_model_param"]["base_score"])
    return trees, float(stated.strip("[]"))


def _tree(tree: dict[str, Any]) -> Tree:
    left = np.array(tree["left_children"], np.int32)
    # A leaf's value stands where an inner node has its threshold.
    number = np.array(tree["split_conditions"], np.float32)
    return Tree(
        feature=np.array(tree["split_indices"], np.int32),
        threshold=number,
        left=left,
        right=np.array(tree["right_children"], np.int32),
        value=number[:, None],
    )
