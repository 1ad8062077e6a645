"""Tables in the documents on searches are what the commands beside them print."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs"
REFRESH = runpy.run_path(str(FOLDER / "refresh_tables.py"))
DOCUMENTS = list(REFRESH["documents"]())
SLOW = {"surrogates.md"}
"""Their commands take more than a minute."""


def test_there_are_tables() -> None:
    names = {path.name for path in DOCUMENTS}
    assert {"weight-sharing.md", "inherited-weights.md", "proxies.md"} <= names
    assert names >= SLOW


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow if path.name in SLOW else ())
        for path in DOCUMENTS
    ],
    ids=lambda path: path.name,
)
def test_tables_are_those_of_what_ships(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made, _ = REFRESH["refreshed"](text)
    assert made == text, "run python docs/refresh_tables.py"
    assert "| --- |" in made


def test_a_table_that_is_not_there_is_left_and_said() -> None:
    text = "<!-- nasbench judge --table none-v9 -->\n| a |\n<!-- end -->\n"
    made, left = REFRESH["refreshed"](text)
    assert made == text
    assert len(left) == 1
    assert "none-v9" in left[0]
