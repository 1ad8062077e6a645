"""Our scores against those released with NAS-Bench-Suite-Zero, at its own skeleton."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nasbench.networks import Skeleton
from nasbench.spaces import make_space
from surrogates.proxies import Proxy, make_proxy
from surrogates.proxies.specimen import SpecimenSource
from surrogates.proxies.zen import Zen

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
RELEASED = SHARED / "nb201_zero_cost_cifar10.csv.gz"
CELLS, BATCH = 150, 8

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RELEASED.exists(), reason=f"no {RELEASED.name} in shared/"),
]


@pytest.fixture(scope="module")
def released() -> pd.DataFrame:
    return pd.read_csv(RELEASED).sample(CELLS, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def ours(released: pd.DataFrame) -> pd.DataFrame:
    """Every cell with weights of its own, as released; images matter to none."""
    space = make_space("cell201")
    shown = [(np.zeros((BATCH, 3, 32, 32), np.float32), np.zeros(BATCH, np.int64))] * 2
    skeleton = Skeleton(3, 32, 32, 10, channels=16, cells_per_stage=5)
    source = SpecimenSource(space, skeleton, dict.fromkeys(range(2 * CELLS), shown))
    names = ("params", "flops", "synflow", "l2_norm")
    proxies: dict[str, Proxy] = {name: make_proxy(name) for name in names}
    proxies |= {
        "zen": Zen(),
        "zen as released": Zen(released=True),
        "zen, default weights": Zen(released=True, trial_weights=True),
    }
    rows = []
    for number, text in enumerate(released["net_str"]):
        specimen = source.specimen(space.parse(text), number)
        row = {name: proxy.score(specimen) for name, proxy in proxies.items()}
        again = source.specimen(space.parse(text), CELLS + number)
        rows.append({**row, "l2_norm again": proxies["l2_norm"].score(again)})
    return pd.DataFrame(rows)


def test_counts_and_synflow_order_as_released(ours, released) -> None:
    for name in ("params", "flops", "synflow"):
        assert ours[name].corr(released[name], method="spearman") >= 0.99, name


def test_zen_orders_as_released_where_weights_and_variance_are_as_there(
    ours, released
) -> None:
    def rho(name: str) -> float:
        return float(ours[name].corr(released["zen"], method="spearman"))

    assert rho("zen as released") >= 0.99
    assert rho("zen") >= 0.95
    assert abs(rho("zen, default weights")) < 0.4


def test_l2_norm_agrees_as_well_as_two_draws_of_its_weights_do(ours, released) -> None:
    rho = ours["l2_norm"].corr(released["l2_norm"], method="spearman")
    between = ours["l2_norm"].corr(ours["l2_norm again"], method="spearman")
    assert rho >= 0.93
    assert rho == pytest.approx(between, abs=0.03)
    assert ours["l2_norm"].corr(released["l2_norm"]) >= 0.999  # Pearson
    np.testing.assert_allclose(ours["l2_norm"], released["l2_norm"], rtol=0.03)
