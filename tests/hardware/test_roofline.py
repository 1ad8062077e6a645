"""Rooflines: by hand on one layer, bounds, their file, and what does not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware.energy import BYTE_PJ, ELEMENT_BYTES, MAC_PJ, energy_mj
from nasbench.hardware.layer_shapes import network_schedule
from nasbench.hardware.memory import peak_activations
from nasbench.hardware.roofline import (
    Roofline,
    load_devices,
    parse_devices,
    roofline_targets,
)
from nasbench.hardware.target import RejectedError
from nasbench.networks import Skeleton
from nasbench.spaces import make_space

NB201 = Skeleton(3, 32, 32, 10, 16, 5)
PLAIN = """
[plain]
summary = "a device with round numbers"
precision = "fp32"
macs_per_second = 1e9
bytes_per_second = 1e9
overhead_us = 0
memory = "dram"
sources = ["made up"]
"""


def plain() -> Roofline:
    return parse_devices(PLAIN, "test")["sim-roofline-plain"]


def test_four_classes_ship_with_sources() -> None:
    targets = roofline_targets()
    assert sorted(targets) == [
        "sim-roofline-edgegpuclass",
        "sim-roofline-mcuclass",
        "sim-roofline-phoneclass",
        "sim-roofline-pi4class",
    ]
    for name, target in targets.items():
        assert target.name == name
        assert target.kind == "simulated"
        assert target.device.sources
        # Peak numbers are plausible: between one and a hundred operations per byte.
        ratio = target.device.macs_per_second / target.device.bytes_per_second
        assert 0.4 < ratio < 100


def test_rates_are_the_products_of_what_their_sources_say() -> None:
    cores, clock, numbers, transfers, width = (4, 1.5e9, 4, 3200e6, 4)
    worked_out = {
        "pi4class": (cores * clock * numbers, transfers * width),
        "phoneclass": ((2.84e9 + 3 * 2.42e9) * 8, 2 * 2133e6 * 4 * 16 / 8),
        "edgegpuclass": (256 * 1.30e9, 2 * 1866e6 * 128 / 8),
        "mcuclass": (480e6 * 2, 240e6 * 64 / 8),
    }
    targets = roofline_targets()
    assert len(worked_out) == len(targets)
    for name, (macs, moved) in worked_out.items():
        device = targets[f"sim-roofline-{name}"].device
        assert device.macs_per_second == pytest.approx(macs, rel=0.001)
        assert device.bytes_per_second == pytest.approx(moved, rel=0.001)
        # Each names a document: a maker or authors, and a number or a year.
        assert all(any(c.isdigit() for c in source) for source in device.sources)


def test_a_chain_of_layers_by_hand() -> None:
    space = make_space("chain")
    skeleton = Skeleton(3, 8, 8, 10, 16, 1)
    layers = space.layers((0, 3, 1, 2, 4))
    seconds, channels, side = 0.0, 3, 8
    for layer in layers:
        read = side * side * channels
        side = -(-side // layer.stride)
        written = side * side * layer.filters
        weights = layer.filters * (channels * layer.kernel**2 + 1)
        macs = written * channels * layer.kernel**2
        seconds += max(macs, 4 * (read + written + weights)) / 1e9
        channels = layer.filters
    seconds += 4 * (written + channels) / 1e9
    seconds += max(channels * 10, 4 * (channels + 10 + (channels + 1) * 10)) / 1e9
    target = plain()
    found = target.cost(space, (0, 3, 1, 2, 4), skeleton)
    assert found.latency_ms == pytest.approx(1000 * seconds)
    late = replace(target, device=replace(target.device, overhead_us=100))
    assert late.cost(space, (0, 3, 1, 2, 4), skeleton).latency_ms == pytest.approx(
        1000 * seconds + (len(layers) + 2) * 0.1
    )


def test_latency_lies_between_its_bounds_and_their_sum() -> None:
    space = make_space("cell201")
    rng = np.random.default_rng(0)
    for target in roofline_targets().values():
        device = target.device
        for _ in range(20):
            architecture = space.sample(rng)
            schedule = network_schedule(space, architecture, NB201)
            arithmetic = 1000 * schedule.macs / device.macs_per_second
            size = ELEMENT_BYTES[device.precision]
            memory = 1000 * size * schedule.moved / device.bytes_per_second
            start = device.overhead_us * len(schedule.steps) / 1000
            found = target.cost(space, architecture, NB201).latency_ms
            assert found >= max(arithmetic, memory) + start - 1e-9
            assert found <= arithmetic + memory + start + 1e-9


def test_a_device_of_endless_bandwidth_ranks_by_macs() -> None:
    target = plain()
    fast = replace(target, device=replace(target.device, bytes_per_second=1e30))
    space = make_space("cell201-mini")
    for architecture in space:
        macs = network_schedule(space, architecture, NB201).macs
        found = fast.cost(space, architecture, NB201).latency_ms
        assert found == pytest.approx(macs / 1e6)


def test_what_does_not_fit_is_rejected_with_both_numbers() -> None:
    device = replace(plain().device, capacity_bytes=40_000, precision="int8")
    target = Roofline("sim-roofline-small", device)
    space = make_space("cell201-mini")
    rejected = 0
    for architecture in space:
        schedule = network_schedule(space, architecture, NB201)
        if peak_activations(schedule) > 40_000:
            rejected += 1
            with pytest.raises(
                RejectedError, match=r"and sim-roofline-small has 40,000"
            ):
                target.cost(space, architecture, NB201)
        else:
            assert target.cost(space, architecture, NB201).latency_ms >= 0
    assert 0 < rejected < space.size


def test_energy_is_arithmetic_and_traffic_at_horowitzs_figures() -> None:
    assert pytest.approx(0.3) == MAC_PJ["int8"]
    assert pytest.approx(4.6) == MAC_PJ["fp32"]
    assert BYTE_PJ == {"sram": 12.5, "dram": 162.5}
    assert energy_mj(1e9, "int8", {}) == pytest.approx(0.3)
    assert energy_mj(0, "fp32", {"dram": 1e6, "sram": 1e6}) == pytest.approx(0.175)
    with pytest.raises(NasbenchError, match="did you mean 'int8'"):
        energy_mj(1, "int4", {})
    with pytest.raises(NasbenchError, match="did you mean"):
        energy_mj(1, "int8", {"dramm": 1.0})
    space = make_space("cell201-mini")
    architecture = next(iter(reversed(list(space))))
    schedule = network_schedule(space, architecture, NB201)
    found = plain().schedule_cost(schedule).energy_mj
    wanted = (4.6 * schedule.macs + 162.5 * 4 * schedule.moved) / 1e9
    assert found == pytest.approx(wanted)


def test_a_file_of_ones_own_is_read(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PLAIN)
    assert load_devices(path) == parse_devices(PLAIN, "x")
    with pytest.raises(NasbenchError, match=r"no devices at .*gone\.toml"):
        load_devices(tmp_path / "gone.toml")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(NasbenchError, match="no UTF-8"):
        load_devices(path)


@pytest.mark.parametrize(
    "before, after, said",
    [
        ("1e9\nbytes", "0\nbytes", "macs_per_second is positive"),
        ("1e9\nbytes", "'fast'\nbytes", "macs_per_second is positive"),
        ("overhead_us = 0", "overhead_us = -1", "overhead_us is 0 or more"),
        ('"fp32"', '"fp31"', "did you mean 'fp32'"),
        ('"dram"', '"tape"', "unknown memory 'tape'"),
        ("memory = ", "memmory = ", "did you mean 'memory'"),
        ('memory = "dram"', "", "lacks the key 'memory'"),
        ('["made up"]', '"made up"', "a list of texts"),
        ("[plain]", "plain = 3\n[other]", "a table of numbers"),
        ("[plain]", "[plain", "devices test"),
    ],
)
def test_wrong_devices_are_said_in_one_line(before, after, said) -> None:
    with pytest.raises(NasbenchError, match=said) as caught:
        parse_devices(PLAIN.replace(before, after), "test")
    assert "\n" not in str(caught.value)
