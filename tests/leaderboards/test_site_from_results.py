"""The page of a board that was made from a manifest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import pytest

from leaderboards.boards.make_board import make_board
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.results import read_results
from leaderboards.site import write_site
from leaderboards.site.from_results import site_of_results
from nasbench.benchmark import make
from nasbench.cli.report import report_command

NAME = "cell201-mini-digits-v1"
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
    assert sources["Checked by"] == "nasbench board verify two"
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
