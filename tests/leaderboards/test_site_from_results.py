"""The page of a board that was made from a manifest."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from leaderboards.boards.make_board import make_board
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.published import results_of
from leaderboards.boards.results import read_results
from leaderboards.site import write_site
from leaderboards.site.from_results import site_of_results
from nasbench.benchmark import make
from nasbench.cli.report import report_command
from nasbench.errors import NasbenchError

NAME = "cell201-mini-digits-v1"
SHIPPED = Path(str(files("tabular") / "data" / f"{NAME}.h5"))
MANIFEST = f"""
format = 1
title = "Accuracy and FLOPs"
about = "A test."
seeds = 3
strategies = ["nsga2(population_size=4)", "random"]

[benchmarks]
{NAME} = ""

[budget]
evaluations = 12

[rules]
objectives = ["accuracy", "flops"]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    path = folder / "two.toml"
    path.write_text(MANIFEST)
    write_pins(read_manifest(path))
    make_board(read_manifest(path), folder / "results" / "two")
    return read_results(folder / "results" / "two")


def test_sources_trace_the_board_to_its_manifest_and_digests(results):
    site = site_of_results(results)
    sources = dict(site.sources)
    manifest = site.files["manifest.toml"]
    digest = hashlib.sha256(manifest).hexdigest()
    assert sources["SHA-256 of the manifest"] == digest
    assert sources["Checked by"] == "nasbench board verify two.toml"
    assert site.facts[0].digest == make(NAME).spec.digest
    assert site.metric == "hypervolume"
    assert set(site.benchmarks) == {NAME}


def test_walks_and_fronts_name_architectures_by_their_text_form(results):
    site = site_of_results(results)
    space = make(NAME).space
    for text in {*site.walks["architecture"], *site.fronts["architecture"]}:
        assert space.format(space.parse(text)) == text
    assert len(site.walks) == 2 * 12


def test_the_command_writes_the_page_with_fronts(results, tmp_path, capsys):
    report_command(str(results.folder), out=tmp_path / "site")
    assert capsys.readouterr().out.strip() == str(tmp_path / "site" / "index.html")
    page = (tmp_path / "site" / "index.html").read_text()
    assert "Mean missed hypervolume" in page
    assert "<b>Missed hypervolume</b> is what the front of a run lacks" in page
    assert "<dt>Objectives</dt><dd>validation accuracy" in page
    assert "<b>Regret</b>" not in page
    assert "<dt>Incumbent</dt>" not in page
    text = (tmp_path / "site" / "data" / "fronts.js").read_text()
    fronts = json.loads(re.fullmatch(r'NASBENCH\.give\("fronts",(.*)\);\n', text)[1])
    assert fronts["objectives"] == [
        "validation accuracy (%)",
        "flops (floating-point operations of one image)",
    ]
    assert fronts["benchmarks"][0]["exact"]


def test_a_benchmark_with_other_numbers_has_no_explorer_and_the_page_says_so(
    results, tmp_path
):
    other = results.benchmarks.assign(digest="0" * 64)
    site = site_of_results(replace(results, benchmarks=other))
    assert not site.benchmarks
    assert site.walks.empty
    assert "other numbers" in dict(site.sources)[NAME]
    write_site(site, tmp_path)
    assert not list(tmp_path.glob("explorer-*"))
    assert "other numbers" in (tmp_path / "index.html").read_text()


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The manifest of a board of one's own, its table beside it."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(SHIPPED, folder / "mine.h5")
    path = folder / "own.toml"
    text = MANIFEST.replace(NAME, '"mine.h5"').replace(
        "nsga2(population_size=4)", "local"
    )
    limits = text.replace(
        'objectives = ["accuracy", "flops"]', 'constraints = ["flops<=1M"]'
    )
    path.write_text(limits)
    write_pins(read_manifest(path))
    make_board(read_manifest(path), folder / "results" / "own")
    return path


def test_a_table_beside_the_manifest_has_an_explorer(own, tmp_path, monkeypatch):
    read = read_results(own.parent / "results" / "own")
    assert list(site_of_results(read).benchmarks) == list(
        site_of_results(read, own).benchmarks
    )
    monkeypatch.chdir(own.parent)
    report_command("own.toml", out=tmp_path)
    assert len(list(tmp_path.glob("explorer-*.html"))) == 1
    page = (tmp_path / "index.html").read_text()
    assert "nasbench board run own.toml" in page
    assert "<dt>Limits</dt><dd>flops&lt;=1000000 (" in page
    assert "architectures that keep the limits minus" in page
    best = float(read.benchmarks["best_test_accuracy"].iloc[0])
    assert f"under the limits</dt><dd>{100 * best:.2f} %" in page


def test_a_missing_table_of_ones_own_is_told_at_the_foot(own, tmp_path):
    folder = tmp_path / "results" / "own"
    shutil.copytree(own.parent / "results" / "own", folder)
    told = dict(site_of_results(read_results(folder)).sources)["mine.h5"]
    assert told == "not beside the manifest where this page was written"


def test_an_edited_manifest_is_told_before_its_old_results_are_shown(
    own, tmp_path, capsys
):
    report_command(str(own), out=tmp_path)
    assert not capsys.readouterr().err
    before = own.read_text()
    own.write_text(before + "# edited")
    report_command(str(own), out=tmp_path)
    own.write_text(before)
    said = " ".join(capsys.readouterr().err.split())
    assert "holds the results of another version of" in said


def test_commands_name_a_published_board_by_its_name():
    sources = dict(site_of_results(read_results(results_of("ci-small"))).sources)
    assert sources["Checked by"] == "nasbench board verify ci-small"


@pytest.mark.parametrize("name", ["cmp", "cmp/", "cmp/board.csv", "cmp/index.html"])
def test_the_folder_of_a_comparison_is_no_board(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cmp").mkdir()
    for file in ("board.csv", "index.html"):
        (tmp_path / "cmp" / file).write_text("")
    with pytest.raises(
        NasbenchError, match=r"folder cmp has no manifest\.toml.*compare"
    ):
        results_of(name)


def test_a_file_of_results_is_answered_with_their_folder(own):
    folder = own.parent / "results" / "own"
    with pytest.raises(NasbenchError, match="give their folder"):
        results_of(str(folder / "benchmarks.csv"))


def test_a_folder_does_not_hide_the_published_board_of_its_name(tmp_path, monkeypatch):
    there = results_of("ci-small")
    (tmp_path / "ci-small").mkdir()
    monkeypatch.chdir(tmp_path)
    assert results_of("ci-small") == there
