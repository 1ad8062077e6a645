# %% [markdown]
# # Zero-cost proxies against counting
#
# A zero-cost proxy scores a network that was never trained: from its first weights, a
# batch of images and one pass. If its order is that of the trained accuracies, a search
# could begin there for nothing. But counting parameters and FLOPs costs nothing either,
# so a proxy has to beat the count.

# %%
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

import nasbench
from nasbench.tasks import load_task
from surrogates.proxies.score_settings import ScoreRequest
from surrogates.proxies.score_table import score_table
from surrogates.proxies.stored import StoredScores

# %% [markdown]
# Score every function of a small table. The scores are written into the file, so take a
# copy. With these networks it is a matter of seconds.

# %%
shutil.copy(nasbench.make("cell201-mini-digits-v1").path, "scored.h5")
names = ("synflow", "nwot", "snip", "jacov", "grad_norm")
request = ScoreRequest(proxies=names, seeds=1, batch_size=32)
table = score_table(Path("scored.h5"), load_task("digits"), request)
space = table.space

# %% [markdown]
# Spearman's rank correlation with the test accuracy, over the functions, and over the
# best third of them alone. In the second column the obvious failures are gone, and with
# them most of the glory: telling a cell without convolutions from one with three is
# easy.

# %%
classes = space.classes.representatives
accuracy = table.accuracies(classes, split="test")
costs = [table.cost_model(space.architecture_at(int(i))) for i in classes]
scores = dict(zip(StoredScores(table).names, StoredScores(table).values.T, strict=True))
scores["parameters"] = np.array([cost.parameters for cost in costs])
scores["FLOPs"] = np.array([cost.flops for cost in costs])
good = accuracy >= np.quantile(accuracy, 2 / 3)
print(f"{'score':12} {'all':>6} {'best third':>11}")
for name, values in scores.items():
    whole = spearmanr(values, accuracy).statistic
    best = spearmanr(values[good], accuracy[good]).statistic
    print(f"{name:12} {whole:6.2f} {best:11.2f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained", sharey=True)
for panel, name in zip(axes, ("synflow", "nwot", "FLOPs"), strict=True):
    values = np.where(accuracy > accuracy.min(), scores[name], np.nan)  # all but dead
    panel.scatter(values[~good], 100 * accuracy[~good], s=14, color="#999999")
    panel.scatter(
        values[good], 100 * accuracy[good], s=18, color="#d55e00", label="best third"
    )
    panel.set(title=name, xlabel="score")
axes[0].set_ylabel("test accuracy, %")
axes[0].legend(loc="lower right", fontsize=8)
figure.savefig("07_proxies.png", dpi=120)
