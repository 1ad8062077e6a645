# %% [markdown]
# # How many seeds are enough?
#
# A search is a game of chance: from another seed the same strategy ends elsewhere.
# Papers with three seeds per strategy are common. What would three seeds have told us
# here?

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from leaderboards import RunSettings, simulate
from nasbench.search import Budget
from strategies import LocalSearch, RegularizedEvolution

table = nasbench.make("cell201-cifar10x8-v1")
settings = RunSettings(Budget(100))
best = table.best_accuracy("test")

# %% [markdown]
# On a table a run costs a few milliseconds, so here are 300 of each: as good as the
# truth.

# %%
SEEDS = 300
regret = {}
for strategy in (LocalSearch, RegularizedEvolution):
    runs = [simulate(strategy, table, settings, seed) for seed in range(SEEDS)]
    final = np.array([run.incumbent_test_accuracy[-1] for run in runs])
    regret[strategy.__name__] = 100 * (best - final)
for name, values in regret.items():
    error = values.std(ddof=1) / np.sqrt(SEEDS)
    print(f"{name:22} {values.mean():.3f} points, standard error {error:.3f}")
better, worse = sorted(regret, key=lambda name: regret[name].mean())
difference = regret[worse].mean() - regret[better].mean()
print(f"{better} is better, by {difference:.3f} points")

# %% [markdown]
# Now pretend that we could afford only n seeds of each, and draw such small studies out
# of the 300 again and again. How often does the wrong strategy win?

# %%
rng = np.random.default_rng(0)
counts = (3, 5, 10, 20, 50, 100)
wrong, intervals = [], []
for n in counts:
    small = {
        name: values[rng.integers(SEEDS, size=(4000, n))].mean(axis=1)
        for name, values in regret.items()
    }
    gaps = small[worse] - small[better]
    wrong.append((gaps <= 0).mean())
    intervals.append(np.percentile(gaps, (2.5, 97.5)))
    print(f"{n:4} seeds: the wrong one wins in {wrong[-1]:.1%} of studies")

# %% [markdown]
# The error of a mean falls with the square root of the number of seeds, so a difference
# half as large takes four times as many. With these two, a hundred seeds of each still
# leave a doubt; three say next to nothing. Decide before you look: a study that goes on
# until it likes its result will find one.

# %%
low, high = np.array(intervals).T
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.fill_between(
    counts, low, high, color="#56b4e9", alpha=0.5, label="95 % of studies"
)
axes.axhline(difference, color="#d55e00", linestyle="--", label="what 300 seeds say")
axes.axhline(0, color="black", linewidth=0.8)
axes.set(
    xscale="log",
    xlabel="seeds of each strategy",
    ylabel="advantage of the better one, points",
    title="Below the black line a study names the wrong winner",
)
axes.set_xticks(counts, [str(n) for n in counts])
axes.minorticks_off()
axes.legend()
figure.savefig("09_how_many_seeds.png", dpi=120)
