"""Spaces of layers in sequence: the contract, the layers, the text."""

from __future__ import annotations

import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import (
    Architecture,
    ArchitectureError,
    Layer,
    LayerSpace,
    SearchSpace,
    make_space,
    space_names,
)
from nasbench.testing import SpaceContract


class Zigzag(LayerSpace):
    """A user's own space: two layers of equal effect whatever the last decision."""

    def __init__(self) -> None:
        super().__init__("zigzag", [["8", "16"], ["left", "right"]])

    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        filters = (8, 16)[architecture[0]]
        return (Layer(3, filters), Layer(1, filters, 2))


NAMES = ("chain", "conv5", "size", "size-compound")


class TestLayerSpaces(SpaceContract):
    """Ours and a user's keep the contract of spaces."""

    @pytest.fixture(params=[*NAMES, "zigzag"])
    def space(self, request: pytest.FixtureRequest) -> SearchSpace:
        return Zigzag() if request.param == "zigzag" else make_space(request.param)


def layer_space(name: str) -> LayerSpace:
    space = make_space(name)
    assert isinstance(space, LayerSpace)
    return space


CHAIN, CONV5, SIZE, COMPOUND = map(layer_space, NAMES)


def test_they_are_found_by_name_and_have_the_stated_sizes() -> None:
    sizes = {name: make_space(name).size for name in NAMES}
    assert set(NAMES) <= set(space_names())
    assert sizes == {
        "chain": 5**5,
        "conv5": 24**5,
        "size": 8**5,
        "size-compound": 6 * 7 * 4,
    }
    assert [make_space(name).name for name in NAMES] == list(NAMES)


def test_no_two_networks_of_ours_are_one_class() -> None:
    for space in (CHAIN, SIZE, COMPOUND):
        assert len(space.classes) == space.size


def test_classes_of_conv5_are_refused_at_once() -> None:
    with pytest.raises(NasbenchError, match="7,962,624 combinations") as refused:
        _ = CONV5.classes
    assert "\n" not in str(refused.value)


def test_architectures_with_equal_layers_are_one_class() -> None:
    assert len(Zigzag().classes) == 2
    assert Zigzag().canonical((0, 0)) == Zigzag().canonical((0, 1))


def test_texts_are_read_as_the_layers_that_they_name() -> None:
    assert CHAIN.layers(CHAIN.parse("3x3/16-5x5/24-3x3/36-5x5/16-3x3/24")) == (
        Layer(3, 16, 1),
        Layer(5, 24, 2),
        Layer(3, 36, 1),
        Layer(5, 16, 2),
        Layer(3, 24, 1),
    )
    text = "16/3x3/1-24/5x5/2-32/7x7/1-48/3x3/2-16/5x5/1"
    assert CONV5.layers(CONV5.parse(text)) == (
        Layer(3, 16, 1),
        Layer(5, 24, 2),
        Layer(7, 32, 1),
        Layer(3, 48, 2),
        Layer(5, 16, 1),
    )
    assert SIZE.layers(SIZE.parse("8-16-64-40-8")) == (
        Layer(3, 8, 1),
        Layer(3, 16, 2),
        Layer(3, 64, 1),
        Layer(3, 40, 2),
        Layer(3, 8, 1),
    )
    compound = COMPOUND.parse("r6/8-w1.25-d2")
    assert COMPOUND.resolution(compound) == 0.75
    widths = [layer.filters for layer in COMPOUND.layers(compound)]
    assert widths == [20, 20, 30, 30, 30, 30, 40, 40, 40, 40]
    strides = [layer.stride for layer in COMPOUND.layers(compound)]
    assert strides == [1, 1, 2, 1, 1, 1, 2, 1, 1, 1]


def test_every_combination_of_conv5_is_another_network() -> None:
    first = {
        CONV5.layers((filters, kernel, stride, *(0,) * 12))[0]
        for filters in range(4)
        for kernel in range(3)
        for stride in range(2)
    }
    assert len(first) == 24


@pytest.mark.parametrize(
    "space, text, reason",
    [
        (CHAIN, "3x3/16-3x3/16", "expected the form '3x3/16-3x3/16-3x3/16"),
        (CHAIN, "3x3/16-3x3/61-3x3/16-3x3/16-3x3/16", "did you mean '3x3/36'"),
        (CONV5, "-".join(["16/3x3"] * 5), "expected the form '16/3x3/1-"),
        (CONV5, "-".join(["3x3/16/1"] * 5), "unknown option '3x3'"),
        (SIZE, "8-16-64-40-9", "unknown option '9'"),
        (COMPOUND, "w1-r6/8-d2", "unknown option 'w1'"),
    ],
)
def test_wrong_texts_are_refused_in_one_line(
    space: LayerSpace, text: str, reason: str
) -> None:
    with pytest.raises(ArchitectureError, match=reason) as refused:
        space.parse(text)
    assert "\n" not in str(refused.value)


def test_the_graph_is_a_path_of_the_layers() -> None:
    graph = COMPOUND.graph(COMPOUND.parse("r4/8-w1-d1"))
    assert graph.labels == (
        "input",
        "resize/0.5",
        "conv3x3/16",
        "conv3x3/24/2",
        "conv3x3/24",
        "conv3x3/32/2",
        "conv3x3/32",
        "output",
    )
    assert graph.inputs == ((), (0,), (1,), (2,), (3,), (4,), (5,), (6,))
    assert CHAIN.graph((0,) * 5).depth == 5
    assert not CHAIN.graph((0,) * 5).is_dead


def test_graphs_differ_where_networks_differ() -> None:
    graphs = {COMPOUND.graph(each) for each in COMPOUND}
    assert len(graphs) == COMPOUND.size
