"""Spaces whose architectures are convolution layers, one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

from nasbench.errors import unknown
from nasbench.spaces.graph import INPUT, OUTPUT, Graph
from nasbench.spaces.space import Architecture, ArchitectureError, SearchSpace

T = TypeVar("T")


class Layer(NamedTuple):
    """A convolution without bias, a batch norm and a ReLU.

    Attributes:
        kernel: Height and width of the kernel, odd; padded by half of it.
        filters: Output channels.
        stride: Step of the kernel.
    """

    kernel: int
    filters: int
    stride: int = 1

    def __str__(self) -> str:
        """Return the label of a graph, as in ``conv3x3/16`` or ``conv5x5/24/2``."""
        step = "" if self.stride == 1 else f"/{self.stride}"
        return f"conv{self.kernel}x{self.kernel}/{self.filters}{step}"


class LayerSpace(SearchSpace):
    """A space of sequential convolution networks.

    A network is the layers that `layers` returns; the last is followed by global
    average pooling and a linear classifier. Networks, costs and the fused engine need
    nothing else, so that a space of this kind is trained without further code.

    The text form joins the options' names: ``/`` between the decisions of one layer,
    ``-`` between layers. Two architectures are one class when their layers are equal.
    Layers that differ may compute the same on one size of image (a stride over a
    single pixel); that is a property of the task and makes no classes here.

    Attributes:
        decisions_per_layer: How many decisions, in order, describe one layer.
    """

    def __init__(
        self, name: str, choices: Sequence[Sequence[str]], decisions_per_layer: int = 1
    ) -> None:
        super().__init__(name, choices)
        self.decisions_per_layer = decisions_per_layer

    @abstractmethod
    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        """Return the layers of an architecture of this space, first to last."""

    def resolution(self, architecture: Architecture) -> float:
        """Return the part of the image's side that the first layer sees, in (0, 1].

        Below 1 the image is first averaged down to ``ceil(side * resolution)`` pixels.
        """
        del architecture  # by default the image is seen as it is
        return 1.0

    def format(self, architecture: Architecture) -> str:
        """Return the names of the options, as in ``3x3/16-5x5/24-3x3/16``."""
        checked = self.check(architecture)
        names = [
            options[option]
            for options, option in zip(self.choices, checked, strict=True)
        ]
        return "-".join("/".join(group) for group in self._by_layer(names))

    def parse(self, text: str) -> Architecture:
        """Return the architecture of a text that `format` wrote.

        Raises:
            ArchitectureError: The text has another form, or an unknown option.
        """
        groups = text.strip().split("-")
        expected = self._by_layer(self.choices)
        if len(groups) != len(expected):
            raise self._malformed(text)
        architecture: list[int] = []
        for group, decisions in zip(groups, expected, strict=True):
            names = group.split("/") if self.decisions_per_layer > 1 else [group]
            if len(names) != len(decisions):
                raise self._malformed(text)
            for name, options in zip(names, decisions, strict=True):
                if name not in options:
                    reason = unknown("option", name, options)
                    raise ArchitectureError(f"{reason} in {text!r}")
                architecture.append(options.index(name))
        return self.check(architecture)

    def canonical(self, architecture: Architecture) -> Hashable:
        """Return what the network is made of: its resolution and its layers."""
        return self.resolution(architecture), self.layers(architecture)

    def graph(self, architecture: Architecture) -> Graph:
        """Return the layers as a path of labelled vertices, input to output."""
        checked = self.check(architecture)
        resolution = self.resolution(checked)
        labels = [str(layer) for layer in self.layers(checked)]
        if resolution < 1:
            labels.insert(0, f"resize/{resolution:g}")
        inputs = ((), *((vertex,) for vertex in range(len(labels) + 1)))
        return Graph((INPUT, *labels, OUTPUT), inputs)

    def _by_layer(self, values: Sequence[T]) -> list[Sequence[T]]:
        step = self.decisions_per_layer
        return [values[i : i + step] for i in range(0, len(values), step)]

    def _malformed(self, text: str) -> ArchitectureError:
        example = self.format((0,) * self.decisions)
        return ArchitectureError(
            f"{text!r} is no architecture of {self.name}: expected the form {example!r}"
        )
