# %% [markdown]
# # Build a table of your own data
#
# A table is made by training every function of a space once, on images of yours. All it
# takes is an `.npz` file with images and labels; here, as a stand-in for yours,
# handwritten threes and eights alone, which are easily mistaken for each other.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from nasbench.tasks import load_task
from nasbench.training.recipe import Recipe
from tabular import Table
from tabular.build import BuildRequest, build

digits = load_digits()
chosen = np.isin(digits.target, (3, 8))
images = (digits.images[chosen] * 15.9).astype(np.uint8)
labels = (digits.target[chosen] == 8).astype(np.int64)
np.savez("threes_and_eights.npz", images=images, labels=labels)
print(f"{len(labels)} images of {images.shape[1]}x{images.shape[2]}")

# %% [markdown]
# The file is split into training, validation and test images once and for all, and gets
# a fingerprint, which the table will carry: numbers of other images cannot be mistaken
# for these. Images from elsewhere come in other ways, too: IDX files, CIFAR's, or a
# folder.

# %%
task = load_task("threes_and_eights.npz")
for split in ("train", "valid", "test"):
    print(f"{split}: {len(getattr(task, split).labels)} images")
print(f"fingerprint {task.fingerprint[:16]}...")

# %% [markdown]
# The space: the cells of three nodes, 60 functions, two seeds each, 4 epochs. A build
# can be killed at any moment and goes on where it was.

# %%
recipe = Recipe(epochs=4, batch_size=16)
request = BuildRequest("cell201-mini", task, recipe, seeds=2)
build(request, Path("threes_and_eights.h5"))
table = Table.open("threes_and_eights.h5")
print(f"digest {table.spec.digest[:16]}..., {table.path.stat().st_size / 1024:.0f} KiB")

# %% [markdown]
# Is the table worth anything? Compare how much architectures differ with how much two
# trainings of the same one differ. Where the second is not far below the first, a
# search on this table looks for luck, and more images or more seeds are needed.

# %%
classes = table.space.classes.representatives
accuracy = table.accuracies(classes, split="test")
working = accuracy > accuracy.min()  # one function has no way from input to output
print(f"between architectures: sd {100 * accuracy[working].std():.2f} points")
print(f"between seeds:         sd {100 * table.seed_sd('test'):.2f} points")

# %% [markdown]
# Here it is not: threes and eights are too easy, and whatever works at all gets nearly
# all of them right. Most published tables of small tasks are of this kind at their top.

# %%
both = np.array(
    [
        [table.evaluate(cell, seed=seed).validation_accuracy for seed in (0, 1)]
        for cell in map(table.space.architecture_at, classes.tolist())
    ]
)
figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
axes.scatter(100 * both[:, 0], 100 * both[:, 1], s=16, color="#0072b2")
axes.axline((50, 50), slope=1, color="black", linewidth=0.6)
axes.set(
    xlabel="validation accuracy, seed 0, %",
    ylabel="seed 1, %",
    title="Two trainings of each function",
)
figure.savefig("14_your_own_table.png", dpi=120)
