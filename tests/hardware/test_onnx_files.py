"""Our ONNX files compute what torch computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from nasbench.errors import NasbenchError
from nasbench.hardware.int8_files import int8_file
from nasbench.hardware.onnx_files import onnx_bytes, onnx_file
from nasbench.hardware.specimen import Specimen, noise_images
from nasbench.hardware.target import RejectedError
from nasbench.networks import Skeleton
from nasbench.spaces import make_space

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

SMALL = Skeleton(1, 8, 8, 5, 4, 1)
ODD = Skeleton(3, 9, 7, 4, 3, 2)


def specimen(space: str, skeleton: Skeleton, folder: Path, seed: int) -> Specimen:
    made = make_space(space)
    architecture = made.sample(np.random.default_rng(seed))
    images = noise_images(skeleton, seed)
    return Specimen(made, architecture, skeleton, images, folder, seed)


@pytest.mark.parametrize("skeleton", [SMALL, ODD], ids=["even", "odd"])
@pytest.mark.parametrize("space", ["cell201", "chain", "conv5", "size"])
@pytest.mark.parametrize("batch", [1, 3])
def test_outputs_equal_those_of_torch(
    space: str, skeleton: Skeleton, batch: int, tmp_path: Path
) -> None:
    for seed in range(2, 5):
        shown = specimen(space, skeleton, tmp_path, seed)
        session = onnxruntime.InferenceSession(
            onnx_file(shown, batch), providers=["CPUExecutionProvider"]
        )
        (found,) = session.run(None, {"images": shown.batch(batch)})
        wanted = shown.logits(batch)
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_files_are_valid_onnx_with_the_batch_fixed(tmp_path: Path) -> None:
    shown = specimen("cell201", SMALL, tmp_path, 3)
    model = onnx.load(onnx_file(shown, 2))
    onnx.checker.check_model(model, full_check=True)
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [each.dim_value for each in shape] == [2, 1, 8, 8]


def test_a_file_is_written_once(tmp_path: Path) -> None:
    shown = specimen("cell201", SMALL, tmp_path, 3)
    first = onnx_file(shown, 1)
    before = first.stat().st_mtime_ns
    shown.forget()
    assert onnx_file(shown, 1) == first
    assert first.stat().st_mtime_ns == before


def test_an_int8_file_holds_int8_weights_per_channel(tmp_path: Path) -> None:
    shown = specimen("chain", SMALL, tmp_path, 3)
    model = onnx.load(int8_file(shown))
    weights = {each.name: each for each in model.graph.initializer}
    scales = [
        weights[node.input[1]].dims
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in weights
    ]
    assert any(list(dims) == [shown.network.stem[0][0].out_channels] for dims in scales)
    int8 = onnx.TensorProto.INT8
    assert sum(each.data_type == int8 for each in weights.values()) >= 6
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        f"{shown.key}-int8.onnx"
    ]


def test_weights_are_normalised_so_that_deep_networks_do_not_overflow(
    tmp_path: Path,
) -> None:
    space, deep = make_space("cell201"), Skeleton(1, 8, 8, 5, 4, 8)
    everywhere = (3, 3, 1, 3, 1, 1)  # sums that double from cell to cell
    shown = Specimen(space, everywhere, deep, noise_images(deep), tmp_path)
    largest = 0.0

    def see(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        nonlocal largest
        largest = max(largest, float(output.abs().max()))

    for module in shown.network.modules():
        module.register_forward_hook(see)
    shown.logits(1)
    assert largest < 2000, "half-precision numbers end at 65,504"


def test_the_same_seed_gives_the_same_outputs(tmp_path: Path) -> None:
    one, other = (specimen("cell201", SMALL, tmp_path, 3).logits(2) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_constant_network_is_rejected(tmp_path: Path) -> None:
    space = make_space("cell201")
    shown = Specimen(space, (0,) * 6, SMALL, noise_images(SMALL), tmp_path)
    with pytest.raises(RejectedError, match="constant network"):
        onnx_file(shown, 1)


def test_a_module_without_an_operator_is_named() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Hardswish()).eval()
    with pytest.raises(NasbenchError, match="Hardswish"):
        onnx_bytes(network, (1, 1, 4, 4))


def test_pooling_to_a_size_that_does_not_divide_is_named() -> None:
    network = nn.Sequential(nn.AdaptiveAvgPool2d(3)).eval()
    with pytest.raises(NasbenchError, match=r"\(8, 8\) pixels down to \(3, 3\)"):
        onnx_bytes(network, (1, 1, 8, 8))
