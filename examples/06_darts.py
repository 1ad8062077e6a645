# %% [markdown]
# # DARTS, and its collapse
#
# All searches so far trained cells one by one. DARTS (Liu et al., 2019) trains a single
# *supernet*, in which every edge is a weighted sum of all of its operations. The
# weights of that sum are the softmax of the alphas, numbers that gradient descent can
# move; at the end each edge keeps the operation with the largest one.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.tasks import load_task
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.replayed_search import shipped_traces
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.training_settings import TrainingSettings

mini = nasbench.make("cell201-mini-digits-v1")
recipe = mini.identity.recipe
problem = SearchProblem(mini.space, recipe.cut(load_task("digits")), recipe, seed=0)

# %% [markdown]
# First a search of two epochs, live, on a cell of three edges. The supernet is built
# from the table's own space, task and recipe, so that the table can judge what comes
# out. A trace keeps, epoch by epoch, the alphas and the cell that the search would
# return.

# %%
live = search(SearchRequest("darts", TrainingSettings(epochs=2)), problem)
judged = judge(live, mini)
for epoch, row in enumerate(live.architectures.tolist()):
    name, accuracy = mini.space.format(tuple(row)), judged.test_accuracy[epoch]
    print(f"epoch {epoch + 1}: {name}  trained alone {accuracy:.1%}")
print(f"best of the table: {mini.best_accuracy('test'):.1%}")

# %% [markdown]
# Two epochs say little. Recorded searches of ten epochs ship with the table of the
# whole cell, six edges, on CIFAR-10 at 8x8. Nothing is trained here: the trace holds
# the alphas.

# %%
table = nasbench.make("cell201-cifar10x8-v1")
space = table.space
recorded = {
    trace.identity.method: trace
    for trace in sorted(shipped_traces(), key=lambda trace: -trace.identity.seed)
    if trace.fits(table.spec)
}


def mixture(trace):
    """Return ``(epochs, edges, operations)`` softmax weights."""
    logits = trace.parameters.reshape(trace.epochs, space.decisions, -1)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    return weights / weights.sum(axis=2, keepdims=True)


darts, gdas = recorded["darts"], recorded["gdas"]
weights = mixture(darts)
skip = space.choices[0].index("skip_connect")
print("epoch  weight of skip_connect  edges that keep it  cell trained alone")
accuracies = judge(darts, table).test_accuracy
for epoch in range(darts.epochs):
    kept = (weights[epoch].argmax(axis=1) == skip).sum()
    share = weights[epoch, :, skip].mean()
    print(f"{epoch + 1:5}  {share:22.3f}  {kept:18}  {accuracies[epoch]:18.1%}")

# %% [markdown]
# There it is. An operation would have a fifth of the weight if nothing were learned;
# skip connections begin a little above and climb without pause, at the cost of all
# others. A skip is useful from the first step, while a convolution has to learn first,
# and in a mixture the better path takes the weight. At the end no edge keeps a
# convolution: the cell adds up copies of its input. Its accuracy, trained alone, went
# down while the search went on.

# %%
print(f"DARTS ends at  {space.format(darts.found)}  {accuracies[-1]:.1%}")
for method, trace in sorted(recorded.items()):
    result = judge(trace, table).test_accuracy[-1]
    print(f"{method:15} {result:.1%}, the supernet says {trace.estimates[-1]:.1%}")
print(f"best of the table: {table.best_accuracy('test'):.1%}")

# %% [markdown]
# What is the supernet's own opinion of DARTS' cell? It runs it with the shared weights,
# alone, and gets far less right than the trained cell: weights that learned to work in
# a mixture of five operations do not work by themselves. GDAS, which runs one drawn
# operation per edge at a time, has a small gap. On these images its weight of skips
# climbs too, later: its temperature is high at first, and hardly anything is decided.

# %%
colours = ["#999999", "#009e73", "#e69f00", "#d55e00", "#0072b2"]
styles = [":", "-.", (0, (5, 1)), "-", "--"]
figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
for panel, trace in zip(axes, (darts, gdas), strict=False):
    epochs = np.arange(1, trace.epochs + 1)
    for option, name in enumerate(space.choices[0]):
        panel.plot(
            epochs,
            mixture(trace)[:, :, option].mean(axis=1),
            color=colours[option],
            linestyle=styles[option],
            label=name,
        )
    panel.set(title=f"{trace.identity.method}: weights, mean of six edges")
    panel.set(xlabel="epoch", ylim=(0, 0.5))
axes[0].set_ylabel("weight in the mixture")
axes[0].legend(fontsize=8, loc="upper left")
axes[2].plot(epochs, 100 * accuracies, color="black", label="darts, trained alone")
axes[2].plot(
    epochs,
    100 * judge(gdas, table).test_accuracy,
    color="#0072b2",
    linestyle="--",
    label="gdas, trained alone",
)
axes[2].axhline(
    100 * table.best_accuracy("test"), color="#d55e00", linestyle=":", label="best cell"
)
axes[2].set(title="the cell it would return", xlabel="epoch")
axes[2].set_ylabel("test accuracy, %")
axes[2].legend(fontsize=8)
figure.savefig("06_darts.png", dpi=120)
