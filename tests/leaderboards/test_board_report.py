"""The report: reproducible to the byte, whole, escaped, and without a network."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import textwrap
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pandas as pd
import pytest

from leaderboards import RunSettings, anytime_curves, compare, rank_board
from leaderboards.report import BenchmarkFacts, write_report
from leaderboards.report.figures import draw_curves, line_style, png
from leaderboards.report.tables import board_csv
from leaderboards.report.wording import points, rules, verdict
from leaderboards.report.write import _figure_names
from nasbench.errors import NasbenchError
from nasbench.search import Budget

SETTINGS = RunSettings(Budget(15))
VOID = {"meta", "img", "source", "br", "link", "line", "circle"}


class Outline(HTMLParser):
    """Checks that tags are balanced, and keeps elements and texts."""

    def __init__(self, page):
        super().__init__()
        self.stack, self.elements, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def chunks(data):
    """Return the chunk types of a PNG file."""
    kinds, position = [], 8
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        kinds.append(kind.decode())
        position += length + 12
    return kinds


def run_python(code):
    """Run code in a fresh interpreter."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def make_board(landscape, uniform_search, index_order):
    def make(**renamed):
        names = {"random": "random", "ordered": "in order", **renamed}
        strategies = {names["random"]: uniform_search, names["ordered"]: index_order}
        return compare(strategies, [landscape], SETTINGS, seeds=5)

    return make


def test_the_same_board_gives_the_same_bytes(make_board, tmp_path, landscape):
    written = []
    for folder in ("first", "second"):
        facts = [BenchmarkFacts.of(landscape)]
        paths = write_report(make_board(), tmp_path / folder, SETTINGS, facts)
        written.append({path.name: path.read_bytes() for path in paths})
    assert list(written[0]) == ["board.csv", "ranking.csv", "regret.png", "index.html"]
    assert written[0] == written[1]


def test_nothing_else_stays_in_the_folder(make_board, tmp_path):
    paths = write_report(make_board(), tmp_path / "new" / "folder", SETTINGS)
    assert sorted(paths) == sorted((tmp_path / "new" / "folder").iterdir())


def test_a_report_is_written_over_an_older_one(make_board, tmp_path):
    (tmp_path / "index.html").write_text("old")
    write_report(make_board(), tmp_path, SETTINGS)
    assert (tmp_path / "index.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_named(make_board, tmp_path, folder):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NasbenchError, match="cannot write the report to the folder"):
        write_report(make_board(), tmp_path / folder, SETTINGS)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(make_board, tmp_path):
    (tmp_path / "index.html").mkdir()
    with pytest.raises(NasbenchError, match=re.escape(str(tmp_path))):
        write_report(make_board(), tmp_path, SETTINGS)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"board.csv", "ranking.csv", "regret.png", "index.html"}


def test_the_board_file_keeps_what_the_ranking_and_the_curves_need(make_board):
    board = make_board()
    text = board_csv(board).decode()
    compact = pd.read_csv(io.StringIO(text))
    runs = board.groupby(["strategy", "seed"], observed=True)["incumbent"]
    changes = runs.apply(lambda i: int((i.astype(str) != i.astype(str).shift()).sum()))
    assert changes.sum() <= len(compact) <= changes.sum() + len(changes)
    assert len(compact) < len(board) / 2
    # With the last row of a run dropped where it is no change, nothing is left over.
    assert set(compact.groupby(["strategy", "seed"])["evaluations"].max()) == {15}
    fresh = (np.random.default_rng(0) for _ in range(4))
    whole, short = (rank_board(frame, next(fresh)) for frame in (board, compact))
    assert whole["strategy"].tolist() == short["strategy"].tolist()
    np.testing.assert_allclose(
        whole["test_regret_points_mean_high"],
        short["test_regret_points_mean_high"],
        atol=1e-4,
    )
    curves, again = (
        anytime_curves(frame, "toy", next(fresh)) for frame in (board, compact)
    )
    np.testing.assert_array_equal(curves.grid, again.grid)
    for name, line in curves.points.items():
        np.testing.assert_allclose(line.low, again.points[name].low, atol=1e-4)


def test_csv_numbers_have_six_decimals(make_board):
    line = board_csv(make_board()).decode().splitlines()[1].split(",")
    assert re.fullmatch(r"\d\.\d{6}", line[8])


def test_a_failed_training_is_an_empty_field(refereed_table, scripted):
    benchmark = refereed_table({"a": 0.5, "b": 0.6}, failing=frozenset("b"))
    board = compare({"s": scripted("a", "b")[0]}, [benchmark], SETTINGS, seeds=1)
    last = board_csv(board).decode().splitlines()[-1]
    shown = "toy,s,0,2,8,8.000000,b,4,,a,0.500000,0.500000,0.000000,0.000000"
    assert last == f"{shown},8.000000,0,0.000000"


