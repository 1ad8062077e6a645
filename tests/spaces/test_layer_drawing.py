"""Drawings of layers in sequence."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from nasbench.spaces import LayerSpace, make_space
from nasbench.spaces.layer_drawing import draw_layers_svg, draw_layers_text

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("chain", "conv5", "size", "size-compound")


def layer_space(name: str) -> LayerSpace:
    space = make_space(name)
    assert isinstance(space, LayerSpace)
    return space


def test_the_text_is_the_network_layer_by_layer() -> None:
    compound = layer_space("size-compound")
    assert draw_layers_text(compound, compound.parse("r4/8-w1-d1")) == (
        "r4/8-w1-d1\n\n"
        "  image = image averaged to 0.5 of its side\n"
        "  layer1 = relu(norm(conv3x3/16(image)))\n"
        "  layer2 = relu(norm(conv3x3/24/2(layer1)))\n"
        "  layer3 = relu(norm(conv3x3/24(layer2)))\n"
        "  layer4 = relu(norm(conv3x3/32/2(layer3)))\n"
        "  layer5 = relu(norm(conv3x3/32(layer4)))\n"
        "  output = linear(mean(layer5))"
    )


@pytest.mark.parametrize("name", NAMES)
def test_images_show_every_layer_inside_their_frame(name: str) -> None:
    space, rng = layer_space(name), np.random.default_rng(0)
    for _ in range(10):
        architecture = space.sample(rng)
        layers = space.layers(architecture)
        root = ElementTree.fromstring(draw_layers_svg(space, architecture))
        frame, *boxes = root.findall(f"{SVG}rect")
        assert len(boxes) == len(layers)
        heights = [float(box.get("height", "nan")) for box in boxes]
        filters = [layer.filters for layer in layers]
        assert np.argmax(heights) == np.argmax(filters)
        assert len(root.findall(f"{SVG}line")) == sum(one.stride > 1 for one in layers)
        for box, height in zip(boxes, heights, strict=True):
            x, y, width = (float(box.get(key, "nan")) for key in ("x", "y", "width"))
            assert 0 <= x <= float(frame.get("width", "nan")) - width
            assert 0 <= y <= float(frame.get("height", "nan")) - height
