# %% [markdown]
# # Evolution, step by step
#
# Regularised evolution (Real et al., 2019) keeps a *population* of the latest outcomes.
# Again and again it draws some of them at random, takes the best of those as the
# parent, changes one decision of it, trains the child, adds it, and drops the oldest.
# Not the worst: a cell that was lucky once dies like all others, unless its children do
# well.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.search import Budget, SearchContext
from strategies import RegularizedEvolution

table = nasbench.make("cell201-cifar10x8-v1")
space = table.space

# %% [markdown]
# Every strategy of this suite is asked and told. `ask` says what to train next; `tell`
# brings the outcome. A runner normally does both; by hand it is three lines, and we can
# look inside between them.

# %%
context = SearchContext(space, table.epochs, Budget(150), table.cost_model, seed=1)
search = RegularizedEvolution(context, population_size=20, tournament_size=5)
told, population_means = [], []
for step in range(150):
    proposal = search.ask()
    evaluation = table.evaluate(proposal.architecture)
    search.tell(proposal, evaluation)
    told.append(evaluation.validation_accuracy)
    population_means.append(np.mean([score for score, _ in search.population]))
    if step in (19, 20, 21):
        kind = "founder" if step < 20 else "child"
        name = space.format(proposal.architecture)
        print(f"step {step}: {kind} {name}, {told[-1]:.2%}")

# %% [markdown]
# The first 20 are random founders. From then on each child differs from some member in
# exactly one edge. Who are the parents? The tournament decides: of 5 members drawn, the
# best wins, so good cells have many children, bad ones few, and the worst none.

# %%
_, winner = max(search.population)
best_now = space.format(winner)
print(f"best in the last population: {best_now}")
alike = np.mean([np.array(a) == np.array(winner) for _, a in search.population], axis=0)
for edge, share in zip(space.edges, alike, strict=True):
    print(f"  edge {edge}: {share:.0%} of the population agree with it")

# %% [markdown]
# The population climbs as a whole, and thins out: after a while most members are
# cousins. That is *exploitation*; mutation is what is left of *exploration*.

# %%
steps = np.arange(1, 151)
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.scatter(steps, 100 * np.array(told), s=10, color="#999999", label="trained cell")
axes.plot(
    steps, 100 * np.array(population_means), color="#0072b2", label="population mean"
)
axes.plot(
    steps, 100 * np.maximum.accumulate(told), color="#d55e00", label="best so far"
)
axes.axvline(20.5, color="black", linewidth=0.6, linestyle=":")
axes.set(
    xlabel="evaluations",
    ylabel="validation accuracy, %",
    ylim=(50, 62),
    title="Regularised evolution on cell201, CIFAR-10 at 8x8",
)
axes.legend(loc="lower right")
figure.savefig("03_evolution.png", dpi=120)
