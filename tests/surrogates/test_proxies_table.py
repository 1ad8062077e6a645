"""Scores in a table: written once, resumed, outside the digest, and ranked."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from nasbench.cli import main
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from surrogates.proxies import make_proxy
from surrogates.proxies.ensemble import log_rank_sum, rank_sum, relative_ranks
from surrogates.proxies.ranking import (
    correlation,
    has_dangling_edge,
    rank_proxies,
    sets_of,
)
from surrogates.proxies.score_settings import ScoreRequest
from surrogates.proxies.score_table import ScoreRun, score_table
from surrogates.proxies.specimen import SpecimenSource, first_batches
from surrogates.proxies.stored import StoredScores, stored_proxies
from tabular import Table
from tabular.build import BuildRequest, build
from tabular.merge import merge
from tabular.proxy_columns import COMPLETE, CONSTANT
from tabular.schema import TableError, TableFile, sealed, write_table
from tabular.verify import verify

QUICK = ScoreRequest(proxies=("params", "l2_norm", "nwot"), seeds=2, batch_size=8)


@pytest.fixture
def path(small_table_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_table_path, tmp_path / "copy.h5"))


@pytest.fixture(scope="session")
def scored_path(small_table_path, digits, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scored") / "scored.h5"
    shutil.copy(small_table_path, path)
    score_table(path, digits, QUICK)
    return path


def left(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_scores_are_those_of_the_table_own_networks(scored_path, digits) -> None:
    table = Table.open(scored_path)
    held = stored_proxies(table)
    assert sorted(held) == sorted(QUICK.proxies)
    recipe = table.identity.recipe
    skeleton = recipe.skeleton(table.identity.image_shape, table.identity.classes)
    shown = first_batches(recipe.cut(digits), range(2), 8)
    source = SpecimenSource(table.space, skeleton, shown)
    for number in (0, 7, 40, 59):
        index = int(table.read("classes/representative")[number])
        architecture = table.space.architecture_at(index)
        for seed in range(2):
            given = source.specimen(architecture, seed)
            for name, columns in held.items():
                expected = make_proxy(name).score(given)
                assert columns.score[number, seed] == expected
        dead = table.space.graph(architecture).is_dead
        assert set(held["nwot"].status[number]) == {CONSTANT if dead else COMPLETE}
    assert (held["nwot"].seconds >= 0).all()
    parameters = table.read("costs/parameters")
    assert np.array_equal(held["params"].score[:, 0], parameters)


def test_the_digest_and_every_answer_stay_what_they_were(
    scored_path, small_table_path
) -> None:
    before, after = Table.open(small_table_path), Table.open(scored_path)
    assert after.digest == before.digest == TableFile(scored_path).contents().digest()
    assert replace(after.spec, id="") == replace(before.spec, id="")
    assert after.to_frame().equals(before.to_frame())
    assert after.provenance == before.provenance
    assert all(finding.passed for finding in verify(scored_path))


def test_provenance_says_what_decided_the_scores(scored_path) -> None:
    said = TableFile(scored_path).proxies()["nwot"].provenance
    needs = json.loads(said["needs"])
    assert needs["mode"] == "train"
    assert needs["weights"] == "trial"
    assert needs["dtype"] == "float32"
    assert said["batch_size"] == "8"
    assert {"torch", "numpy", "instruction_set", "started", "command"} <= set(said)


def test_an_interrupted_run_goes_on_and_ends_with_the_same_scores(
    path, digits, scored_path
) -> None:
    counted: list[int] = []

    def interrupt(done: int, total: int) -> None:
        counted.append(done)
        if done > 30:
            raise KeyboardInterrupt

    with pytest.raises(NasbenchError, match="interrupted: 32 of 60 classes are kept"):
        score_table(path, digits, QUICK, ScoreRun(report=interrupt))
    assert TableFile(path).proxies() == {}
    assert left(path) == ["copy.h5", "copy.h5.proxies"]
    score_table(path, digits, QUICK, ScoreRun(report=lambda n, _: counted.append(n)))
    assert counted == [0, 16, 32, 32, 48, 60]
    assert left(path) == ["copy.h5"]
    expected = TableFile(scored_path).proxies()
    for name, columns in TableFile(path).proxies().items():
        assert np.array_equal(columns.score, expected[name].score)
        assert np.array_equal(columns.status, expected[name].status)


def test_workers_give_the_same_scores(path, digits, scored_path) -> None:
    score_table(path, digits, QUICK, ScoreRun(workers=2))
    expected = TableFile(scored_path).proxies()
    for name, columns in TableFile(path).proxies().items():
        assert np.array_equal(columns.score, expected[name].score)


def test_scores_left_by_other_settings_are_not_mixed_in(path, digits) -> None:
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(NasbenchError, match="interrupted"):
        score_table(path, digits, QUICK, ScoreRun(report=interrupt))
    other = replace(QUICK, batch_size=16)
    with pytest.raises(NasbenchError, match="scores of a run with other settings"):
        score_table(path, digits, other)


def test_a_run_killed_after_it_wrote_the_table_leaves_nothing_for_ever(
    path, digits, monkeypatch
) -> None:
    from surrogates.proxies.score_folder import ScoreFolder

    with monkeypatch.context() as patched:
        patched.setattr(ScoreFolder, "remove", lambda folder: None)
        score_table(path, digits, QUICK)
    assert left(path) == ["copy.h5", "copy.h5.proxies"]
    score_table(path, digits, QUICK)
    assert left(path) == ["copy.h5"]


def test_a_damaged_part_is_named(path, digits) -> None:
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(NasbenchError, match="interrupted"):
        score_table(path, digits, QUICK, ScoreRun(report=interrupt))
    part = path.with_name("copy.h5.proxies") / "classes0-16.npz"
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(NasbenchError, match=r"classes0-16.npz is damaged"):
        score_table(path, digits, QUICK)


def test_what_is_there_is_not_scored_again_and_more_proxies_join_it(
    scored_path, digits, tmp_path
) -> None:
    path = Path(shutil.copy(scored_path, tmp_path / "more.h5"))
    before = path.read_bytes()
    score_table(path, digits, QUICK)
    assert path.read_bytes() == before
    score_table(path, digits, replace(QUICK, proxies=("nwot", "snip")))
    held = TableFile(path).proxies()
    assert sorted(held) == ["l2_norm", "nwot", "params", "snip"]
    old = TableFile(scored_path).proxies()["nwot"]
    assert held["nwot"].provenance == old.provenance


def test_other_settings_need_a_word(scored_path, digits, tmp_path) -> None:
    path = Path(shutil.copy(scored_path, tmp_path / "other.h5"))
    more = replace(QUICK, proxies=("params",), seeds=3)
    with pytest.raises(NasbenchError, match=r"by other settings .*seeds.*--replace"):
        score_table(path, digits, more)
    score_table(path, digits, replace(more, replace=True))
    assert TableFile(path).proxies()["params"].seeds == (0, 1, 2)


@pytest.mark.parametrize(
    "request_, said",
    [
        ({"proxies": ("nwott",)}, "unknown proxy 'nwott'"),
        ({"proxies": ("nwot", "nwot")}, "named twice"),
        ({"proxies": ("a/b",)}, "cannot stand in a table"),
        ({"proxies": ("nwot",), "batch_size": 90}, "has 96 training images"),
    ],
)
def test_wrong_requests_are_said(path, digits, request_, said) -> None:
    with pytest.raises(NasbenchError, match=said):
        score_table(path, digits, ScoreRequest(**request_))
    assert TableFile(path).proxies() == {}


def test_another_task_is_refused(path, digits) -> None:
    with pytest.raises(TableError, match="fingerprint"):
        score_table(path, digits.cut(train=90), QUICK)


def test_damage_to_scores_is_found(scored_path, tmp_path) -> None:
    path = tmp_path / "damaged.h5"
    path.write_bytes(scored_path.read_bytes())
    with h5py.File(path, "r+") as file:
        file["proxies/nwot/score"][3, 1] += 1
    path.write_bytes(sealed(path.read_bytes()))
    with pytest.raises(TableError, match="damaged at proxies/nwot/score"):
        TableFile(path).proxies()
    with pytest.raises(TableError, match="damaged at proxies/nwot/score"):
        verify(path)


def test_a_table_without_proxies_says_how_to_get_them(small_table) -> None:
    with pytest.raises(NasbenchError, match="nasbench proxies score"):
        stored_proxies(small_table)


def test_stored_scores_are_looked_up_by_any_member(scored_path) -> None:
    table = Table.open(scored_path)
    scores = StoredScores(table, ["nwot", "params"])
    held = stored_proxies(table)
    for architecture in table.space:
        number = table.class_number(architecture)
        expected = [held[name].score[number].mean() for name in scores.names]
        assert scores(architecture) == pytest.approx(expected)
        assert scores.cost_seconds(architecture) >= 0
    with pytest.raises(NasbenchError, match="unknown proxy 'nwt'; did you mean 'nwot'"):
        StoredScores(table, ["nwt"])


# Ranking


def test_correlations_are_scipys_and_keep_their_sign(scored_path) -> None:
    table = Table.open(scored_path)
    ranked = {each.proxy: each for each in rank_proxies(table)}
    assert [each.proxy for each in rank_proxies(table)][:3] == [
        *("params", "flops", "depth"),
    ]
    accuracy = table.accuracies(table.read("classes/representative"), "test")
    scores = stored_proxies(table)["nwot"].score.mean(axis=1)
    found = ranked["nwot"].correlations["classes"]
    assert found.count == 60
    assert found.spearman == pytest.approx(spearmanr(scores, accuracy).statistic)
    assert found.kendall == pytest.approx(kendalltau(scores, accuracy).statistic)
    assert correlation(-scores, accuracy).spearman == pytest.approx(-found.spearman)
    assert np.isnan(correlation(np.ones(60), accuracy).spearman)
    best = np.argsort(-accuracy, kind="stable")[:18]
    top = ranked["nwot"].correlations["best 30 %"]
    assert top.spearman == pytest.approx(
        spearmanr(scores[best], accuracy[best]).statistic
    )


def test_no_dangling_edges_is_the_published_set_of_cells() -> None:
    space = make_space("cell201")
    assert sum(not has_dangling_edge(space, cell) for cell in space) == 9445


def test_sets_count_classes_once_and_architectures_each(scored_path) -> None:
    table = Table.open(scored_path)
    accuracy = table.accuracies(table.read("classes/representative"))
    accuracy = accuracy.copy()
    accuracy[5] = np.nan
    sets = sets_of(table.space, accuracy)
    assert len(sets["classes"]) == 59
    assert len(sets["architectures"]) == 125 - int(
        (table.read("classes/class_of") == 5).sum()
    )
    assert set(sets["no dangling edges"]) <= set(sets["architectures"])
    with pytest.raises(NasbenchError, match="at least 3 trained classes, not 0"):
        sets_of(table.space, np.full(60, np.nan))


def test_ensembles_are_means_and_logs_of_ranks() -> None:
    scores = np.array([[1.0, 9.0], [2.0, np.nan], [2.0, 7.0]])
    expected = np.array([[1, 3], [2.5, 1], [2.5, 2]]) / 3
    np.testing.assert_allclose(relative_ranks(scores), expected)
    np.testing.assert_allclose(rank_sum(scores), expected.mean(axis=1))
    np.testing.assert_allclose(log_rank_sum(scores), np.log(expected).sum(axis=1))
    stretched = np.column_stack([scores[:, 0] ** 3, scores[:, 1]])
    np.testing.assert_array_equal(rank_sum(stretched), rank_sum(scores))


# The command


def test_the_commands_score_and_rank(path, capsys) -> None:
    words = ["proxies", "score", str(path), "--proxy", "l2_norm", "--batch", "8"]
    assert main([*words, "--seeds", "1"]) == 0
    assert Table.open(path).digest in capsys.readouterr().out
    assert main(["proxies", "rank", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "params (baseline)" in shown
    assert "l2_norm" in shown
    assert main(["proxies", "list"]) == 0
    assert "synflow" in capsys.readouterr().out
    assert main([*words, "--seeds", "2"]) == 2
    assert "--replace" in capsys.readouterr().err


def test_a_failed_score_is_nan_in_the_table(path) -> None:
    contents = TableFile(path).contents()
    score_ = np.full((60, 1), np.nan)
    from tabular.proxy_columns import FAILED, ProxyColumns

    columns = ProxyColumns(
        (0,),
        score_,
        np.full((60, 1), FAILED, np.uint8),
        np.zeros((60, 1), np.float32),
        {},
    )
    write_table(replace(contents, proxies={"broken": columns}), path)
    assert np.isnan(TableFile(path).proxies()["broken"].mean()).all()
    ranked = {each.proxy: each for each in rank_proxies(Table.open(path))}
    assert ranked["broken"].correlations["classes"].count == 0


def test_scores_stay_when_a_table_gets_seeds_or_is_merged(
    scored_path, digits, small_recipe, tmp_path
) -> None:
    before = TableFile(scored_path).proxies()
    more = Path(shutil.copy(scored_path, tmp_path / "more.h5"))
    table = Table.open(more)
    request = BuildRequest(
        table.identity.space,
        digits,
        table.identity.recipe,
        seeds=len(table.seeds) + 1,
        limit=2,
    )
    build(request, more)
    merged = merge([scored_path, more], tmp_path / "merged.h5").path
    for path in (more, merged):
        after = TableFile(path).proxies()
        assert after.keys() == before.keys()
        for name, columns in before.items():
            np.testing.assert_array_equal(after[name].score, columns.score)
