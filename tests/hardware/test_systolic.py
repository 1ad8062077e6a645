"""Systolic arrays: SCALE-Sim's own cycle counts, a simulated array, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.hardware.energy import energy_mj
from nasbench.hardware.layer_shapes import Gemm, network_schedule
from nasbench.hardware.systolic import SYSTOLIC, SystolicArray
from nasbench.networks import Skeleton
from nasbench.spaces import make_space

NB201 = Skeleton(3, 32, 32, 10, 16, 5)

# SCALE-Sim 3.0.0 on the eleven distinct convolutions of NAS-Bench-201's skeleton, in
# this order: stem; 3x3 and 1x1 of every stage; first and shortcut convolution of both
# reductions.
LAYERS = {
    "stem": (32, 32, 3, 16, 3),
    "3x3 of 16": (32, 32, 16, 16, 3),
    "1x1 of 16": (32, 32, 16, 16, 1),
    "3x3 of 32": (16, 16, 32, 32, 3),
    "1x1 of 32": (16, 16, 32, 32, 1),
    "3x3 of 64": (8, 8, 64, 64, 3),
    "1x1 of 64": (8, 8, 64, 64, 1),
    # SCALE-Sim rounds the output of a strided convolution up: 17 of (34 - 3) / 2 + 1.
    "3x3 16 to 32": (17, 17, 16, 32, 3),
    "1x1 16 to 32": (16, 16, 16, 32, 1),
    "3x3 32 to 64": (9, 9, 32, 64, 3),
    "1x1 32 to 64": (8, 8, 32, 64, 1),
}
GOLDEN = {
    "sim-systolic-os32": "2847 6591 2495 2799 751 2551 503 2059 623 2099 375",
    "sim-systolic-ws32": "1117 5589 1117 3149 349 5687 631 1914 349 3149 315",
    "sim-systolic-ws128": "1405 2811 1405 1913 637 2229 445 1341 637 1388 445",
}

sizes = st.integers(1, 60)


def gemm_of(layer: str) -> Gemm:
    height, width, source, target, kernel = LAYERS[layer]
    return Gemm(height * width, target, source * kernel**2)


@pytest.mark.parametrize("name", GOLDEN)
def test_cycles_are_those_of_scale_sim(name) -> None:
    found = [SYSTOLIC[name].cycles(gemm_of(layer)) for layer in LAYERS]
    assert found == [int(number) for number in GOLDEN[name].split()]


def test_the_eleven_layers_are_those_of_our_networks() -> None:
    space = make_space("cell201")
    found = set()
    for text in (
        "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|",
    ):
        schedule = network_schedule(space, space.parse(text), NB201)
        found |= {gemm for gemm in schedule.gemms() if gemm.m > 1}
    wanted = {gemm_of(layer) for layer in LAYERS}
    # Ours have the outputs that torch computes, 16 and 8 pixels wide.
    wanted -= {gemm_of("3x3 16 to 32"), gemm_of("3x3 32 to 64")}
    assert found == wanted | {Gemm(256, 32, 144), Gemm(64, 64, 288)}


@given(sizes, sizes, sizes, st.integers(1, 9))
def test_output_stationary_cycles_are_those_of_a_simulated_array(m, n, k, size) -> None:
    array = SystolicArray("x", size, "output-stationary", 1e6)
    # One fold: the multiplier in row i, column j gets its last operands at cycle
    # k - 1 + i + j, and its column then drains downwards, a row per cycle. SCALE-Sim
    # always drains the whole array, and counts from zero.
    arrival = max(k - 1 + i + j for i in range(size) for j in range(size))
    fold = arrival + 1
    folds = len(range(0, m, size)) * len(range(0, n, size))
    assert array.cycles(Gemm(m, n, k)) == folds * fold - 1


@given(sizes, sizes, sizes, st.integers(1, 9))
def test_weight_stationary_cycles_are_those_of_a_simulated_array(m, n, k, size) -> None:
    array = SystolicArray("x", size, "weight-stationary", 1e6)
    # One fold: a row of weights per cycle, then input t enters row i at t + i and
    # leaves the last row in column j after size - 1 + j more.
    leaves = max(t + size - 1 + j for t in (m - 1,) for j in range(size))
    fold = size + leaves + 1
    folds = len(range(0, k, size)) * len(range(0, n, size))
    assert array.cycles(Gemm(m, n, k)) == folds * fold - 1


@given(sizes, sizes, sizes)
def test_more_work_never_takes_less(m, n, k) -> None:
    for array in SYSTOLIC.values():
        base = array.cycles(Gemm(m, n, k))
        assert base < array.cycles(Gemm(m + 200, n, k))
        assert base < array.cycles(Gemm(m, n + 200, k))
        assert base < array.cycles(Gemm(m, n, k + 200))
        # No array is faster than its multipliers.
        assert (base + 1) * array.rows**2 >= m * n * k


def test_a_network_costs_the_sum_of_its_layers() -> None:
    space = make_space("cell201-mini")
    for array in SYSTOLIC.values():
        assert array.kind == "simulated"
        for architecture in list(space)[::7]:
            gemms = network_schedule(space, architecture, NB201).gemms()
            found = array.cost(space, architecture, NB201)
            cycles = sum(map(array.cycles, gemms))
            assert found.latency_ms == pytest.approx(1000 * cycles / array.clock_hz)
            traffic = {
                "sram": sum(map(array.buffer_bytes, gemms)),
                "dram": sum(gemm.n * gemm.k for gemm in gemms),
            }
            macs = sum(gemm.m * gemm.n * gemm.k for gemm in gemms)
            assert found.energy_mj == pytest.approx(energy_mj(macs, "int8", traffic))


@given(sizes, sizes, sizes)
def test_buffers_pass_every_number_once_where_one_fold_holds_all(m, n, k) -> None:
    for dataflow, output in (("output-stationary", 1), ("weight-stationary", 4)):
        array = SystolicArray("x", 64, dataflow, 1e6)
        assert array.buffer_bytes(Gemm(m, n, k)) == m * k + k * n + output * m * n


def test_a_kernel_that_does_not_fill_the_array_wastes_it() -> None:
    wide = SYSTOLIC["sim-systolic-ws128"]
    small, large = Gemm(1024, 16, 144), Gemm(64, 64, 576)
    assert small.macs == large.macs
    assert wide.cycles(small) > 1.2 * wide.cycles(large)
    assert np.isclose(small.macs / wide.cycles(small) / 128**2, 0.051, atol=0.001)
