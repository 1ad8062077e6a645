"""The statistics of a site: what `leaderboards.measures` says, on page and in CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from leaderboards.measures import (
    Claim,
    curves_of,
    expected_running_time,
    hitting_times,
    improvement_matrix,
    score_profile,
    sequential_check,
    target_ecdf,
)
from leaderboards.measures.target_ecdf import TARGETS
from leaderboards.site import SiteBoard, write_site
from leaderboards.site.pair_data import pair_matrix, pair_rows
from leaderboards.site.profile_data import profiles
from leaderboards.site.scopes import scopes_of

STRATEGIES, SEEDS, EVALUATIONS = ("random", "slow", "quick"), 6, 10
BENCHMARKS = tuple(f"b{number}" for number in range(6))


def board_of(benchmarks, known=True):
    """Return a board in which quick always ends best, slow second, random last."""
    rng = np.random.default_rng(0)
    rows = []
    for name in benchmarks:
        for place, strategy in enumerate(STRATEGIES):
            for seed in range(SEEDS):
                regret = np.minimum.accumulate(rng.random(EVALUATIONS) / 25)
                regret = np.round(regret + (2 - place) / 20, 4)
                for number, one in enumerate(regret, 1):
                    best = one if known else np.nan
                    spent = (number, 3 * number, 0.5 * number)
                    accuracies = (0.9 - one, 0.9 - one, best, best)
                    rows.append((name, strategy, seed, *spent, f"a{one}", *accuracies))
    columns = ["benchmark", "strategy", "seed", "evaluations", "epochs", "seconds"]
    columns += ["incumbent", "incumbent_validation_accuracy", "incumbent_test_accuracy"]
    columns += ["validation_regret", "test_regret"]
    kinds = dict.fromkeys(("benchmark", "strategy", "incumbent"), "category")
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def written(folder, board):
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    walks = pd.DataFrame(columns=columns)
    write_site(SiteBoard("A board", board, walks, "evaluations"), folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("six"), board_of(BENCHMARKS))


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    return written(tmp_path_factory.mktemp("one"), board_of(["b0"]))


@pytest.fixture(scope="module")
def unknown_best(tmp_path_factory):
    board = board_of(["b0"], known=False)
    return written(tmp_path_factory.mktemp("unknown"), board)


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / "csv" / name).read_text())))


def given(folder):
    text = (folder / "data" / "statistics.js").read_text()
    return json.loads(re.fullmatch(r'NASBENCH\.give\("[^"]+",(.*)\);\n', text)[1])


def page_of(folder, name="statistics"):
    text = (folder / f"{name}.html").read_text()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def scope_rows(folder, name, **wanted):
    return [
        row
        for row in rows_of(folder, name)
        if all(row[key] == value for key, value in wanted.items())
    ]


def test_pairs_are_those_of_the_improvement_matrix(folder):
    curves = curves_of(board_of(BENCHMARKS)).only(benchmarks=["b1"])
    known = improvement_matrix(curves, np.random.default_rng(0))
    rows = scope_rows(folder, "pairs.csv", scope="b1")
    assert len(rows) == 6
    for row in rows:
        i, j = (curves.strategy_index(row[key]) for key in ("strategy", "against"))
        assert float(row["chance"]) == pytest.approx(known.value[i, j], abs=1e-6)
        assert float(row["chance_low"]) == pytest.approx(known.low[i, j], abs=1e-6)
        assert float(row["p_value_holm"]) <= 1
    together = scope_rows(folder, "pairs.csv", scope="all 6 benchmarks")
    assert {row["p_value_holm"] for row in together} == {""}


def test_the_matrix_of_the_page_puts_the_winner_first_and_says_how_sure(folder):
    (scope, *_) = scopes_of(board_of(["b0"]), "evaluations", "test_regret")
    rows = pair_rows(pair_matrix(scope))
    assert [name for name, _ in rows] == ["quick", "slow", "random"]
    best = rows[0][1]
    assert best[0].text == best[0].title == ""
    assert (best[2].text, best[2].small) == ("100", "100–100")
    assert best[2].sure
    assert best[2].shade == 1
    assert "quick ends better than random in 100.0 % (100–100 %)" in best[2].title


def test_profiles_are_score_profiles_and_end_at_one(folder):
    rows = scope_rows(folder, "profiles.csv", scope="b0", strategy="slow")
    levels = np.array([float(row["level_points"]) for row in rows])
    curves = curves_of(board_of(BENCHMARKS)).only(benchmarks=["b0"])
    known = score_profile(curves, levels / 100 + 1e-9, np.random.default_rng(0))
    place = curves.strategy_index("slow")
    for column, values in (("share", known.value), ("share_high", known.high)):
        told = [float(row[column]) for row in rows]
        assert told == pytest.approx(values[place].tolist(), abs=1e-4)
    assert float(rows[0]["share"]) == 0
    for one in given(folder)["profiles"]:
        for line in one["lines"].values():
            assert line["value"] == sorted(line["value"])
            assert line["value"][-1] == 1 or one["scope"].startswith("all")


def test_a_level_at_which_runs_lie_counts_them():
    board = board_of(["b0"])
    board["test_regret"] = 1 / 3
    (scope,) = scopes_of(board, "evaluations", "test_regret")
    (found,) = profiles([scope])
    assert found.parts["value"][:, -1].tolist() == [1.0, 1.0, 1.0]


def test_shares_of_targets_are_ecdfs_in_every_unit(folder):
    curves = curves_of(board_of(BENCHMARKS))
    hits = hitting_times(curves, TARGETS)
    kinds = ["evaluations", "evaluations with restarts", "epochs", "seconds"]
    figures = [f for f in given(folder)["targets"] if f["scope"] == "all 6 benchmarks"]
    assert [one["kind"] for one in figures] == kinds
    known = target_ecdf(hits, figures[0]["grid"])
    for name, line in figures[0]["lines"].items():
        place = curves.strategy_index(name)
        assert line["value"] == pytest.approx(known[place].tolist(), abs=1e-4)
    within, restarted = (one["lines"]["slow"]["value"] for one in figures[:2])
    assert restarted[-1] >= within[-1]
    ends = {one["lines"]["slow"]["value"][-1] for one in (figures[0], figures[2])}
    assert len(ends) == 1  # as many epochs as evaluations say the same
    assert figures[1]["grid"][-1] == 10 * figures[0]["grid"][-1]


def test_running_times_are_expected_ones_with_what_was_never_reached(folder):
    curves = curves_of(board_of(BENCHMARKS)).only(benchmarks=["b2"])
    hits = hitting_times(curves, [0.02])
    known = expected_running_time(hits, np.random.default_rng(0))
    wanted = {"benchmark": "b2", "unit": "evaluations", "target_points": "2.000000"}
    rows = scope_rows(folder, "running-times.csv", **wanted)
    for row in rows:
        i = curves.strategy_index(row["strategy"])
        assert float(row["expected"]) == pytest.approx(known.value[i, 0, 0], abs=1e-6)
        assert int(row["reached"]) == hits.reached[i].sum()
    assert {row["expected"] for row in rows if row["reached"] == "0"} == {"inf"}
    assert "∞" in page_of(folder)


def test_claims_are_sequential_checks_of_the_best(folder):
    curves = curves_of(board_of(BENCHMARKS))
    rows = scope_rows(folder, "claims.csv", benchmark="b3")
    assert [(row["better"], row["worse"]) for row in rows] == [
        ("quick", "slow"),
        ("quick", "random"),
    ]
    for row in rows:
        claim = Claim("quick", row["worse"], "b3", level=0.025)
        check = sequential_check(curves, claim)
        assert int(row["wins"]) == check.wins[-1]
        decided = int(row["decided_after"]) if row["decided_after"] else None
        assert decided == check.decided_after
        assert float(row["p_value_anytime"]) == pytest.approx(check.p_value, abs=1e-6)
    assert int(rows[1]["seeds_for_power_80"]) <= SEEDS


def test_strategies_that_share_the_best_mean_are_named(tmp_path):
    board = board_of(["b0"])
    board.loc[:, ["test_regret", "validation_regret"]] = 0.01
    said = page_of(written(tmp_path, board))
    assert "random , which shares the best mean with slow, quick, wins" in said
    assert {row["wins"] for row in rows_of(tmp_path, "claims.csv")} == {"0"}


def test_tests_across_benchmarks_are_told_beside_the_diagram(folder):
    for name in ("index", "statistics"):
        said = page_of(folder, name)
        # Three strategies, six benchmarks, always the same order: chi-square is 12.
        assert "12.00 with 2 degrees of freedom, p = 0.0025" in said
        assert "Not told apart by Nemenyi" in said
        assert "Not told apart by Wilcoxon with Holm" in said
    rows = {row["test"]: row for row in rows_of(folder, "tests.csv")}
    assert float(rows["Friedman"]["statistic"]) == pytest.approx(12)
    # q(0.05; 3) = 2.343 of Demsar's table, times sqrt(3 * 4 / (6 * 6)).
    assert float(rows["Nemenyi"]["statistic"]) == pytest.approx(1.353, abs=1e-3)
    assert rows["Wilcoxon-Holm"]["reason"].endswith("no power")
    ranks = rows_of(folder, "ranks.csv")
    assert [row["strategy"] for row in ranks] == ["quick", "slow", "random"]
    assert [float(row["mean_rank"]) for row in ranks] == [1, 2, 3]
    assert [float(row["rank:b4"]) for row in ranks] == [1, 2, 3]


def test_one_benchmark_has_no_ranks_across_and_the_page_says_so(single):
    for name in ("index", "statistics"):
        assert "This board has one benchmark." in page_of(single, name)
    assert not (single / "csv" / "ranks.csv").exists()
    assert {row["scope"] for row in rows_of(single, "pairs.csv")} == {"b0"}


def test_errors_count_from_the_best_that_was_found(unknown_best):
    said = page_of(unknown_best)
    assert "above the best that any run found" in said
    assert "final test error, points" in json.dumps(given(unknown_best))
    wanted = {"unit": "evaluations", "target_points": "0.000000"}
    rows = scope_rows(unknown_best, "running-times.csv", **wanted)
    reached = {row["strategy"]: int(row["reached"]) for row in rows}
    assert reached["quick"] >= 1
    assert reached["random"] == reached["slow"] == 0


def test_one_strategy_has_no_claims(tmp_path):
    board = board_of(["b0"])
    board = board[board["strategy"] == "random"]
    written(tmp_path, board)
    assert not (tmp_path / "csv" / "claims.csv").exists()
    assert 'id="claims"' not in (tmp_path / "statistics.html").read_text()
