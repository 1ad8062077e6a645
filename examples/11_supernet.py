# %% [markdown]
# # A supernet of five layers, watched while it trains
#
# `chain` has five layers, each with five blocks to choose from: 3x3 kernels with 16, 24
# or 36 filters, 5x5 kernels with 16 or 24. A supernet holds all 25 blocks at once and
# mixes the outputs of each layer by the softmax of its alphas.

# %%
import matplotlib.pyplot as plt
import numpy as np

from nasbench.spaces import make_space
from nasbench.tasks import load_task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.training_settings import TrainingSettings

space = make_space("chain")
print(f"{space.size:,} networks; a layer has the blocks {', '.join(space.choices[0])}")
recipe = Recipe(epochs=6, train_images=640, valid_images=640, test_images=500)
problem = SearchProblem(space, recipe.cut(load_task("digits")), recipe, seed=0)

# %% [markdown]
# Each epoch trains the blocks on training images, and moves the alphas by the gradient
# of the loss on validation images, in turns: DARTS, first order. GDAS (Dong and Yang,
# 2019) does the same with one block per layer drawn at a time, which costs a fifth.

# %%
traces = {
    name: search(SearchRequest(name, TrainingSettings(epochs=4)), problem)
    for name in ("darts", "gdas")
}
for name, trace in traces.items():
    found = space.format(tuple(trace.architectures[-1].tolist()))
    print(f"{name:6} {trace.training_seconds[-1]:5.1f} CPU seconds  {found}")

# %% [markdown]
# The alphas after every epoch. Early on they hardly differ: a layer whose curves lie
# together has not been decided, whatever the search returns for it.

# %%
figure, axes = plt.subplots(
    2, 5, figsize=(12, 5), layout="constrained", sharex=True, sharey="row"
)
colours = ["#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00"]
styles = ["-", "--", "-.", ":", (0, (5, 1))]
for row, (name, trace) in zip(axes, traces.items(), strict=True):
    logits = trace.parameters.reshape(trace.epochs, 5, 5)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    for layer, panel in enumerate(row):
        for option, block in enumerate(space.choices[layer]):
            panel.plot(
                range(1, trace.epochs + 1),
                weights[:, layer, option],
                color=colours[option],
                linestyle=styles[option],
                label=block,
            )
        panel.set_title(f"{name}, layer {layer + 1}", fontsize=9)
axes[0, 0].legend(fontsize=7)
figure.supxlabel("epoch")
figure.supylabel("weight in the mixture")
figure.savefig("11_supernet.png", dpi=120)
