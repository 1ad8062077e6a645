"""Architectures written for other tools compute what our networks compute."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from nasbench.cli import main
from nasbench.errors import NasbenchError
from nasbench.export import (
    save_program,
    to_keras,
    to_nni,
    to_nni_search_space,
    to_onnx,
    to_torch,
)
from nasbench.networks import Skeleton
from nasbench.spaces import make_space
from nasbench.spaces.cell101 import Cell101

MINI = make_space("cell201-mini")
ODD = Skeleton(
    image_channels=3, height=9, width=7, classes=5, channels=4, cells_per_stage=1
)
IMAGE = (3, 9, 7)
# All operations, shared nodes, equal poolings, skips alone.
CELLS = [(4, 4, 3), (3, 2, 1), (2, 4, 4), (1, 1, 1)]


@pytest.fixture(params=CELLS, ids=str)
def trained(request):
    """A network whose running averages are not those that it began with."""
    network = to_torch(MINI, request.param, ODD)
    generator = torch.Generator().manual_seed(0)
    network.train()
    for _ in range(3):
        network(torch.rand(16, *IMAGE, generator=generator))
    return network.eval()


@pytest.fixture
def images():
    return torch.rand(5, *IMAGE, generator=torch.Generator().manual_seed(1))


def check_equal(found, expected):
    expected = expected.detach().numpy()
    assert np.abs(np.asarray(found) - expected).max() < 1e-4 * np.abs(expected).max()


def test_equal_seeds_draw_equal_weights_and_leave_torchs_generator_alone():
    before = torch.get_rng_state()
    first, second, other = (to_torch(MINI, (4, 4, 3), ODD, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)
    assert any(
        not torch.equal(one, two)
        for one, two in zip(first.parameters(), other.parameters(), strict=True)
    )


@pytest.mark.parametrize(
    "trained",
    [CELLS[0], *(pytest.param(cell, marks=pytest.mark.slow) for cell in CELLS[1:])],
    indirect=True,
)
def test_onnx_computes_what_torch_computes(trained, images, tmp_path):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "cell.onnx"
    to_onnx(trained, IMAGE, path)
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path))
    assert [one.version for one in model.opset_import if not one.domain] == [18]
    assert [one.name for one in tmp_path.iterdir()] == ["cell.onnx"]
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in (images, images[:1]):
        check_equal(session.run(None, {"images": batch.numpy()})[0], trained(batch))


def test_a_torch_program_computes_what_the_network_computes(trained, images, tmp_path):
    path = tmp_path / "cell.pt2"
    save_program(trained, IMAGE, path)
    again = torch.export.load(path).module()
    for batch in (images, images[:2]):
        check_equal(again(batch).detach(), trained(batch))


def test_exporting_leaves_the_network_as_it_was(tmp_path):
    network = to_torch(MINI, (4, 4, 3), ODD).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    to_keras(network, IMAGE)
    save_program(network, IMAGE, tmp_path / "cell.pt2")
    assert network.training
    assert all(torch.equal(network.state_dict()[name], before[name]) for name in before)


def run_keras(model, network, images):
    """Compute what Keras would, as its documentation says; NHWC, weights by name."""
    modules = {name.replace(".", "_"): one for name, one in network.named_modules()}
    values = {}
    for layer in model["config"]["layers"]:
        settings, name = layer["config"], layer["name"]
        assert settings["name"] == name
        if layer["class_name"] == "InputLayer":
            values[name] = images.permute(0, 2, 3, 1)
            assert settings["batch_shape"][1:] == list(values[name].shape[1:])
            continue
        given = layer["inbound_nodes"][0]["args"]
        tensors = given[0] if layer["class_name"] == "Add" else given
        arriving = []
        for tensor in tensors:
            history = tensor["config"]["keras_history"]
            arriving.append(values[history[0]])
            # The shapes that are written are those that arise.
            assert tensor["config"]["shape"][1:] == list(arriving[-1].shape[1:])
        values[name] = keras_layer(
            layer["class_name"], settings, modules.get(name), arriving
        )
    return values[model["config"]["output_layers"][0][0]]


def keras_layer(kind, settings, module, arriving):
    x = arriving[0]
    if kind == "Add":
        return torch.stack(arriving).sum(0)
    if kind == "ReLU":
        return x.clamp(min=0)
    if kind == "Dense":
        return x @ module.weight.T + module.bias
    if kind == "GlobalAveragePooling2D":
        return x.mean((1, 2))
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = settings["padding"]
        return functional.pad(x, (0, 0, left, right, top, bottom))
    if kind == "BatchNormalization":
        scale = module.weight / (module.running_var + settings["epsilon"]).sqrt()
        return (x - module.running_mean) * scale + module.bias
    size = settings["kernel_size" if kind == "Conv2D" else "pool_size"]
    windows, there = same_windows(x, size, settings["strides"], settings["padding"])
    if kind == "AveragePooling2D":
        return windows.sum(-1) / there
    assert kind == "Conv2D"
    kernels = module.weight  # (filters, channels, h, w)
    return torch.einsum("bhwck,fck->bhwf", windows, kernels.flatten(2))


def same_windows(x, size, strides, padding):
    """Return (b, h, w, c, window) and how many of a window's pixels are there.

    TensorFlow's "same": as many windows as strides fit, the padding split so that an
    odd pixel goes below and to the right.
    """
    pads = []
    for side, width, stride in zip(x.shape[1:3], size, strides, strict=True):
        total = max((-(-side // stride) - 1) * stride + width - side, 0)
        total = total if padding == "same" else 0
        pads.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = pads
    around = (0, 0, left, right, top, bottom)
    cut = functional.pad(x, around).unfold(1, size[0], strides[0])
    cut = cut.unfold(2, size[1], strides[1]).flatten(-2)
    ones = functional.pad(torch.ones_like(x), around).unfold(1, size[0], strides[0])
    ones = ones.unfold(2, size[1], strides[1]).flatten(-2)
    return cut, ones.sum(-1)


def test_keras_layers_compute_what_torch_computes(trained, images):
    model = json.loads(json.dumps(to_keras(trained, IMAGE)))
    check_equal(run_keras(model, trained, images).detach(), trained(images))


def test_keras_itself_reads_the_model(trained, images, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    model = keras.models.model_from_json(json.dumps(to_keras(trained, IMAGE)))
    modules = {name.replace(".", "_"): one for name, one in trained.named_modules()}
    for layer in model.layers:
        if not layer.weights:
            continue
        one = modules[layer.name]
        if isinstance(one, nn.Conv2d):
            weights = [one.weight.permute(2, 3, 1, 0)]
        elif isinstance(one, nn.Linear):
            weights = [one.weight.T, one.bias]
        else:
            weights = [one.weight, one.bias, one.running_mean, one.running_var]
        layer.set_weights([weight.detach().numpy() for weight in weights])
    found = model(images.permute(0, 2, 3, 1))
    found = found[0] if isinstance(found, list) else found
    check_equal(found.detach(), trained(images))


@pytest.mark.parametrize("name", ["chain", "conv5", "size"])
def test_networks_of_layers_are_described_too(name):
    try:
        space = make_space(name)
        architecture = space.sample(np.random.default_rng(0))
        network = to_torch(space, architecture, ODD).eval()
    except NasbenchError as reason:
        pytest.skip(f"{name} has no network here: {reason}")
    batch = torch.rand(2, *IMAGE, generator=torch.Generator().manual_seed(2))
    model = to_keras(network, IMAGE)
    check_equal(run_keras(model, network, batch).detach(), network(batch))


def test_nni_names_a_cell_as_its_own_table_does():
    cell = MINI.parse("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|")
    taken = to_nni(MINI, cell)
    assert taken == {"0_1": "conv_3x3", "0_2": "skip_connect", "1_2": "conv_1x1"}
    space = to_nni_search_space(MINI)
    assert set(space) == set(taken)
    assert all(taken[label] in space[label]["_value"] for label in taken)
    assert all(one["_type"] == "choice" for one in space.values())


def test_nni_names_a_cell_of_nas_bench_101_pruned():
    space = Cell101()
    matrix = [[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    operations = ["input", "conv1x1-bn-relu", "maxpool3x3", "output"]
    assert to_nni(space, space.from_published(matrix, operations)) == {
        "op1": "conv1x1-bn-relu",
        "op2": "maxpool3x3",
        "input1": [0],
        "input2": [1],
        "input3": [0, 2],
    }


@pytest.mark.parametrize("space", [MINI, make_space("cell201"), Cell101("a", 4)])
def test_every_nni_description_is_json_and_another_architectures_is_another(space):
    rng = np.random.default_rng(0)
    seen = {}
    for architecture in {space.sample(rng) for _ in range(50)}:
        text = json.dumps(to_nni(space, architecture))
        canonical = (
            space.prune(architecture) if isinstance(space, Cell101) else architecture
        )
        assert seen.setdefault(text, canonical) == canonical


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path):
    dead = to_torch(MINI, (0, 0, 0), ODD)
    good = to_torch(MINI, (1, 1, 1), ODD)
    folder = tmp_path / "missing"
    for attempt in (
        lambda: to_keras(dead, IMAGE),
        lambda: to_onnx(dead, IMAGE, tmp_path / "dead.onnx"),
        lambda: save_program(dead, IMAGE, tmp_path / "dead.pt2"),
        lambda: to_onnx(good, IMAGE, tmp_path / "good.txt"),
        lambda: save_program(good, IMAGE, tmp_path / "good.onnx"),
        lambda: save_program(good, IMAGE, folder / "good.pt2"),
        lambda: to_torch(MINI, (9, 9, 9), ODD),
        lambda: to_keras(nn.Sequential(nn.Tanh()), IMAGE),
        lambda: to_keras(nn.Sequential(nn.AvgPool2d(5)), IMAGE),
        lambda: to_keras(nn.Sequential(nn.AdaptiveAvgPool2d(4)), IMAGE),
    ):
        with pytest.raises(NasbenchError) as raised:
            attempt()
        assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


TABLE = str(files("tabular") / "data" / "cell201-mini-digits-v1.h5")
CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"


@pytest.mark.parametrize("given", [CELL, str(MINI.index(MINI.parse(CELL)))])
def test_the_command_writes_a_file_that_can_be_read(tmp_path, capsys, given):
    out = tmp_path / "cell.json"
    assert main(["export", TABLE, given, "--to", "nni", "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == to_nni(MINI, MINI.parse(CELL))
    assert main(["export", TABLE, given, "--to", "keras", "--out", str(out)]) == 0
    layers = json.loads(out.read_text())["config"]["layers"]
    assert layers[0]["config"]["batch_shape"] == [None, 12, 12, 1]
    program = tmp_path / "cell.pt2"
    assert main(["export", TABLE, given, "--to", "torch", "--out", str(program)]) == 0
    module = torch.export.load(program).module()
    assert module(torch.zeros(3, 1, 12, 12)).shape == (3, 10)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([TABLE, CELL, "--to", "nni", "--out", "cell.txt"], ".json"),
        ([TABLE, CELL, "--to", "onnx", "--out", "cell.json"], ".onnx"),
        ([TABLE, "no cell", "--to", "nni", "--out", "cell.json"], "no cell"),
        ([TABLE, "125", "--to", "nni", "--out", "cell.json"], "125"),
        ([TABLE, "0", "--to", "keras", "--out", "cell.json"], "no path"),
        ([TABLE, CELL, "--to", "keras", "--out", "no/cell.json"], "cannot write"),
        ([TABLE, CELL, "--to", "onix", "--out", "cell.json"], "onix"),
        ([TABLE, CELL, "--to", "keras", "--out", "cell.json", "--seed", "-1"], "-1"),
    ],
)
def test_wrong_input_ends_in_one_line_and_no_file(
    tmp_path, monkeypatch, capsys, arguments, said
):
    monkeypatch.chdir(tmp_path)
    assert main(["export", *arguments]) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    assert not list(tmp_path.iterdir())
