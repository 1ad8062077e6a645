"""The files of a site: reproducible, whole, escaped, and true to their CSV files."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from leaderboards import RunSettings, compare
from leaderboards.report import BenchmarkFacts
from leaderboards.site import SiteBoard, write_site
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from strategies import LocalSearch, RandomSearch, RegularizedEvolution
from tabular import Table

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
NAME = "cell201-mini-digits-v1"
VOID = {"meta", "link", "input", "line", "circle", "br"}


def site_of(title="A small board", names=("random", "local", "evolution")):
    table = Table.open(SHIPPED)
    kinds = (RandomSearch, LocalSearch, RegularizedEvolution)
    factories = dict(zip(names, kinds, strict=True))
    board = compare(factories, [table], RunSettings(Budget(12)), seeds=4)
    own = board[board["seed"] == 0]
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    return SiteBoard(
        title=title,
        board=board,
        walks=own[columns].astype({"strategy": str, "benchmark": str}),
        unit="evaluations",
        facts=(BenchmarkFacts.of(table),),
        benchmarks={NAME: table},
        rules=(("Budget", "12 evaluations"),),
        sources=(("Manifest", "manifest.toml"), ("Made by", "a test")),
        files={"manifest.toml": b"format = 1\n"},
    )


@pytest.fixture(scope="module")
def site():
    return site_of()


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory):
    made = tmp_path_factory.mktemp("site")
    write_site(site, made)
    return made


def contents(folder):
    found = folder.rglob("*")
    return {str(p.relative_to(folder)): p.read_bytes() for p in found if p.is_file()}


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / "csv" / name).read_text())))


def given(folder, name):
    text = (folder / "data" / f"{name}.js").read_text()
    return json.loads(re.fullmatch(r'NASBENCH\.give\("[^"]+",(.*)\);\n', text)[1])


def unpacked(stored):
    kinds = {"Uint8Array": "<u1", "Uint16Array": "<u2", "Uint32Array": "<u4"}
    kinds |= {"Float32Array": "<f4", "Float64Array": "<f8"}
    data = base64.b64decode(stored["data"])
    return np.frombuffer(data, kinds[stored["type"]]).reshape(stored["shape"])


class Page(HTMLParser):
    """Checks that tags are balanced; keeps addresses, identifiers and texts."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.addresses, self.ids, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src"):
                self.addresses.append(value)
            if name == "id":
                self.ids.append(value)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_same_board_gives_the_same_bytes(site, folder, tmp_path):
    write_site(site_of(), tmp_path)
    assert contents(tmp_path) == contents(folder)


def test_nothing_comes_from_elsewhere_and_every_link_leads_somewhere(folder):
    pages = sorted(folder.glob("*.html"))
    assert [page.name for page in pages] == [
        f"explorer-{NAME}.html",
        "index.html",
        "statistics.html",
        "strategy-evolution.html",
        "strategy-local.html",
        "strategy-random.html",
    ]
    parsed = {page.name: Page(page.read_text()) for page in pages}
    for page in parsed.values():
        assert len(set(page.ids)) == len(page.ids)
        for address in page.addresses:
            if address == "data:,":
                continue
            name, _, place = address.partition("#")
            assert not re.match(r"[a-z]+:|//", name), address
            assert not name or (folder / name).is_file(), address
            target = parsed.get(name) if name else page
            assert not place or place in target.ids, address
    for asset in ("site.js", "site.css"):
        text = (folder / "assets" / asset).read_text()
        assert set(re.findall(r"https?://[^\"']+", text)) <= {
            "http://www.w3.org/2000/svg"
        }


def test_cells_of_the_page_are_the_numbers_of_the_ranking_file(folder):
    page = (folder / "index.html").read_text()
    columns = (
        "rank",
        None,
        "ranked_points_mean",
        "ranked_points_mean",
        "test_regret_points_iqm",
        "test_regret_points_median",
        "validation_regret_points_mean",
        "improvement",
    )
    for row in rows_of(folder, "ranking.csv"):
        line = re.search(rf'<tr data-strategy="{row["strategy"]}">(.*?)</tr>', page, 16)
        values = re.findall(r'data-value="([^"]*)"', line[1])
        assert values[1] == row["strategy"]
        for column, value in zip(columns, values, strict=True):
            assert column is None or row[column] == value


