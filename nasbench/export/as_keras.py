"""An architecture as a Keras model in JSON, layer by layer."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError
from nasbench.export.as_torch import refuse_constant

if TYPE_CHECKING:
    from torch import fx, nn

IMAGES = "images"


def to_keras(network: nn.Module, image: tuple[int, int, int]) -> dict[str, Any]:
    """Return a network as the JSON of a functional Keras 3 model, without weights.

    ``keras.models.model_from_json(json.dumps(...))`` builds it; AutoKeras writes its
    exported models in this form too. Images are ``(batch, height, width, channels)``.
    A layer is named for the torch module that it stands for, with ``_`` for every dot,
    so that weights can be carried over by name: kernels of convolutions from
    (filters, channels, h, w) to (h, w, channels, filters), those of dense layers
    transposed, batch norms as scale, offset, mean, variance.

    Args:
        network: What `to_torch` built; its weights are not read.
        image: Channels, height and width.

    Raises:
        NasbenchError: The network has a part that is no Keras layer, as the constant
            networks of cells without a path from input to output have; or torch is
            not installed.
    """
    refuse_constant(network)
    graph = _traced(network, image)
    writer = _Writer(graph, image)
    for node in graph.graph.nodes:
        writer.write(node)
    return writer.model()


def _traced(network: nn.Module, image: tuple[int, int, int]) -> fx.GraphModule:
    """Return the network's operations in order, each with the shape of its outcome."""
    try:
        import torch
        from torch import fx
        from torch.fx.passes.shape_prop import ShapeProp
    except ImportError as error:
        raise NasbenchError(
            f"torch cannot be imported ({error}); install it with "
            'pip install "nasbench-suite[train]"'
        ) from error
    training = network.training
    try:
        network.eval()  # running averages are not to move
        traced = fx.symbolic_trace(network)
        with torch.no_grad():
            ShapeProp(traced).propagate(torch.zeros(1, *image))
    except (RuntimeError, fx.proxy.TraceError) as error:
        raise NasbenchError(
            f"{type(network).__name__} cannot be described in Keras layers: "
            f"{' '.join(str(error).split())[:200]}"
        ) from error
    finally:
        network.train(training)
    return traced


class _Writer:
    """Turns the nodes of a traced network into the layers of a functional model."""

    def __init__(self, traced: fx.GraphModule, image: tuple[int, int, int]) -> None:
        channels, height, width = image
        self._modules = dict(traced.named_modules())
        self._layers: list[dict[str, Any]] = []
        self._tensor_of: dict[fx.Node, dict[str, Any]] = {}
        self._output: list[Any] = []
        shape = [None, height, width, channels]
        self._first = self._add("InputLayer", IMAGES, {"batch_shape": shape}, [], shape)

    def write(self, node: fx.Node) -> None:
        """Add the layers of one node."""
        if node.op == "placeholder":
            self._tensor_of[node] = self._first
        elif node.op == "output":
            self._output = self._inputs(node)[0]["config"]["keras_history"]
        elif node.op == "call_module":
            self._write_module(node)
        elif node.op == "call_function" and node.target is operator.add:
            self._tensor_of[node] = self._add(
                "Add", node.name, {}, [self._inputs(node)], _shape_of(node)
            )
        elif node.op == "call_method" and (node.target, node.args[1:]) == (
            "mean",
            ((2, 3),),
        ):
            name, inputs = node.name, self._inputs(node)
            self._tensor_of[node] = self._add(
                "GlobalAveragePooling2D", name, {}, inputs, _shape_of(node)
            )
        else:
            raise NasbenchError(f"no Keras layer is known for {node.target!s}")

    def model(self) -> dict[str, Any]:
        """Return the whole model."""
        return {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "registered_name": "Functional",
            "config": {
                "name": "architecture",
                "trainable": True,
                "layers": self._layers,
                "input_layers": [[IMAGES, 0, 0]],
                "output_layers": [self._output],
            },
        }

    def _write_module(self, node: fx.Node) -> None:
        from nasbench.export.keras_layers import keras_layers

        module = self._modules[str(node.target)]
        name = str(node.target).replace(".", "_")
        (source,) = node.all_input_nodes
        layers = keras_layers(module, tuple(source.meta["tensor_meta"].shape))
        tensor = self._inputs(node)[0]
        for number, (kind, settings) in enumerate(layers):
            last = number == len(layers) - 1
            if last:
                shape, label = _shape_of(node), name
            else:
                shape, label = (
                    _padded(tensor["config"]["shape"], settings),
                    f"{name}_pad",
                )
            tensor = self._add(kind, label, settings, [tensor], shape)
        self._tensor_of[node] = tensor

    def _inputs(self, node: fx.Node) -> list[dict[str, Any]]:
        # Not all_input_nodes: a tensor that is added to itself stands there once.
        given: list[Any] = [*node.args]
        return [self._tensor_of[one] for one in given if one in self._tensor_of]

    def _add(
        self,
        kind: str,
        name: str,
        settings: dict[str, object],
        inputs: Sequence[Any],
        shape: list[int | None],
    ) -> dict[str, Any]:
        """Add a layer; return the tensor that comes out of it."""
        self._layers.append(
            {
                "module": "keras.layers",
                "class_name": kind,
                "registered_name": None,
                "name": name,
                "config": {"name": name, "dtype": "float32", **settings},
                "inbound_nodes": [{"args": list(inputs), "kwargs": {}}]
                if inputs
                else [],
            }
        )
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": shape,
                "dtype": "float32",
                "keras_history": [name, 0, 0],
            },
        }


def _shape_of(node: fx.Node) -> list[int | None]:
    """Return (batch, height, width, channels), or (batch, features)."""
    _, channels, *sides = node.meta["tensor_meta"].shape
    return [None, *sides, channels]


def _padded(shape: list[Any], settings: dict[str, Any]) -> list[int | None]:
    batch, *sides, channels = shape
    grown = [
        side + sum(pad) for side, pad in zip(sides, settings["padding"], strict=True)
    ]
    return [batch, *grown, channels]
