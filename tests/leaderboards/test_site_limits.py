"""What the pages say of limits, of several objectives, and of what is ranked by."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from leaderboards import RunSettings, compare
from leaderboards.fronts.permitted import best_permitted
from leaderboards.report import BenchmarkFacts, write_report
from leaderboards.report.wording import quantity, rules
from leaderboards.site import SiteBoard
from leaderboards.site.views import SiteViews
from nasbench.benchmark import make
from nasbench.search import VALIDATION_ACCURACY, Budget, Constraint, Objective
from strategies import RandomSearch

NAME = "cell201-mini-digits-v1"
LIMITS = (Constraint("flops", 1e6),)
SETTINGS = RunSettings(Budget(8), constraints=LIMITS)


@pytest.fixture(scope="module")
def table():
    return make(NAME)


@pytest.fixture(scope="module")
def board(table):
    return compare({"random": RandomSearch}, [table], SETTINGS, seeds=2)


def test_the_rules_name_limits_and_several_objectives():
    plain = dict(rules(RunSettings(Budget(9)), 3))
    assert not {"Limits", "Objectives", "Front"} & set(plain)
    objectives = (VALIDATION_ACCURACY, Objective("latency:x", maximise=False))
    limits = (*LIMITS, Constraint("latency:x", 0.25))
    settings = RunSettings(Budget(9), objectives=objectives, constraints=limits)
    told = dict(rules(settings, 3, "hypervolume"))
    assert "flops<=1000000 (floating-point operations" in told["Limits"]
    assert "latency:x<=0.25 (milliseconds" in told["Limits"]
    assert "validation accuracy (fraction in [0, 1]), large" in told["Objectives"]
    assert "latency:x (milliseconds of one image), small" in told["Objectives"]
    assert "full trainings so far that keep the limits" in told["Front"]
    assert "Incumbent" not in told
    assert "that keep the limits" in dict(rules(settings, 3))["Incumbent"]


@pytest.mark.parametrize(
    "metric, limited, words",
    [
        ("test_regret", False, "Regret is the best mean accuracy of the whole space"),
        ("test_regret", True, "of the architectures that keep the limits minus"),
        ("test_error", False, "Test error is 100 % minus the incumbent's mean test"),
        ("hypervolume", False, "Missed hypervolume is .* the exact front"),
        ("hypervolume", True, "both hold only what keeps the limits"),
    ],
)
def test_what_is_ranked_by_is_defined(metric, limited, words):
    assert re.search(words, " ".join(quantity(metric, limited)))


def test_under_limits_the_best_is_that_of_what_keeps_them(table, board):
    best = best_permitted(table, "test", LIMITS)
    assert best < table.best_accuracy("test")
    whole, limited = BenchmarkFacts.of(table), BenchmarkFacts.of(table, LIMITS)
    assert limited.best_test_accuracy == best
    found = whole.under_limits(board)
    assert found.best_test_accuracy == pytest.approx(best, abs=1e-12)
    assert limited.under_limits(board) is limited
    unknown = board.assign(test_regret=float("nan"))
    assert whole.under_limits(unknown).best_test_accuracy is None


def test_the_page_of_a_comparison_shows_the_best_that_regret_is_to(
    table, board, tmp_path
):
    write_report(board, tmp_path, SETTINGS, [BenchmarkFacts.of(table)])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    best = 100 * best_permitted(table, "test", LIMITS)
    assert f"Best mean test accuracy under the limits</dt><dd>{best:.2f} %" in page
    assert "of the architectures that keep the limits minus" in page
    assert "<dt>Limits</dt><dd>flops&lt;=1000000" in page


def test_a_site_of_limits_shows_the_best_that_regret_is_to(table, board):
    site = SiteBoard(
        title="Limits",
        board=board,
        walks=board[:0],
        unit="evaluations",
        facts=(BenchmarkFacts.of(table),),
        constraints=LIMITS,
    )
    best = f"{100 * best_permitted(table, 'test', LIMITS):.2f} %"
    (section,) = SiteViews(site).board_page(False)["sections"]
    assert dict(section["facts"])["Best mean test accuracy under the limits"] == best
    (section,) = SiteViews(replace(site, constraints=())).board_page(False)["sections"]
    assert dict(section["facts"])["Best mean test accuracy"] != best