def test_rows_before_the_first_incumbent_are_left_out(refereed_table, scripted):
    factory, _ = scripted(("a", 1), ("a", 2), "a", "b")
    benchmark = refereed_table({"a": 0.5, "b": 0.2})
    board = compare({"s": factory}, [benchmark], SETTINGS, seeds=2)
    lines = board_csv(board).decode().splitlines()[1:]
    kept = [tuple(line.split(",")[2:4]) for line in lines]
    assert kept == [("0", "3"), ("0", "4"), ("1", "3"), ("1", "4")]


def test_a_figure_holds_no_date_and_no_version(make_board):
    curves = anytime_curves(make_board(), "toy", np.random.default_rng(0))
    data = png(draw_curves(curves))
    assert set(chunks(data)) == {"IHDR", "pHYs", "IDAT", "IEND"}
    assert data == png(draw_curves(curves))


def test_drawing_leaves_matplotlib_as_it_was(make_board):
    before = dict(matplotlib.rcParams)
    curves = anytime_curves(make_board(), "toy", np.random.default_rng(0))
    png(draw_curves(curves))
    assert before == dict(matplotlib.rcParams)


def test_drawing_does_not_need_pyplot():
    run_python(
        """
        import sys
        import numpy as np
        from leaderboards.curves import Curves
        from leaderboards.report.figures import draw_curves, png
        from leaderboards.measures.estimate import Estimate
        line = Estimate(*np.ones((3, 2)))
        curves = Curves("toy", "regret", "epochs", np.array([1.0, 2.0]), {"x": line})
        png(draw_curves(curves))
        assert "matplotlib.pyplot" not in sys.modules
        """
    )


def test_a_figure_shows_every_strategy_and_states_its_floor(refereed_table, scripted):
    benchmark = refereed_table({"a": 0.5, "b": 0.2, "c": 0.4})
    strategies = {
        "_$hits$ at once": scripted("a", "b")[0],
        "x": scripted("c", "b")[0],
        "never": scripted(("c", 1))[0],
    }
    monkey = RunSettings(Budget(9))
    board = compare(strategies, [benchmark], monkey, seeds=1)
    # Test accuracy is what is left to 1: a has the worst, and b is the best.
    board["test_regret"] = board["validation_regret"]
    curves = anytime_curves(board, "toy", np.random.default_rng(0))
    figure = draw_curves(curves)
    png(figure)
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines) == [r" _\$hits\$ at once", "x", "never"]
    assert np.unique(lines[r" _\$hits\$ at once"].get_ydata()) == pytest.approx([0.01])
    assert np.unique(lines["x"].get_ydata()) == pytest.approx([10])
    assert np.isnan(lines["never"].get_ydata()).all()
    assert "≤ 0.01" in [label.get_text() for label in axes.get_yticklabels()]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == list(lines)


def test_28_strategies_have_28_different_lines():
    assert len({line_style(number) for number in range(28)}) == 28


def test_a_page_is_whole_and_fetches_nothing(make_board, tmp_path, landscape):
    facts = [BenchmarkFacts.of(landscape)]
    write_report(make_board(), tmp_path, SETTINGS, facts)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    outline = Outline(page)
    assert "http" not in re.sub(r"base64,[\w+/=]+", "", page)
    tags = [tag for tag, _ in outline.elements]
    assert "script" not in tags
    assert "link" not in tags
    links = {a["href"] for tag, a in outline.elements if tag == "a"}
    assert links == {"board.csv", "ranking.csv"}
    images = [a for tag, a in outline.elements if tag in ("img", "source")]
    for image in images:
        address = image.get("src") or image["srcset"]
        assert address.startswith("data:image/png;base64,iVBOR")
    assert "toy" in images[-1]["alt"]
    text = " ".join(" ".join(outline.texts).split())
    for phrase in ("in order", "random", "15 evaluations", "40 combinations"):
        assert phrase in text


def test_a_page_escapes_what_it_is_given(make_board, tmp_path, landscape):
    landscape.name = "<b>toy</b>"
    board = make_board(random="<script>alert(1)</script>", ordered='"><i>')
    write_report(board, tmp_path, SETTINGS, [BenchmarkFacts.of(landscape)], "<u>")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    outline = Outline(page)
    assert not {"script", "b", "i", "u"} & {
        tag for tag, a in outline.elements if (tag, a) != ("b", {})
    }
    assert "<b>toy" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)</script>" in "".join(outline.texts)


