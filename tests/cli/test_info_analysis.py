"""``nasbench info TABLE --analysis`` and ``--card`` as a user types them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from altered_tables import altered, with_seeds, without_trials

from nasbench.cli import main
from tabular import Table
from tabular.analysis import analyse
from tabular.analysis.card import render_card
from tabular.analysis.sections import sections

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))


@pytest.fixture
def mini(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(SHIPPED, tmp_path / "mini.h5"))


@pytest.fixture
def run(capsys):
    def command(*words):
        code = main(["info", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def refused(said, *parts):
    code, out, err = said
    assert (code, out) == (2, "")
    assert err.startswith("nasbench: ")
    assert len(err.strip().splitlines()) == 1
    for part in parts:
        assert part in err


def test_every_cell_of_the_analysis_is_printed(run, mini):
    code, out, err = run("mini.h5", "--analysis")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for section in sections(analyse(Table.open(mini))):
        assert section.title in lines
        for row in section.rows:
            assert " ".join(" ".join(row).split()) in lines


def test_json_is_one_line_that_other_programs_read(run, mini):
    code, out, _ = run("mini.h5", "--analysis", "--json", "--against", "mini.h5")
    assert code == 0
    assert len(out.strip().splitlines()) == 1
    found = json.loads(out)
    assert found["facts"]["digest"] == Table.open(mini).digest
    assert found["test"]["seed_means"][0]["tau_best"] == pytest.approx(0.093, abs=1e-3)
    assert found["against"][0]["validation"]["tau"] == 1


def test_other_tables_are_given_by_path_or_id(run, mini):
    mini.rename("a.h5")
    shutil.copy("a.h5", "b.h5")
    words = ("--against", "b.h5", "--against", "cell201-mini-digits-v1")
    code, out, _ = run("a.h5", "--analysis", *words)
    assert code == 0
    for name in ("b", "cell201-mini-digits-v1"):
        assert f"validation to {name}" in out
        assert f"test to {name}" in out


def test_a_page_is_written_and_named(run, mini):
    code, out, _ = run("mini.h5", "--analysis", "--page", "page")
    assert code == 0
    assert "wrote page/index.html, page/analysis.json" in out
    assert "<h1>mini</h1>" in Path("page/index.html").read_text(encoding="utf-8")
    stored = json.loads(Path("page/analysis.json").read_text())
    words = ("mini.h5", "--analysis", "--json", "--page", "again")
    assert json.loads(run(*words)[1]) == stored
    assert Path("again/index.html").exists()


def test_the_card_is_printed_as_it_is_kept(run, mini):
    code, out, _ = run("mini.h5", "--card")
    assert code == 0
    assert out == render_card(Table.open(mini))


def test_a_pilot_of_some_classes_is_analysed(run, mini):
    def cut(arrays):
        missing = arrays["trials/status"] > 0
        missing[10:30] = False
        without_trials(arrays, missing)

    altered(mini, Path("pilot.h5"), cut)
    code, out, _ = run("pilot.h5", "--analysis")
    assert code == 0
    assert "20 of 60 classes" in out
    assert "None: a landscape needs an accuracy of every class" in out
    assert run("pilot.h5", "--card")[0] == 0


def test_one_seed_says_what_needs_more(run, mini):
    with_seeds(mini, Path("one.h5"), (2,))
    code, out, _ = run("one.h5", "--analysis")
    assert code == 0
    assert "take complete trainings from two seeds" in " ".join(out.split())
    assert "the table has the seeds 2" in " ".join(out.split())


def test_options_that_do_not_go_together_are_refused(run, mini):
    refused(run("mini.h5", "--json"), "--analysis")
    refused(run("mini.h5", "--page", "page"), "--analysis")
    refused(run("mini.h5", "--against", "mini.h5"), "--analysis")
    refused(run("mini.h5", "--card", "--analysis"), "not both")
    refused(run("mini.h5", "--analysis", "--page", ""), "give one for the page")
    Path("file").touch()
    refused(run("mini.h5", "--analysis", "--page", "file/page"), "file/page")
    refused(run("mini.h5", "--analysis", "--against", "nowhere.h5"), "nowhere.h5")
    assert not Path("page").exists()


def test_plain_info_loads_no_statistics(mini):
    program = (
        "import sys; from nasbench.cli import main; code = main(['info', 'mini.h5']); "
        "heavy = {'tabular.analysis', 'scipy.stats', 'matplotlib'}; "
        "assert not heavy & set(sys.modules); sys.exit(code)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