def test_curves_end_at_the_means_of_the_ranking(folder):
    curves = given(folder, "board")["curves"]
    assert [one["unit"] for one in curves] == ["evaluations", "epochs", "seconds"]
    for row in rows_of(folder, "ranking.csv"):
        for one in curves:
            line = one["lines"][row["strategy"]]
            for end in ("value", "low", "high"):
                assert len(line[end]) == len(one["grid"])
            mean = float(row["ranked_points_mean"])
            assert line["value"][-1] == pytest.approx(mean, abs=1e-4)
            assert line["low"][-1] <= line["value"][-1] <= line["high"][-1]


def test_curves_and_their_csv_file_hold_the_same_numbers(folder):
    rows = iter(rows_of(folder, "curves.csv"))
    for one in given(folder, "board")["curves"]:
        for strategy, line in one["lines"].items():
            for place, spent in enumerate(one["grid"]):
                row = next(rows)
                assert (row["strategy"], row["unit"]) == (strategy, one["unit"])
                assert float(row["spent"]) == spent
                value = row["mean_points"]
                assert (float(value) if value else None) == line["value"][place]
    assert next(rows, None) is None


def test_the_explorer_has_the_numbers_of_the_table(folder):
    table, stored = Table.open(SHIPPED), given(folder, f"table-{NAME}")
    class_of, index = unpacked(stored["classOf"]), unpacked(stored["index"])
    assert len(index) == table.space.size
    axes = {axis["key"]: unpacked(axis["values"]) for axis in stored["axes"]}
    correct = unpacked(stored["correct"]["test"])
    for i in range(table.space.size):
        architecture = table.space.architecture_at(int(index[i]))
        number = class_of[i]
        known = table.evaluate(architecture)
        assert axes["parameters"][number] == known.parameters
        assert axes["flops"][number] == known.flops
        assert axes["validation_accuracy"][number] == pytest.approx(
            known.validation_accuracy, abs=1e-6
        )
        assert axes["training_seconds"][number] == pytest.approx(known.cost_seconds)
        mean = correct[number, :, -1].mean() / stored["images"]["test"]
        assert mean == pytest.approx(table.mean_accuracy(architecture, "test"))


def test_the_explorer_and_its_csv_file_hold_the_same_numbers(folder):
    stored = given(folder, f"table-{NAME}")
    rows = rows_of(folder, f"architectures-{NAME}.csv")
    for axis in stored["axes"]:
        column = [float(row[axis["key"]]) for row in rows]
        assert column == pytest.approx(unpacked(axis["values"]).tolist(), abs=1e-5)
    assert sum(int(row["members"]) for row in rows) == 125


def test_trials_are_those_of_the_table_and_of_the_page(folder):
    table, stored = Table.open(SHIPPED), given(folder, f"table-{NAME}")
    correct = unpacked(stored["correct"]["test"])
    for row in rows_of(folder, f"trials-{NAME}.csv")[::17]:
        architecture = table.space.architecture_at(int(row["index"]))
        known = table.evaluate(architecture, seed=int(row["seed"]))
        last = float(row[f"validation_accuracy:{table.epochs}"])
        assert last == pytest.approx(known.validation_accuracy, abs=1e-6)
        number = unpacked(stored["representative"]).tolist().index(int(row["index"]))
        for epoch in range(table.epochs):
            share = correct[number, int(row["seed"]), epoch] / stored["images"]["test"]
            assert float(row[f"test_accuracy:{epoch + 1}"]) == pytest.approx(
                share, abs=1e-6
            )
    assert not (folder / "csv" / f"repeats-{NAME}.csv").exists()


def test_walks_tell_what_the_run_evaluated(site, folder):
    (walk,) = given(folder, "walk-local")["walks"]
    run = walk["runs"][0]
    own = site.board[(site.board["strategy"] == "local") & (site.board["seed"] == 0)]
    told = [walk["architectures"][code] for code in run["steps"]]
    assert told == own["architecture"].astype(str).tolist()
    assert run["accuracies"] == pytest.approx(
        (100 * own["validation_accuracy"]).tolist(), abs=1e-4
    )
    rows = [row for row in rows_of(folder, "walks.csv") if row["strategy"] == "local"]
    told = [float(row["validation_accuracy"]) for row in rows]
    assert told == pytest.approx(own["validation_accuracy"].tolist(), abs=1e-6)
    assert run["whole"]
    assert run["at"] == list(range(1, 13))
    assert walk["table"] == NAME


