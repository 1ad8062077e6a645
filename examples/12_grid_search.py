# %% [markdown]
# # Grid search under a limit
#
# A question from practice: of all networks with at most 60,000 parameters, which is the
# best? The space here is a grid in the plain sense: image resolution x width x depth,
# 168 networks, all of them trained.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from leaderboards import RunSettings, simulate
from nasbench.search import Budget, Constraint
from strategies.enumerating.grid_search import GridSearch

table = nasbench.make("size-compound-digits-v1")
space = table.space
limit = Constraint("parameters", 60_000)

# %% [markdown]
# Parameters are counted before any training, so whatever breaks the limit is passed
# over for nothing. In lexicographic order the grid is complete, and the answer is
# exact.


# %%
def allowed(architecture):
    """Return whether a network keeps the limit."""
    return table.cost_model(architecture).parameters <= limit.limit


everything = [space.architecture_at(i) for i in range(space.size)]
print(f"{sum(map(allowed, everything))} of {len(everything)} networks keep the limit")
settings = RunSettings(Budget(len(everything)), constraints=(limit,))
run = simulate(GridSearch, table, settings, seed=0)
winner = tuple(run.architectures[run.incumbent[-1]].tolist())
print(f"{len(run)} trained; best: {space.format(winner)}")
print(f"{table.cost_model(winner).parameters:,} parameters")

# %% [markdown]
# What if only 30 trainings can be paid? Then the order matters. The lexicographic one
# has varied the last decisions only; a low-discrepancy sequence spreads its points; and
# coarse-to-fine begins at the corners and closes in on the best.


# %%
def with_order(order):
    """Return a factory of grid searches in one order."""
    return lambda context: GridSearch(context, order=order)


few = RunSettings(Budget(30), constraints=(limit,))
orders = ("lexicographic", "low-discrepancy", "coarse-to-fine")
runs = {order: simulate(with_order(order), table, few, seed=0) for order in orders}
for order, one in runs.items():
    print(f"{order:16} {100 * one.incumbent_test_accuracy[-1]:.2f} % by test")

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
parameters = np.array([table.cost_model(one).parameters for one in everything])
accuracy = 100 * table.accuracies(np.arange(space.size), split="test")
kept = parameters <= limit.limit
axes[0].scatter(parameters[~kept], accuracy[~kept], s=12, color="#bbbbbb")
axes[0].scatter(parameters[kept], accuracy[kept], s=12, color="#0072b2", label="within")
axes[0].axvline(limit.limit, color="black", linestyle=":", label="the limit")
axes[0].plot(
    table.cost_model(winner).parameters,
    100 * table.mean_accuracy(winner, "test"),
    "*",
    markersize=14,
    color="#d55e00",
    label="found",
)
axes[0].set(xscale="log", xlabel="parameters", ylabel="test accuracy, %")
axes[0].legend(loc="lower right", fontsize=8)
for (order, one), style in zip(runs.items(), ("-", "--", "-."), strict=True):
    axes[1].plot(100 * one.incumbent_validation_accuracy, style, label=order)
axes[1].set(xlabel="trainings", ylabel="best validation accuracy, %")
axes[1].legend(fontsize=8)
figure.savefig("12_grid_search.png", dpi=120)
