# %% [markdown]
# # What a search space is
#
# Neural architecture search chooses a network out of a finite set. Here a network is a
# frame that never changes, filled with copies of one *cell*; the cell is what is
# chosen. It has some nodes in a row, and every pair of nodes is joined by one of five
# operations. With three nodes there are three edges and 5 x 5 x 5 = 125 cells.

# %%
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

import nasbench
from nasbench.spaces import make_space
from nasbench.spaces.drawing import draw_text

space = make_space("cell201-mini")
for edge, options in zip(space.edges, space.choices, strict=True):
    print(f"edge {edge}: {', '.join(options)}")
print(f"{space.size} architectures")

# %% [markdown]
# An *architecture* is a tuple of small integers, one option per edge. It has a text
# form too, the one of NAS-Bench-201, and a number: all three name the same cell.

# %%
architecture = (3, 1, 4)
text = space.format(architecture)
assert space.parse(text) == architecture
assert space.architecture_at(space.index(architecture)) == architecture
print(draw_text(space, architecture))

# %% [markdown]
# Two cells that differ in one edge are *neighbours*. Local search and evolution walk
# along neighbours, so the space is also a graph: here each cell has 3 x 4 = 12.

# %%
neighbours = space.neighbours(architecture)
print(f"{len(neighbours)} neighbours, the first is {space.format(neighbours[0])}")

# %% [markdown]
# Not all of the 125 are different *functions*. An edge that ends in a dead end computes
# nothing, whatever stands on it, and a skip connection makes two nodes the same. Cells
# that compute the same function form a class; it is enough to train one of each.

# %%
cells = [space.architecture_at(i) for i in range(space.size)]
members = Counter(space.canonical(cell) for cell in cells)
largest = max(members, key=members.get)
alike = [cell for cell in cells if space.canonical(cell) == largest]
print(f"{len(members)} classes; the largest has {len(alike)} members, among them")
for cell in (alike[0], alike[-1]):
    print(draw_text(space, cell), "\n")

# %% [markdown]
# A *table* holds what training each of them gave. Most cells are decent, a few are bad,
# very few are best: that shape decides how hard a search is.

# %%
table = nasbench.make("cell201-mini-digits-v1")
accuracy = table.accuracies(np.arange(space.size), split="test")
best = cells[int(np.argmax(accuracy))]
print(f"best: {accuracy.max():.1%}, median: {np.median(accuracy):.1%}")

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.hist(100 * accuracy, bins=30, color="#0072b2")
axes.axvline(100 * accuracy.max(), color="#d55e00", label=f"best: {space.format(best)}")
axes.set(
    xlabel="test accuracy, %",
    ylabel="architectures",
    title="What 125 cells reach on handwritten digits",
)
axes.legend(loc="upper left", fontsize=8)
figure.savefig("01_search_space.png", dpi=120)