def test_several_benchmarks_have_a_figure_each(
    refereed_table, uniform_search, tmp_path
):
    benchmarks = [
        refereed_table({"a": 0.5, "b": 0.6}, name=name) for name in ("x/y", "x y")
    ]
    settings = RunSettings(Budget(3))
    board = compare({"random": uniform_search}, benchmarks, settings, seeds=3)
    paths = write_report(board, tmp_path, settings)
    assert [path.name for path in paths[2:-1]] == ["regret-x-y.png", "regret-x-y-2.png"]
    assert (tmp_path / "index.html").read_text(encoding="utf-8").count("<img") == 2


def test_figures_of_similar_names_do_not_overwrite_each_other():
    names = _figure_names(["a b", "a-b", "A-B", "a-b-2", "../c"])
    assert len({name.lower() for name in names}) == 5
    assert not [name for name in names if "/" in name]


def test_facts_of_a_benchmark_that_is_not_on_the_board_are_refused(
    make_board, tmp_path
):
    facts = [BenchmarkFacts("tyo", "line", 2, 4, 1)]
    with pytest.raises(NasbenchError, match="'tyo'; did you mean 'toy'"):
        write_report(make_board(), tmp_path / "new", SETTINGS, facts)
    assert not (tmp_path / "new").exists()


def test_facts_are_what_the_benchmark_says(refereed_table, table):
    facts = BenchmarkFacts.of(refereed_table({"a": 0.25, "b": 0.5}))
    assert facts == BenchmarkFacts("toy", "line", 2, 4, 2, 0.5, 0.75)
    assert BenchmarkFacts.of(table({"a": 0.25})).best_test_accuracy is None


def test_a_report_without_regrets_shows_errors(
    refereed_table, scripted, monkeypatch, tmp_path
):
    monkeypatch.setattr(refereed_table, "best_accuracy", lambda self, split: None)
    benchmark = refereed_table({"a": 0.25, "b": 0.5})
    strategies = {"bad": scripted("b")[0], "good": scripted("a")[0]}
    board = compare(strategies, [benchmark], SETTINGS, seeds=2)
    write_report(board, tmp_path, SETTINGS)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "good leads with a mean test error of 25.00 points" in page


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib.figure"])
def test_a_missing_library_is_named_with_its_extra(
    make_board, tmp_path, monkeypatch, missing
):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(NasbenchError, match=r"pip install \"nasbench-suite\[report\]"):
        write_report(make_board(), tmp_path, SETTINGS)


def test_importing_the_package_imports_nothing_heavy():
    run_python(
        """
        import sys
        import leaderboards.report
        heavy = {"pandas", "matplotlib", "jinja2", "scipy", "torch", "sklearn"}
        assert not heavy & set(sys.modules)
        """
    )


def make_ranking(ranks, lows):
    return pd.DataFrame(
        {
            "strategy": ["a", "b", "c"],
            "rank": ranks,
            "rank_low": lows,
            "ranked_by": "test regret",
            "ranked_points_mean": 0.004,
            "ranked_points_mean_low": 0.0,
            "ranked_points_mean_high": 1.25,
        }
    )


@pytest.mark.parametrize(
    "ranks, lows, words",
    [
        ([1, 2, 3], [1, 2, 2], "a leads .*; no other strategy's rank interval reaches"),
        ([1, 2, 3], [1, 1, 1], "a leads .*; the runs do not tell b and c apart"),
        ([1.5, 1.5, 3], [1, 1, 3], "a and b lead together .*; no other strategy's"),
        ([2, 2, 2], [1, 1, 1], r"a, b and c lead together .* 1\.25\)\.$"),
    ],
)
def test_the_verdict_says_who_leads_and_who_may_be_as_good(ranks, lows, words):
    said = verdict(make_ranking(ranks, lows))
    assert re.match(words, said)
    assert "of < 0.01 points (95 % interval 0.00 to 1.25)" in said


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0.00"),
        (1e-17, "0.00"),
        (-1e-17, "0.00"),
        (0.004, "< 0.01"),
        (1.234, "1.23"),
        (np.nan, "–"),
    ],
)
def test_points_are_worded_with_two_decimals(value, text):
    assert points(value) == text


def test_the_rules_are_worded_for_every_setting():
    worded = {
        str(rules(RunSettings(Budget(9.5, "seconds"), repeats, fidelity, noise), 3))
        for repeats in ("charged", "free")
        for fidelity in ("resume", "restart")
        for noise in ("mean", "trial")
    }
    assert len(worded) == 8
    assert all("9.5 simulated CPU seconds per run" in text for text in worded)
