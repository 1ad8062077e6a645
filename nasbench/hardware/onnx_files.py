"""Networks as ONNX files for runtimes: fast to write, one fixed batch size.

`nasbench.export.to_onnx` asks torch's exporter, which takes seconds for a network and
leaves the batch open. Thousands of networks need it in hundredths of a second, and
runtimes optimise for a batch size that they know. Batch norm is left for the runtime
to fold.
"""

from __future__ import annotations

import operator
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from nasbench.errors import NasbenchError
from nasbench.export.as_onnx import IMAGES, LOGITS, OPSET
from nasbench.export.whole_files import write_bytes
from nasbench.hardware.target import RejectedError

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen

IR_VERSION = 10
"""The version of ONNX's file format, of 2024; what writes it may be newer."""

Node: TypeAlias = tuple[str, dict[str, Any], list["Tensor"]]
"""Operator, attributes, and the weights that are inputs after the first one."""


def onnx_file(specimen: Specimen, batch: int) -> Path:
    """Return the ONNX file of a network for a batch size; made where it is not there.

    Raises:
        RejectedError: The network is a constant, or holds a module of another kind.
        NasbenchError: onnx is not installed, or the folder cannot be written.
    """
    path = specimen.folder / f"{specimen.key}-b{batch}.onnx"
    if not path.exists():
        write_bytes(onnx_bytes(specimen.network, (batch, *specimen.image)), path)
    return path


