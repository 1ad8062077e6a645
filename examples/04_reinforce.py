# %% [markdown]
# # REINFORCE, with the policy shown
#
# Reinforcement learning does not keep architectures, it keeps a *policy*: for every
# edge the probabilities of its operations. Draw a cell from it, train the cell, and
# make what it did more likely if it was better than usual, less likely if it was worse.
# How much "usual" is, the baseline says: a moving average of earlier accuracies.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.search import Budget, SearchContext
from strategies import Reinforce
from strategies.reinforcement.reinforce import softmax

table = nasbench.make("cell201-cifar10x8-v1")
space = table.space
context = SearchContext(space, table.epochs, Budget(500), table.cost_model, seed=0)
search = Reinforce(context, learning_rate=0.05)

# %% [markdown]
# At first all operations are equally likely. We keep the policy after every step.

# %%
policies, accuracy = [softmax(search.logits)], []
for _ in range(500):
    proposal = search.ask()
    evaluation = table.evaluate(proposal.architecture)
    search.tell(proposal, evaluation)
    policies.append(softmax(search.logits))
    accuracy.append(evaluation.validation_accuracy)
policies = np.array(policies)  # (steps, edges, operations)
print(f"first 50 draws: {np.mean(accuracy[:50]):.2%} on average")
print(f"last 50 draws:  {np.mean(accuracy[-50:]):.2%} on average")
print(f"best drawn:     {np.max(accuracy):.2%}")

# %% [markdown]
# The policy's own measure of how sure it is: the entropy, in bits. log2(5) = 2.3 means
# that all five operations are alike, 0 that one of them is certain. It falls; whether
# it falls towards the best cell or beside it, nobody tells the policy. With a larger
# learning rate it is sure sooner, and wrong more often: try 0.3.

# %%
with np.errstate(divide="ignore", invalid="ignore"):
    bits = -np.nansum(policies * np.log2(policies), axis=2)
likeliest = tuple(policies[-1].argmax(axis=1).tolist())
print(f"likeliest cell at the end: {space.format(likeliest)}")
rank = (
    int(
        (
            table.accuracies(np.arange(space.size))
            > table.evaluate(likeliest).validation_accuracy
        ).sum()
    )
    + 1
)
print(f"its rank by validation accuracy: {rank} of {space.size}")

# %%
figure, axes = plt.subplots(
    2, 3, figsize=(9, 5), layout="constrained", sharex=True, sharey=True
)
colours = ["#999999", "#009e73", "#e69f00", "#d55e00", "#0072b2"]
styles = [":", "-.", (0, (5, 1)), "-", "--"]
for edge, panel in enumerate(axes.flat):
    for option, name in enumerate(space.choices[edge]):
        panel.plot(
            policies[:, edge, option],
            color=colours[option],
            linestyle=styles[option],
            label=name,
        )
    panel.set_title(
        f"edge {space.edges[edge]}: {bits[-1, edge]:.1f} bits left", fontsize=9
    )
axes[0, 0].legend(fontsize=7)
figure.supxlabel("evaluations")
figure.supylabel("probability")
figure.suptitle("What the policy believes")
figure.savefig("04_reinforce.png", dpi=120)
