"""README and docs are executed: Python blocks run, commands print what is shown.

In a ``console`` block, a line that starts with ``$ `` is a command and the lines
below it are its output; ``...`` stands for anything. Commands of ``nasbench`` are run,
but for builds, which take minutes; other commands are not. The commands find the table
that ships as ``mini.h5``.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from nasbench.cli import main

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACKAGES = ("nasbench", "tabular", "surrogates", "strategies", "leaderboards")


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(path: Path) -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(path.read_text(encoding="utf-8"))]


@pytest.fixture(autouse=True)
def _folder_with_the_table_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    shipped = files("tabular") / "data" / "cell201-mini-digits-v1.h5"
    shutil.copy(str(shipped), tmp_path / "mini.h5")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks_run_from_top_to_bottom(path: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(path):
        if block.language == "python":
            exec(compile(block.text, path.name, "exec"), names)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_print_what_is_shown(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checker = doctest.OutputChecker()
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for block in blocks(path):
        if block.language != "console":
            continue
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            line, _, expected = part.replace("\\\n", " ").partition("\n")
            words = shlex.split(line)
            if words[0] != "nasbench" or words[1] == "build":
                continue
            code = main(words[1:])
            captured = capsys.readouterr()
            shown = captured.out if code == 0 else captured.err
            if expected.strip():
                assert checker.check_output(expected, shown, flags), (
                    f"{path.name}: {line}\nshows\n{expected}\nprints\n{shown}"
                )


def test_examples_in_docstrings_are_true() -> None:
    attempted = 0
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            result = doctest.testmod(importlib.import_module(found.name))
            assert result.failed == 0, found.name
            attempted += result.attempted
    assert attempted > 0


def test_every_document_is_reached_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in DOCUMENTS[1:]:
        assert str(path.relative_to(ROOT)) in text


def headings(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as they are made on the web."""
    text = BLOCK.sub("", path.read_text(encoding="utf-8"))
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in found}


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            if "://" in target:
                continue
            there = path.parent / target if target else path
            assert there.exists(), f"{path.name}: {link}"
            assert not anchor or anchor in headings(there), f"{path.name}: {link}"


def test_files_that_documents_name_are_there() -> None:
    for path in DOCUMENTS:
        for name in re.findall(r"`([\w./-]+/[\w./-]*)`", path.read_text("utf-8")):
            if name.split("/")[0] in (*PACKAGES, "docs", "examples", "tests"):
                assert (ROOT / name).exists(), f"{path.name}: {name}"