def test_of_other_seeds_the_steps_of_the_incumbents_are_told(site, folder):
    (walk,) = given(folder, "walk-local")["walks"]
    assert [run["seed"] for run in walk["runs"]] == [0, 1, 2, 3]
    board = site.board[site.board["strategy"] == "local"]
    for run in walk["runs"]:
        own = board[board["seed"] == run["seed"]]
        texts = own["incumbent"].astype(object).tolist()
        before = [None, *texts[:-1]]
        changed = [i for i, text in enumerate(texts) if text not in (None, before[i])]
        assert run["incumbents"] == own["evaluations"].iloc[changed].tolist()
        if not run["whole"]:
            assert run["at"] == run["incumbents"]
            told = [walk["architectures"][code] for code in run["steps"]]
            assert told == [texts[i] for i in changed]
            assert run["accuracies"] == sorted(run["accuracies"])


def test_names_are_escaped_wherever_they_stand(tmp_path):
    bad = "<b>&\"'</b>"
    site = site_of(title="<script>alert(1)</script>", names=(bad, "a/b", "A b"))
    write_site(site, tmp_path)
    for page in tmp_path.glob("*.html"):
        text = page.read_text()
        assert "<b>&" not in text
        assert "<script>alert" not in text
        Page(text)
    assert bad in Page((tmp_path / "index.html").read_text()).texts
    assert (tmp_path / "strategy-a-b.html").is_file()
    assert (tmp_path / "strategy-A-b-2.html").is_file()


def test_without_tables_and_walks_the_board_is_whole(site, tmp_path):
    from dataclasses import replace

    bare = replace(site, benchmarks={}, walks=site.walks[:0], facts=())
    write_site(bare, tmp_path)
    assert not list(tmp_path.glob("explorer-*"))
    assert {path.stem for path in (tmp_path / "data").iterdir()} == {
        "board",
        "statistics",
        *(f"walk-{name}" for name in ("evolution", "local", "random")),
    }
    (walk,) = given(tmp_path, "walk-local")["walks"]
    assert not any(run["whole"] for run in walk["runs"])
    for page in tmp_path.glob("*.html"):
        Page(page.read_text())


def test_another_metric_ranks_by_it(site, tmp_path):
    from dataclasses import replace

    share = site.board["seed"] / 10 + (site.board["strategy"] == "random") / 2
    board = site.board.assign(hypervolume=share.astype(float))
    write_site(replace(site, board=board, metric="hypervolume"), tmp_path)
    rows = rows_of(tmp_path, "ranking.csv")
    assert rows[0]["strategy"] == "random"
    assert {row["ranked_by"] for row in rows} == {"missed hypervolume"}
    assert float(rows[0]["missed_points_mean"]) == pytest.approx(100 - 50 - 15)
    assert not [column for column in rows[0] if "regret" in column]
    curves = given(tmp_path, "board")["curves"]
    assert curves[0]["lines"]["random"]["value"][-1] == pytest.approx(35)


def test_an_unknown_metric_is_refused(site, tmp_path):
    from dataclasses import replace

    with pytest.raises(NasbenchError, match="hypervolume"):
        write_site(replace(site, metric="hypervolum"), tmp_path)
    with pytest.raises(NasbenchError, match="one objective"):
        write_site(replace(site, metric="hypervolume"), tmp_path)


def test_a_benchmark_that_is_not_on_the_board_is_refused(site, tmp_path):
    from dataclasses import replace

    opened = {"cell201-mini-digits": site.benchmarks[NAME]}
    with pytest.raises(NasbenchError, match=f"'cell201-mini-digits'.*{NAME}"):
        write_site(replace(site, benchmarks=opened), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("library", ["jinja2", "plotly"])
def test_a_missing_library_is_named_with_what_to_install(
    site, tmp_path, monkeypatch, library
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(NasbenchError, match=rf"{library}.*\[report\]"):
        write_site(site, tmp_path)


def test_a_folder_that_cannot_be_made_is_named(site, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NasbenchError, match="file"):
        write_site(site, tmp_path / "file" / "site")


def test_the_global_generator_is_left_alone(site, tmp_path):
    before = np.random.get_state()[1].tolist()
    write_site(site, tmp_path)
    assert np.random.get_state()[1].tolist() == before


def test_importing_the_package_imports_nothing_that_renders():
    script = (
        "import sys, leaderboards.site; "
        "print([m for m in ('jinja2', 'plotly', 'matplotlib', 'pandas', 'torch') "
        "if m in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
