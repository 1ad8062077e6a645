"""``nasbench draw``: every space, and texts that are none of any."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.errors import NasbenchError
from nasbench.spaces import Cell101, make_space, space_names
from nasbench.spaces.vertex_drawing import draw_vertices_svg, draw_vertices_text

WHOLE = (
    "conv3x3-bn-relu(0)|maxpool3x3(1)|conv1x1-bn-relu(1)|conv1x1-bn-relu(1,2)|"
    "conv1x1-bn-relu(0,1,3)|output(0,1,2,3)"
)


@pytest.mark.parametrize("name", space_names())
def test_every_space_is_drawn_as_text_and_as_an_image(name, tmp_path, capsys) -> None:
    space = make_space(name)
    text = space.format(space.sample(np.random.default_rng(3)))
    assert main(["draw", text]) == 0
    assert text in capsys.readouterr().out
    path = tmp_path / "drawn.svg"
    assert main(["draw", text, "--space", name, "--out", str(path)]) == 0
    assert ET.parse(path).getroot().tag.endswith("svg")


def test_a_cell101_is_drawn_as_what_it_computes(capsys) -> None:
    assert main(["draw", WHOLE]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:] == [
        "v1 = conv3x3-bn-relu(input)",
        "v2 = conv1x1-bn-relu(v1)",
        "v3 = maxpool3x3(v1)",
        "output = join(v1, v2, v3) + input",
        "",
        "on no path from input to output: 2 vertices",
    ]


def test_the_image_of_a_cell101_has_its_vertices_and_edges() -> None:
    space = Cell101()
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = space.sample(rng)
        graph = space.graph(architecture)
        svg = ET.fromstring(draw_vertices_svg(space, architecture))
        boxes = [e for e in svg.iter() if e.tag.endswith("rect") and e.get("rx")]
        lines = [e for e in svg.iter() if e.get("marker-end")]
        assert len(boxes) == len(graph.labels)
        assert len(lines) == sum(map(len, graph.inputs))
        equations = draw_vertices_text(space, architecture)
        assert equations.count(" = ") == len(graph.labels) - 1


@pytest.mark.parametrize("name", space_names())
def test_garbage_for_a_space_is_answered_with_its_own_form(name, capsys) -> None:
    assert main(["draw", "no such thing", "--space", name]) == 2
    told = capsys.readouterr().err
    assert f"no architecture of {name}: expected the form '" in told
    form = told.rpartition("expected the form '")[2].rstrip().rstrip("'")
    assert make_space(name).parse(form)


@pytest.mark.parametrize("name", space_names())
def test_a_text_with_a_wrong_name_is_answered_by_the_space_of_its_form(
    name, capsys
) -> None:
    space = make_space(name)
    text = space.format(space.sample(np.random.default_rng(1)))
    wrong = f"{text[:-1]}Q"
    assert main(["draw", wrong]) == 2
    told = capsys.readouterr().err
    with pytest.raises(NasbenchError) as reason:
        space.parse(wrong)
    assert told.strip() == f"nasbench: {reason.value}"


@pytest.mark.parametrize("text", ["foo", "", "3", "Ünïcode"])
def test_a_text_like_none_is_answered_with_a_form_of_every_space(text, capsys) -> None:
    assert main(["draw", text]) == 2
    told = capsys.readouterr().err
    assert all(f"{name} '" in told for name in space_names())
    assert len(told.splitlines()) == 1
