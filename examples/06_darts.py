# %% [markdown]
# # DARTS, and its collapse
#
# All searches so far trained cells one by one. DARTS (Liu et al., 2019) trains a single
# *supernet*, in which every edge is a weighted sum of all of its operations. The
# weights of that sum, the alphas, are numbers that gradient descent can move; at the
# end each edge keeps the operation with the largest one.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.tasks import load_task
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.training_settings import TrainingSettings

table = nasbench.make("cell201-mini-digits-v1")
space, recipe = table.space, table.identity.recipe
problem = SearchProblem(space, recipe.cut(load_task("digits")), recipe, seed=0)

# %% [markdown]
# The supernet is built from the table's own space, task and recipe, so that the table
# can judge what comes out. A trace keeps, epoch by epoch, the alphas and the cell that
# the search would return.

# %%
request = SearchRequest("darts", TrainingSettings(epochs=10))
trace = search(request, problem)
judged = judge(trace, table)
names = [space.format(tuple(row)) for row in trace.architectures.tolist()]
for epoch in (0, 2, 4, 6, 9):
    print(
        f"epoch {epoch + 1:2}: {names[epoch]}  table: {judged.test_accuracy[epoch]:.1%}"
    )
print(f"best cell of the table: {table.best_accuracy('test'):.1%}")

# %% [markdown]
# What is the supernet's own opinion? It runs the cell with the shared weights and
# counts what it gets right. Beside the table that number is far too low: weights that
# learned to work in a mixture of five operations do not work alone.

# %%
print(f"supernet's estimate of its last cell: {trace.estimates[-1]:.1%}")

# %% [markdown]
# Watch the alphas. Operations without weights, skip connections above all, are useful
# from the first step, while convolutions have to learn first; so skips pull ahead
# early. When the search is long, or the images are hard, they often win every edge: the
# famous collapse. The longer DARTS searches, the worse its cell can get, which is why a
# trace that ends at one epoch number says little about the method.


# %%
def probabilities(parameters):
    """Return ``(epochs, edges, operations)`` softmax weights."""
    logits = parameters.reshape(len(parameters), space.decisions, -1)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    return weights / weights.sum(axis=2, keepdims=True)


alphas = probabilities(trace.parameters)
figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
colours = ["#999999", "#009e73", "#e69f00", "#d55e00", "#0072b2"]
styles = [":", "-.", (0, (5, 1)), "-", "--"]
epochs = np.arange(1, trace.epochs + 1)
for edge, panel in enumerate(axes[:3]):
    for option, name in enumerate(space.choices[edge]):
        panel.plot(
            epochs,
            alphas[:, edge, option],
            color=colours[option],
            linestyle=styles[option],
            label=name,
        )
    panel.set(title=f"edge {space.edges[edge]}", xlabel="epoch")
axes[0].set_ylabel("weight in the mixture")
axes[0].legend(fontsize=7)
axes[3].plot(epochs, 100 * judged.test_accuracy, color="black", label="table")
axes[3].plot(epochs, 100 * trace.estimates, color="#56b4e9", label="supernet")
axes[3].axhline(
    100 * table.best_accuracy("test"),
    color="#d55e00",
    linestyle="--",
    label="best cell",
)
axes[3].set(title="the cell it would return", xlabel="epoch", ylabel="accuracy, %")
axes[3].legend(fontsize=7)
figure.savefig("06_darts.png", dpi=120)
