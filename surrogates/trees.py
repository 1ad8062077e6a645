"""Decision trees as flat arrays: predicted with numpy, saved without pickles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.store import Arrays

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.float32]

FEW = 32
"""Up to so many samples, all trees are walked at once; more go tree by tree."""

BLOCK = 2**14
"""Samples that are walked together: what a step touches stays in the cache."""

FIELDS = ("feature", "threshold", "split", "children", "value", "roots", "depth")


@dataclass(frozen=True, eq=False)
class Trees:
    """Binary trees, all nodes of all trees behind one another.

    The distinct questions of all nodes (is this feature below this threshold?) are
    answered once per sample; a walk then only looks up answers. Both children of a
    leaf are the leaf itself, so that walks of different lengths end together.

    Attributes:
        feature: ``(questions,) int32``, the column that a question is about.
        threshold: ``(questions,) float32``.
        split: ``(nodes,) int32``, the question of a node; 0 at leaves.
        children: ``(nodes, 2) int32``, where to go for no, and for yes.
        value: ``(nodes, k) float32``, what a leaf says; without meaning elsewhere.
        roots: ``(trees,) int32``, positions of the roots.
        depth: ``(trees,) int32``, steps from a root to its farthest leaf.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    split: NDArray[np.int32]
    children: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    depth: NDArray[np.int32]

    def leaves(self, rows: Rows) -> Iterator[tuple[slice, NDArray[np.int32]]]:
        """Yield the leaves of ``(n, features)`` samples, in the order of the trees.

        Yields:
            Which trees, and ``(n, those trees) int32`` positions of their leaves.
        """
        answers = rows[:, self.feature] < self.threshold
        following = self.children.ravel()
        count, questions = answers.shape
        if count <= FEW:
            flat = answers.view(np.uint8).ravel()
            first = (np.arange(count) * questions)[:, None]
            at = np.broadcast_to(self.roots, (count, len(self.roots)))
            for _ in range(int(self.depth.max())):
                at = following.take(2 * at + flat.take(first + self.split.take(at)))
            yield slice(None), at
            return
        flat = np.ascontiguousarray(answers.T).view(np.uint8).ravel()
        sample = np.arange(count)
        first_question = self.split * np.int64(count)
        for tree, (root, depth) in enumerate(zip(self.roots, self.depth, strict=True)):
            here = np.full(count, root, np.int32)
            for _ in range(depth):
                answer = flat.take(first_question.take(here) + sample)
                here = following.take(2 * here + answer)
            yield slice(tree, tree + 1), here[:, None]

    def sums(self, rows: Rows, members: int) -> Floats:
        """Return ``(n, members)``: equal runs of trees, summed; ``k`` has to be 1."""
        result = np.zeros((len(rows), members))
        value = self.value[:, 0].astype(np.float64)
        per_member = len(self.roots) // members
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            for trees, at in self.leaves(rows[part]):
                if trees.start is None:
                    said = value.take(at).reshape(len(at), members, per_member)
                    # One after the other, as below: equal to the last bit.
                    result[part] = np.cumsum(said, axis=2)[:, :, -1]
                else:
                    result[part, trees.start // per_member] += value.take(at[:, 0])
        return result

    def moments(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Return over the trees the means of values 0, their squares, and values 1.

        Returns:
            Three arrays ``(n,)``; ``k`` has to be 2.
        """
        totals = np.zeros((3, len(rows)))
        first, second = self.value.T.astype(np.float64)
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            for _, at in self.leaves(rows[part]):
                said = first.take(at)
                each = np.stack((said, said**2, second.take(at)))
                # One after the other also where all trees come at once: equal bits.
                totals[:, part] += np.cumsum(each, axis=2)[:, :, -1]
        mean, square, inner = totals / len(self.roots)
        return mean, square, inner

    def arrays(self) -> Arrays:
        """Return the fields by name; `restore` takes them."""
        return {name: getattr(self, name) for name in FIELDS}

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return the trees whose `arrays` these are."""
        return cls(*(arrays[name] for name in FIELDS))


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree, with -1 for the children of its leaves.

    Attributes:
        feature: ``(nodes,)``, the column that a node looks at.
        threshold: ``(nodes,)``: below it a sample goes left, else right.
        left: ``(nodes,)``, positions in this tree.
        right: ``(nodes,)``.
        value: ``(nodes, k)``.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]

    def depth(self) -> int:
        """Return the steps from the root, node 0, to the farthest leaf."""
        level, steps = np.array([0]), -1
        while len(level):
            inner = level[self.left[level] >= 0]
            level = np.concatenate((self.left[inner], self.right[inner]))
            steps += 1
        return steps


def join(trees: list[Tree]) -> Trees:
    """Put trees behind one another, with their distinct questions."""
    sizes = [len(tree.feature) for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
    own = np.arange(sum(sizes), dtype=np.int32)
    offset = np.repeat(roots, sizes)
    is_leaf = np.concatenate([tree.left for tree in trees]) < 0

    def joined(name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(tree, name) for tree in trees]).astype(float)

    asked = np.column_stack((joined("feature"), joined("threshold")))
    asked[is_leaf] = 0
    questions, split = np.unique(asked, axis=0, return_inverse=True)
    sides = [
        np.where(is_leaf, own, joined(side) + offset) for side in ("right", "left")
    ]
    return Trees(
        feature=questions[:, 0].astype(np.int32),
        threshold=questions[:, 1].astype(np.float32),
        split=split.reshape(-1).astype(np.int32),
        children=np.column_stack(sides).astype(np.int32),
        value=np.concatenate([tree.value for tree in trees]).astype(np.float32),
        roots=roots,
        depth=np.array([tree.depth() for tree in trees], np.int32),
    )