def onnx_bytes(network: nn.Module, shape: tuple[int, int, int, int]) -> bytes:
    """Return a network in inference mode as the content of an ONNX file.

    Args:
        network: Convolutions, batch norms, poolings, sums: what our spaces are made
            of.
        shape: Batch, channels, height and width of the input.

    Raises:
        RejectedError: The network holds another module.
        NasbenchError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, helper
    except ImportError as error:
        raise NasbenchError(
            f"ONNX files cannot be made ({error}); install what they need with "
            'pip install "nasbench-suite[latency]"'
        ) from error
    import torch

    traced = fx.symbolic_trace(network)
    ShapeProp(traced).propagate(torch.zeros(shape))
    writer = _Writer(traced)
    for node in traced.graph.nodes:
        writer.write(node)
    classes = int(writer.logits_shape[-1])
    graph = helper.make_graph(
        writer.nodes,
        "architecture",
        [helper.make_tensor_value_info(IMAGES, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, (shape[0], classes))],
        writer.weights,
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    content: bytes = model.SerializeToString()
    return content


class _Writer:
    """Turns the nodes of a traced network into ONNX nodes and weights."""

    def __init__(self, traced: fx.GraphModule) -> None:
        self._modules = dict(traced.named_modules())
        self._name_of: dict[fx.Node, str] = {}
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.logits_shape: tuple[int, ...] = ()

    def write(self, node: fx.Node) -> None:
        """Add what stands for one node."""
        if node.op == "placeholder":
            self._name_of[node] = IMAGES
        elif node.op == "output":
            self.logits_shape = tuple(node.all_input_nodes[0].meta["tensor_meta"].shape)
            self._add(node, LOGITS, ("Identity", {}, []))
        elif node.op == "call_module":
            source = tuple(node.all_input_nodes[0].meta["tensor_meta"].shape)
            module = self._modules[str(node.target)]
            if isinstance(module, nn.Identity):
                self._name_of[node] = self._name_of[node.all_input_nodes[0]]
            else:
                self._add(node, node.name, onnx_node(module, source))
        elif node.target is operator.add:
            self._add(node, node.name, ("Add", {}, []))
        elif (node.target, node.args[1:]) == ("mean", ((2, 3),)):
            self._add(node, f"{node.name}_pooled", ("GlobalAveragePool", {}, []))
            self._name_of[node] = node.name
            self.nodes.append(
                _make("Flatten", [f"{node.name}_pooled"], node.name, axis=1)
            )
        else:
            raise RejectedError(f"no ONNX operator is known here for {node.target!s}")

    def _add(self, node: fx.Node, name: str, what: Node) -> None:
        from onnx import numpy_helper

        kind, settings, weights = what
        # Not all_input_nodes: a tensor that is added to itself stands there once.
        given: list[Any] = list(node.args)
        inputs = [self._name_of[each] for each in given if each in self._name_of]
        for number, weight in enumerate(weights):
            inputs.append(f"{name}_{number}")
            values = np.ascontiguousarray(weight.detach().numpy())
            self.weights.append(numpy_helper.from_array(values, inputs[-1]))
        self.nodes.append(_make(kind, inputs, name, **settings))
        self._name_of[node] = name


def _make(kind: str, inputs: list[str], output: str, **settings: Any) -> Any:
    from onnx import helper

    return helper.make_node(kind, inputs, [output], name=output, **settings)


@singledispatch
def onnx_node(module: nn.Module, shape: tuple[int, ...]) -> Node:
    """Return the ONNX operator that stands for a torch module.

    A network with modules of other kinds registers them:
    ``onnx_node.register(MyModule)``.

    Args:
        module: The module, in inference mode.
        shape: What it is given, ``(batch, channels, height, width)``.

    Raises:
        RejectedError: There is no such operator.
    """
    del shape
    raise RejectedError(f"no ONNX operator is known here for {type(module).__name__}")


@onnx_node.register
def _(module: nn.Conv2d, shape: tuple[int, ...]) -> Node:
    del shape
    settings = {
        "kernel_shape": list(module.kernel_size),
        "strides": list(module.stride),
        "pads": _pads(module.padding),
        "dilations": list(module.dilation),
        "group": module.groups,
    }
    return "Conv", settings, [w for w in (module.weight, module.bias) if w is not None]


@onnx_node.register
def _(module: nn.BatchNorm2d, shape: tuple[int, ...]) -> Node:
    del shape
    weights = (module.weight, module.bias, module.running_mean, module.running_var)
    if any(each is None for each in weights):
        raise RejectedError("batch norm without weights or running statistics")
    known = [each for each in weights if each is not None]
    return "BatchNormalization", {"epsilon": module.eps}, known


@onnx_node.register
def _(module: nn.ReLU, shape: tuple[int, ...]) -> Node:
    del module, shape
    return "Relu", {}, []


@onnx_node.register
def _(module: nn.AvgPool2d, shape: tuple[int, ...]) -> Node:
    kernel, stride = _pair(module.kernel_size), _pair(module.stride)
    # Runtimes take slower ways for rounding up, so it is asked for only where it acts.
    rest = any(
        (size + 2 * pad - side) % step
        for size, pad, side, step in zip(
            shape[2:], _pair(module.padding), kernel, stride, strict=True
        )
    )
    settings = {
        "kernel_shape": kernel,
        "strides": stride,
        "pads": _pads(module.padding),
        "count_include_pad": int(module.count_include_pad),
        "ceil_mode": int(module.ceil_mode and rest),
    }
    return "AveragePool", settings, []


@onnx_node.register
def _(module: nn.AdaptiveAvgPool2d, shape: tuple[int, ...]) -> Node:
    sides = [
        given if wanted is None else int(wanted)
        for given, wanted in zip(shape[2:], _pair(module.output_size), strict=True)
    ]
    if any(given % side for given, side in zip(shape[2:], sides, strict=True)):
        raise RejectedError(
            f"no ONNX operator averages {shape[2:]} pixels down to {tuple(sides)}"
        )
    window = [given // side for given, side in zip(shape[2:], sides, strict=True)]
    return "AveragePool", {"kernel_shape": window, "strides": window}, []


@onnx_node.register
def _(module: nn.Linear, shape: tuple[int, ...]) -> Node:
    del shape
    weights = [w for w in (module.weight, module.bias) if w is not None]
    return "Gemm", {"transB": 1}, weights


def _pair(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple | list) else [value, value]


def _pads(padding: Any) -> list[int]:
    return [*map(int, _pair(padding)), *map(int, _pair(padding))]
