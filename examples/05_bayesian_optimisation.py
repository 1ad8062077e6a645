# %% [markdown]
# # Bayesian optimisation, with the model's belief shown
#
# Evolution and REINFORCE never say what they expect of a cell that was not trained. A
# Gaussian process does: a mean and a standard deviation for every cell, computed from
# the outcomes so far and from how alike cells are. The next cell is the one with the
# largest *expected improvement* over the best so far, which is large where the mean is
# high, and also where nobody knows.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.search import Budget, SearchContext
from strategies.bayesian.gp_search import GaussianProcessSearch
from surrogates.encodings import make_encoding
from surrogates.gaussian_process import GaussianProcess

table = nasbench.make("cell201-mini-digits-v1")
space = table.space
classes = space.architectures_at(space.classes.representatives.tolist())
truth = table.accuracies(space.classes.representatives, split="validation")

# %% [markdown]
# Run the search for 30 evaluations, and keep what it tried.

# %%
context = SearchContext(space, table.epochs, Budget(30), table.cost_model, seed=3)
search = GaussianProcessSearch(context, initial=5)
tried, outcomes = [], []
for _ in range(30):
    proposal = search.ask()
    evaluation = table.evaluate(proposal.architecture)
    search.tell(proposal, evaluation)
    tried.append(proposal.architecture)
    outcomes.append(evaluation.validation_accuracy)
print(f"best of {len(truth)} functions: {truth.max():.2%}")
found = np.maximum.accumulate(outcomes)
for n in (5, 10, 20, 30):
    print(f"best tried after {n:2}: {found[n - 1]:.2%}")

# %% [markdown]
# To see a belief, fit the same kind of process to the first outcomes ourselves. The
# kernel counts edges on which two cells agree; cells that agree on more of them are
# expected to be alike.

# %%
encoding = make_encoding("canonical-one-hot").fit(space, classes)
rows = encoding.encode(space, classes)


def belief(count):
    """Return mean and deviation of every class after the first outcomes."""
    model = GaussianProcess(seed=0)
    seen = encoding.encode(space, np.array(tried[:count], np.uint8))
    model.fit(seen, np.array(outcomes[:count]))
    return model.predict(rows, return_std=True)


# %% [markdown]
# After 5 outcomes the bars are wide and the order is a guess. After 15 the good third
# is told from the bad. It never becomes certain, and need not: it only has to be right
# about who might be best.

# %%
order = np.argsort(truth)
figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained", sharey=True)
for panel, count in zip(axes, (5, 15, 30), strict=True):
    mean, deviation = belief(count)
    place = np.arange(len(order))
    panel.errorbar(
        place,
        100 * mean[order],
        200 * deviation[order],
        fmt="none",
        ecolor="#56b4e9",
        label="belief, two deviations",
    )
    panel.plot(place, 100 * truth[order], color="black", label="truth")
    keys = [space.canonical(tuple(row)) for row in classes.tolist()]
    seen = {space.canonical(a) for a in tried[:count]}
    known = [p for p in place if keys[order[p]] in seen]
    panel.plot(
        known,
        100 * truth[order][known],
        "o",
        color="#d55e00",
        markersize=4,
        label="tried",
    )
    panel.set(title=f"after {count}", xlabel="classes, by true accuracy")
axes[0].set(ylabel="validation accuracy, %", ylim=(0, 100))
axes[0].legend(loc="lower right", fontsize=8)
figure.savefig("05_bayesian_optimisation.png", dpi=120)
