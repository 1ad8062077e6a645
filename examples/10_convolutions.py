# %% [markdown]
# # Random search over plain convolutional networks
#
# Not every search space is a cell. `conv5` is a stack of five convolutions, each with a
# choice of filters, kernel size and stride: 24^5, about 8 million networks. No table
# can hold them, so here they are really trained, on distorted handwritten digits.

# %%
import matplotlib.pyplot as plt
import numpy as np

from leaderboards import RunSettings, simulate
from nasbench.search import Budget
from nasbench.spaces import make_space
from nasbench.tasks import load_task
from nasbench.training.live import LiveBenchmark
from nasbench.training.recipe import Recipe
from strategies import RandomSearch

space = make_space("conv5")
print(f"{space.size:,} networks")
rng = np.random.default_rng(0)
for _ in range(3):
    print(" ", space.format(space.sample(rng)))

# %% [markdown]
# A short recipe, so that a training takes a second or two: 1,500 images, 2 epochs. The
# benchmark trains what it is asked; to a strategy it looks like any table.

# %%
recipe = Recipe(epochs=2, train_images=1500, valid_images=1000, test_images=500)
task = load_task("digits")
live = LiveBenchmark(space, task, recipe)
run = simulate(RandomSearch, live, RunSettings(Budget(12)), seed=0)
names = [space.format(tuple(row)) for row in run.architectures.tolist()]
order = np.argsort(-run.validation_accuracy)
for place in (*order[:2], *order[-2:]):
    print(f"{run.validation_accuracy[place]:6.1%}  {names[place]}")

# %% [markdown]
# Is the winner good, or was it lucky? Train the best three again, from other seeds. A
# search that trains everything once hands over the luckiest of the good ones.

# %%
again = LiveBenchmark(space, task, recipe, seeds=(1, 2))
for place in order[:3]:
    architecture = tuple(run.architectures[place].tolist())
    one, two = (again.evaluate(architecture, seed=s) for s in (1, 2))
    print(
        f"{run.validation_accuracy[place]:.1%}, then {one.validation_accuracy:.1%} "
        f"and {two.validation_accuracy:.1%}"
    )

# %%
images = task.train.images
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
sheet = np.vstack([np.hstack(images[8 * row : 8 * row + 8, 0]) for row in range(4)])
axes[0].imshow(sheet, cmap="gray")
axes[0].set_title("what they are trained on")
axes[0].axis("off")
seconds = run.cumulative_seconds
axes[1].scatter(
    seconds, 100 * run.validation_accuracy, color="#999999", label="a network"
)
axes[1].step(
    seconds,
    100 * np.maximum.accumulate(run.validation_accuracy),
    where="post",
    color="#d55e00",
    label="best so far",
)
axes[1].set(xlabel="CPU seconds of training", ylabel="validation accuracy, %")
axes[1].legend(loc="lower right")
figure.savefig("10_convolutions.png", dpi=120)
