"""Figures in a real browser: axes that can be read, labels beside what they name."""

from __future__ import annotations

import pandas as pd
import pytest

from leaderboards import RunSettings, compare
from leaderboards.site import SiteBoard, write_site
from nasbench.benchmark import make
from nasbench.search import Budget, Objective
from strategies import RandomSearch

NAME = "cell201-mini-digits-v1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A site with a front over less than a decade of latencies."""
    table = make(NAME)
    board = compare({"random": RandomSearch}, [table], RunSettings(Budget(5)), seeds=2)
    text = table.space.format(table.space.architecture_at(35))
    found = [(0.5, 0.017), (0.55, 0.024), (0.6, 0.044)]
    rows = [(NAME, "random", 0, text, *values) for values in found]
    columns = ["benchmark", "strategy", "seed", "architecture"]
    site = SiteBoard(
        title="Drawings",
        board=board,
        walks=board[:0][["strategy", "benchmark", "seed", "architecture"]].assign(
            trained_epochs=1
        ),
        unit="evaluations",
        benchmarks={NAME: table},
        objectives=(
            Objective("validation_accuracy", maximise=True),
            Objective("flops", maximise=False),
        ),
        fronts=pd.DataFrame(rows, columns=[*columns, "validation_accuracy", "flops"]),
    )
    made = tmp_path_factory.mktemp("drawings")
    write_site(site, made)
    script = made / "data" / "fronts.js"
    start, _, rest = script.read_text().partition(',"exact":')
    script.write_text(start + rest[rest.index("]]") + 2 :])
    return made


def test_a_front_over_less_than_a_decade_has_several_labels(browser, folder):
    browser.open(folder / "index.html", width=1300)
    browser.wait("document.querySelector('[data-fronts] .xtick text') !== null")
    labels = browser.run(
        "[...document.querySelectorAll('[data-fronts] .xtick text')]"
        ".map(label => Number(label.textContent))"
    )
    assert len(labels) >= 4
    assert 0.015 < min(labels) < max(labels) < 0.05


def test_labels_of_dead_edges_stand_clear_of_the_nodes(browser, folder):
    address = (folder / f"explorer-{NAME}.html").resolve().as_uri()
    browser.open(f"{address}#architecture=35", width=1300)
    browser.wait("document.querySelector('svg.drawing circle') !== null")
    over = browser.run(
        """(() => {
          const place = one => one.getBoundingClientRect();
          const drawing = document.querySelector("svg.drawing");
          const circles = [...drawing.querySelectorAll("circle")].map(place);
          const words = [...drawing.querySelectorAll("text")];
          return words.map(word => [word.textContent, circles.some(circle =>
            place(word).left < circle.right && circle.left < place(word).right &&
            place(word).top < circle.bottom && circle.top < place(word).bottom)]);
        })()"""
    )
    nodes = {"in", "1", "out"}
    assert any("dead" in word for word, _ in over)
    assert [word for word, inside in over if inside and word not in nodes] == []
