# %% [markdown]
# # Latency is not FLOPs
#
# FLOPs count arithmetic. A device also moves data, starts operations, and fills units
# of a fixed width, so two cells of equal FLOPs can differ much in time, and the order
# of cells changes from device to device.

# %%
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import kendalltau

import nasbench
from tabular.modelled_latencies import model_latencies

# %% [markdown]
# Three devices as closed formulas: a systolic array, which multiplies matrices tile by
# tile; a microcontroller; and a GPU for the edge, where starting an operation costs
# more than most of ours compute. These latencies are *simulated*, and the table says
# so. (`nasbench latency measure` times a table's networks on real runtimes.)

# %%
targets = ("sim-systolic-os32", "sim-roofline-mcuclass", "sim-roofline-edgegpuclass")
shutil.copy(nasbench.make("cell201-cifar10x8-v1").path, "modelled.h5")
table = model_latencies(Path("modelled.h5"), targets)
space = table.space
classes = [space.architecture_at(int(i)) for i in space.classes.representatives]
flops = np.array([table.cost_model(cell).flops for cell in classes]) / 1e6
latency = {name: table.latencies[name].median_ms() for name in targets}

# %% [markdown]
# Kendall's tau: 1 where two orders are the same, 0 where they have nothing to do with
# each other. Who optimises FLOPs gets what the first column says.

# %%
columns = {"MFLOPs": flops, **latency}
known = np.all([np.isfinite(values) for values in columns.values()], axis=0)
print(f"{'':26}" + "".join(f"{name.removeprefix('sim-'):>22}" for name in columns))
for one, a in columns.items():
    taus = [kendalltau(a[known], b[known]).statistic for b in columns.values()]
    print(f"{one:26}" + "".join(f"{tau:22.2f}" for tau in taus))

# %% [markdown]
# What does it change? Ask for the best cell that is as fast as the fastest quarter,
# once by FLOPs and once on each device: different cells win.

# %%
accuracy = table.accuracies(space.classes.representatives, split="validation")
for name, values in columns.items():
    limit = np.nanquantile(values, 0.25)
    allowed = np.flatnonzero(values <= limit)
    winner = allowed[np.argmax(accuracy[allowed])]
    print(f"{name:26} {accuracy[winner]:.2%}  {space.format(classes[winner])}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for panel, name in zip(axes, targets, strict=True):
    points = panel.scatter(flops, latency[name], s=4, c=100 * accuracy, cmap="cividis")
    panel.set(title=name, xlabel="MFLOPs", yscale="log")
axes[0].set_ylabel("latency, ms")
figure.colorbar(points, label="validation accuracy, %")
figure.savefig("08_latency.png", dpi=120)
