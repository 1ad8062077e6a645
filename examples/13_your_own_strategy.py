# %% [markdown]
# # Write your own strategy
#
# A strategy is a class with `ask` and, where it learns, `tell`. It draws random numbers
# from `self.rng` only, keeps what it knows in attributes, and leaves counting, charging
# and stopping to the runner. That is the whole contract.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from leaderboards import RunSettings, anytime_curves, compare, rank_board
from nasbench.search import Budget
from strategies import LocalSearch, RandomSearch, Strategy

table = nasbench.make("cell201-cifar10x8-v1")


# %% [markdown]
# The idea to try: keep a score for every (edge, operation), the mean accuracy of the
# cells that had it, and mostly take the best operation on each edge, sometimes a random
# one. A bandit per edge, as if edges did not care about each other.


# %%
class EdgeBandits(Strategy):
    """Take on each edge the operation whose cells did best, or explore."""

    def __init__(self, context, *, exploration: float = 0.3) -> None:
        super().__init__(context)
        self.exploration = exploration
        shape = (self.space.decisions, max(self.space.radices))
        self.total, self.count = np.zeros(shape), np.zeros(shape)

    def ask(self):
        """Return a draw; every decision explores by itself."""
        means = self.total / np.maximum(self.count, 1)
        options = []
        for row, radix in zip(means, self.space.radices, strict=True):
            explore = self.rng.random() < self.exploration
            options.append(
                int(self.rng.integers(radix) if explore else row[:radix].argmax())
            )
        return self.propose(tuple(options))

    def tell(self, proposal, evaluation):
        """Add the outcome to the operations that the cell had."""
        score = self.score(evaluation)
        if np.isfinite(score):
            for edge, option in enumerate(proposal.architecture):
                self.total[edge, option] += score
                self.count[edge, option] += 1


# %% [markdown]
# Compare it with two that ship: 40 seeds each, 100 evaluations, on one table. A repeat
# of a known cell is charged, as a real training would be.

# %%
settings = RunSettings(Budget(100), repeats="charged")
contestants = {
    "random": RandomSearch,
    "local": LocalSearch,
    "edge-bandits": EdgeBandits,
}
board = compare(contestants, [table], settings, seeds=40)
ranking = rank_board(board, np.random.default_rng(0))
print(ranking[["strategy", "rank", "rank_low", "rank_high"]].to_string(index=False))

# %% [markdown]
# A strategy in a file of its own runs from the shell too:
#
#     nasbench compare TABLE --strategy random --strategy my_file.py:EdgeBandits
#
# Is it better? Look at the intervals before you answer, and try another table.

# %%
curves = anytime_curves(board, table.name, np.random.default_rng(0))
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, points), colour in zip(
    curves.points.items(), ("#999999", "#0072b2", "#d55e00"), strict=True
):
    axes.plot(curves.grid, points.value, color=colour, label=name)
    axes.fill_between(curves.grid, points.low, points.high, color=colour, alpha=0.2)
axes.set(xlabel="evaluations", ylabel="test regret, points", yscale="log")
axes.legend()
figure.savefig("13_your_own_strategy.png", dpi=120)
