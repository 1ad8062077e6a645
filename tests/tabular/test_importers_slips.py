"""Slips of the hand in published files: none becomes another number."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from tabular.importers import PublishedTable, import_csv
from tabular.importers.mapping import parse_mapping

SPACE = make_space("cell201-mini")
MAPPING = """
name = "mine"
space = "cell201-mini"
task = "t"
epochs = 3
source = "s"
licence = "l"
protocol = "p"
[architecture]
column = "cell"
[skeleton]
image_channels = 1
height = 8
width = 8
classes = 10
channels = 4
cells_per_stage = 1
[[metric]]
column = "acc"
quantity = "accuracy"
split = "validation"
epochs = 3
unit = "%"
"""


def imported(folder: Path, value: str = "61.5", **how: str) -> PublishedTable:
    """Import a table whose fourth row has this value."""
    values = ["60", "70.25", "8e1", value, *["50"] * (SPACE.size - 4)]
    rows = [f"{SPACE.format(c)},{v}" for c, v in zip(SPACE, values, strict=True)]
    text = how.get("start", "") + "\n".join(["cell,acc", *rows])
    path = folder / "t.csv"
    path.write_bytes(text.replace("\n", how.get("end", "\n")).encode())
    out = folder / "new" / "folder" / "t.h5"
    out.unlink(missing_ok=True)
    return import_csv(path, parse_mapping(MAPPING, "m.toml"), out)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_marks_of_other_systems_say_nothing(tmp_path, start, end) -> None:
    """The folder of the table is made, too."""
    plain = imported(tmp_path)
    assert imported(tmp_path, start=start, end=end).digest == plain.digest


@pytest.mark.parametrize(
    "value, said",
    [
        ('"61,5"', "decimals have a point here, no comma"),
        ("6_1", "no finite number"),
        ("\u0666\u0661", "no finite number"),
        ("61.5 %", "no finite number"),
        ("nan", "no finite number"),
        ("-1", "outside 0 to 100 %"),
        ("100.1", "outside 0 to 100 %"),
    ],
)
def test_what_is_no_number_is_named_with_file_and_line(tmp_path, value, said) -> None:
    with pytest.raises(NasbenchError, match=f"t.csv, line 5: .*{said}"):
        imported(tmp_path, value)
    assert [each.name for each in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("height = 8", "height = -1", "'height' of .skeleton. is 1 or more, not -1"),
        ("classes = 10", "classes = 0", "'classes' of .skeleton. is 1 or more, not 0"),
        ('"cell201-mini"', '"cell210"', "unknown space 'cell210'"),
    ],
)
def test_a_mapping_is_refused_with_its_name(old, new, said) -> None:
    with pytest.raises(NasbenchError, match=f"mapping m.toml: {said}"):
        parse_mapping(MAPPING.replace(old, new), "m.toml")
