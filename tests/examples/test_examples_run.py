"""Every lesson runs from its top to its end, and ends in a picture."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))


def test_there_are_lessons() -> None:
    assert len(LESSONS) >= 14


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_ends_in_a_picture(
    lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pyplot, "show", lambda: None)
    pyplot.switch_backend("agg")
    try:
        runpy.run_path(str(lesson), run_name="__main__")
    finally:
        pyplot.close("all")
    picture = (tmp_path / f"{lesson.stem}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_alternates_text_and_code(lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    cells = text.split("# %%")[1:]
    assert cells[0].startswith(" [markdown]\n# # ")
    words = [cell for cell in cells if cell.startswith(" [markdown]")]
    assert len(words) >= len(cells) / 2 - 1
    assert all(len(line) <= 88 for line in text.splitlines())
