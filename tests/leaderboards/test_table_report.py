"""The page of a table: reproducible to the byte, whole, escaped, without a network."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from altered_tables import altered, with_seeds, without_trials

from leaderboards.table_report import write_table_report
from nasbench.errors import NasbenchError
from tabular import Table
from tabular.analysis import analyse
from tabular.analysis.as_json import to_json
from tabular.analysis.sections import sections

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
VOID = {"meta", "img", "source", "br", "link"}


class Texts(HTMLParser):
    """Checks that tags are balanced, and keeps attributes and texts."""

    def __init__(self, page):
        super().__init__()
        self.stack, self.attributes, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def write(table, folder):
    return write_table_report(table, analyse(table), folder)


def page_of(table, folder):
    return write(table, folder)[0].read_text(encoding="utf-8")


def figures(page):
    return re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", page)


@pytest.fixture(scope="module")
def shipped():
    return Table.open(SHIPPED)


@pytest.fixture(scope="module")
def written(shipped, tmp_path_factory):
    """The files of the table that ships; drawing them takes seconds."""
    return write(shipped, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(written):
    return written[0].read_text(encoding="utf-8")


def test_the_same_table_gives_the_same_bytes(shipped, written, tmp_path):
    first = [path.read_bytes() for path in written]
    second = [path.read_bytes() for path in write(shipped, tmp_path / "b")]
    assert first == second
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert names == {"index.html", "analysis.json"}


def test_the_page_shows_every_number_of_the_sections(shipped, page):
    texts = {" ".join(text.split()) for text in Texts(page).texts}
    for section in sections(analyse(shipped)):
        assert section.title in texts
        if section.key != "histogram":  # which is drawn
            for row in section.rows:
                assert {" ".join(cell.split()) for cell in row} <= texts
    assert shipped.digest in texts


def test_the_page_needs_nothing_but_itself(page):
    for tag, name, value in Texts(page).attributes:
        if name in ("src", "srcset"):
            assert value.startswith("data:image/png;base64,"), tag
        if name == "href":
            assert value == "analysis.json"
    without_images = re.sub(r"data:image[^\"]*", "", page)
    assert "http" not in without_images
    assert "<script" not in page


def test_every_figure_has_a_light_and_a_dark_form_and_words(page):
    images = figures(page)
    assert len(images) == len(set(images)) == 10
    assert all(base64.b64decode(i).startswith(b"\x89PNG") for i in images)
    words = [v for tag, name, v in Texts(page).attributes if name == "alt"]
    assert len(words) == 5
    assert all(len(text) > 20 for text in words)


def test_the_page_looks_like_the_boards(page):
    board = (files("leaderboards.report") / "templates" / "board.html").read_text()
    style = re.search(r"<style>\n(.*?)</style>", board, re.DOTALL)[1]
    assert style.strip() in page


def test_the_json_beside_it_is_the_analysis(shipped, written):
    path = written[1]
    assert json.loads(path.read_text()) == json.loads(to_json(analyse(shipped)))


def test_partial_and_one_seed_tables_have_a_page_with_fewer_figures(tmp_path):
    def cut(arrays):
        missing = arrays["trials/status"] > 0
        missing[1:9] = False
        without_trials(arrays, missing)

    partial = altered(SHIPPED, tmp_path / "partial.h5", cut)
    one = with_seeds(SHIPPED, tmp_path / "one.h5", (0,))
    assert len(figures(page_of(partial, tmp_path / "a"))) == 8
    assert len(figures(page_of(one, tmp_path / "b"))) == 8


def test_names_are_escaped(tmp_path):
    copy = Path(shutil.copy(SHIPPED, tmp_path / "a<b>&amp;$x$_.h5"))
    page = page_of(Table.open(copy), tmp_path / "page")
    assert "a<b>&amp;$x$_" in Texts(page).texts
    assert "<b>" not in page


def test_without_the_libraries_the_extra_is_named(tmp_path):
    program = f"""
import sys
from pathlib import Path
sys.modules[sys.argv[1]] = None
from nasbench.errors import NasbenchError
from tabular import Table
from tabular.analysis import analyse
from leaderboards.table_report import write_table_report
table = Table.open({str(SHIPPED)!r})
try:
    write_table_report(table, analyse(table), Path({str(tmp_path)!r}))
except NasbenchError as error:
    assert "nasbench-suite[report]" in str(error)
else:
    raise SystemExit("it should have been missed")
"""
    for library in ("matplotlib.figure", "jinja2"):
        subprocess.run([sys.executable, "-c", program, library], check=True)


def test_a_folder_that_cannot_be_made_is_refused(shipped, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NasbenchError, match="file/page"):
        write(shipped, tmp_path / "file" / "page")
