"""The card beside a table is what the code makes of the table."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from tabular import Table
from tabular.analysis.card import render_card

DATA = Path(str(files("tabular") / "data"))


def test_every_table_that_ships_has_a_card():
    tables = {path.stem for path in DATA.glob("*.h5")}
    assert tables
    assert {path.stem for path in DATA.glob("*.md")} == tables


@pytest.mark.parametrize("card", sorted(DATA.glob("*.md")), ids=lambda path: path.stem)
def test_a_committed_card_is_what_the_table_says(card):
    """If not: nasbench info TABLE --card [--pilot PILOT] > tabular/data/NAME.md.

    The pilot is of the table's name in the folder `pilots`, where there is one.
    """
    table = Table.open(card.with_suffix(".h5"))
    beside = DATA / "pilots" / f"{card.stem}.h5"
    pilot = Table.open(beside) if beside.exists() else None
    assert card.read_text(encoding="utf-8") == render_card(table, pilot)


def test_a_card_holds_what_a_reader_needs_to_trust_a_table():
    table = Table.open(DATA / "cell201-mini-digits-v1.h5")
    card, identity = render_card(table), table.identity
    for needed in (
        identity.task_source,
        identity.task_fingerprint,
        table.digest,
        identity.engine.version,
        identity.engine.instruction_set,
        table.provenance["command"],
        "learning_rate 0.1",
        "CC BY 4.0",
        "Reliability of the mean over its 3 seeds",
    ):
        assert needed in card


def test_tables_in_markdown_have_one_number_of_columns():
    card = render_card(Table.open(DATA / "cell201-mini-digits-v1.h5"))
    for block in re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line) for line in block.splitlines()]
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 2


def test_a_copy_under_another_name_differs_in_the_heading_alone(tmp_path):
    path = DATA / "cell201-mini-digits-v1.h5"
    copy = Path(shutil.copy(path, tmp_path / "mine.h5"))
    ours, theirs = (render_card(Table.open(p)).splitlines() for p in (path, copy))
    assert theirs[0] == "# mine"
    assert ours[1:] == theirs[1:]
