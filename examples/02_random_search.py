# %% [markdown]
# # Random search, and its exact law
#
# Random search draws architectures blindly and keeps the best. It sounds too simple to
# be worth a lesson, but it is what every other strategy has to beat, and it is the only
# one whose result can be written down without running it.

# %%
from math import comb

import matplotlib.pyplot as plt
import numpy as np

import nasbench
from leaderboards import RunSettings, simulate
from nasbench.search import Budget
from strategies import RandomSearch

table = nasbench.make("cell201-mini-digits-v1")
space = table.space

# %% [markdown]
# One run: 40 architectures, each looked up in the table instead of being trained. The
# *incumbent* is the best so far by validation accuracy, which is all a search may see.

# %%
run = simulate(RandomSearch, table, RunSettings(Budget(40)), seed=0)
print(f"best validation accuracy seen: {np.nanmax(run.validation_accuracy):.2%}")
print(f"test accuracy of that architecture: {run.incumbent_test_accuracy[-1]:.2%}")

# %% [markdown]
# Now the law. Draw n of N architectures without repeating any. The best of them has
# rank r (1 is the best of all) with probability
#
#     C(N - r, n - 1) / C(N, n):
#
# one place is taken by r itself, and the other n - 1 by any of the N - r worse ones.
# Weigh the sorted accuracies with it, and you have the mean of infinitely many runs.
# `RandomSearch` never proposes an architecture twice, so N is 125.

# %%
accuracy = np.sort(table.accuracies(np.arange(space.size), split="validation"))[::-1]
N = len(accuracy)
evaluations = np.arange(1, 41)
law = np.array(
    [
        sum(
            comb(N - r, n - 1) / comb(N, n) * accuracy[r - 1]
            for r in range(1, N - n + 2)
        )
        for n in evaluations
    ]
)

# %% [markdown]
# 200 runs, to compare. Runs from different seeds are independent; runs from equal seeds
# are equal to the last bit.

# %%
settings = RunSettings(Budget(40), repeats="charged")
runs = [simulate(RandomSearch, table, settings, seed=seed) for seed in range(200)]

seen = np.array([np.maximum.accumulate(run.validation_accuracy) for run in runs])
error = seen.std(axis=0) / np.sqrt(len(runs))
print(f"after 40: {seen[:, -1].mean():.3%} in runs, {law[-1]:.3%} by the law")

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(evaluations, 100 * seen[:20].T, color="#bbbbbb", linewidth=0.6)
mean = seen.mean(axis=0)
axes.fill_between(
    evaluations,
    100 * (mean - 2 * error),
    100 * (mean + 2 * error),
    color="#0072b2",
    alpha=0.3,
    label="mean of 200 runs, two standard errors",
)
axes.plot(evaluations, 100 * law, color="#d55e00", linestyle="--", label="the law")
axes.set(
    xlabel="evaluations",
    ylabel="best validation accuracy, %",
    ylim=(50, 68),
    title="Random search follows its law",
)
axes.legend(loc="lower right")
figure.savefig("02_random_search.png", dpi=120)
