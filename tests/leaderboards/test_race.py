"""A race shows at every moment what had ended by then, and nothing more."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from leaderboards import RunSettings, simulate
from leaderboards.race import Race
from nasbench.cli import main
from nasbench.cli.live import frame, sparkline
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from strategies import LocalSearch, RandomSearch


@pytest.fixture
def race(small_table):
    settings = RunSettings(Budget(20))
    runs = [simulate(s, small_table, settings, 0) for s in (RandomSearch, LocalSearch)]
    return Race.of(small_table, runs)


def test_a_standing_is_what_had_ended_at_that_moment(race):
    run = race.runs["RandomSearch"]
    for moment in (0.0, *run.finished[[0, 4, 11]], run.finished[4] + 1e-6, race.end):
        ended = int((run.finished <= moment).sum())
        (row,) = [r for r in race.standings(moment) if r.name == "RandomSearch"]
        assert row.evaluations == ended
        assert row.finished == (ended == len(run))
        if ended:
            best = int(np.argmax(run.validation_accuracy[:ended]))
            assert row.accuracy == run.validation_accuracy[best]
            assert row.architecture == tuple(run.architectures[best].tolist())
        else:
            assert np.isnan(row.accuracy)
            assert row.architecture is None


def test_the_leader_stands_first_and_curves_never_fall(race):
    for moment in np.linspace(0, race.end, 7):
        accuracies = [row.accuracy for row in race.standings(moment)]
        known = [one for one in accuracies if one == one]
        assert known == sorted(known, reverse=True)
        for name in race.runs:
            curve = race.curve(name, max(moment, 1e-9), 12)
            assert (np.diff(curve[np.isfinite(curve)]) >= 0).all()


def test_a_frame_shows_every_runner(race, small_table):
    file = io.StringIO()
    Console(file=file, width=200).print(frame(race, small_table.space, race.end))
    shown = file.getvalue()
    assert "RandomSearch" in shown
    assert "LocalSearch" in shown
    assert shown.count("done") == 2


def test_a_sparkline_spans_its_range():
    assert sparkline(np.array([np.nan, 0.0, 0.5, 1.0, 2.0]), 0.0, 1.0) == " ▁▅██"


def test_a_strategy_races_once_and_somebody_must(race, small_table):
    with pytest.raises(NasbenchError, match="at least one strategy"):
        Race.of(small_table, [])
    with pytest.raises(NasbenchError, match="every strategy once"):
        Race.of(small_table, [*race.runs.values(), *race.runs.values()])


def test_without_a_terminal_the_command_prints_the_end(small_table, capsys):
    words = ["live", str(small_table.path), "--evaluations", "9"]
    assert main([*words, "--strategy", "random", "--strategy", "local"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["strategy", "trained"]
    assert {line.split()[0] for line in lines[1:]} == {"random", "local"}


def test_a_race_of_no_length_is_refused(small_table, capsys):
    assert main(["live", str(small_table.path), "--seconds", "-1"]) == 2
    assert "0 or more, not -1" in capsys.readouterr().err
