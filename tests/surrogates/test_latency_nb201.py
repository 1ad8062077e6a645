"""Latency predictors against the published devices of NAS-Bench-201."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.errors import NasbenchError
from surrogates.latency.protocol import LatencyProtocol, score_predictors
from surrogates.latency.timed import timed_targets
from tabular.importers import PublishedTable, import_csv, load_mapping

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> PublishedTable:
    path = REFERENCE / "nb201.csv.gz"
    if not path.is_file():
        pytest.skip(f"the published table is not at {path}")
    out = tmp_path_factory.mktemp("published") / "nb201.h5"
    return import_csv(path, load_mapping("nb201-cifar10"), out)


def test_targets_are_found_and_what_is_not_supported_is_left_out(published) -> None:
    timed = {one.target: one for one in timed_targets(published)}
    assert {"edgegpu", "eyeriss", "raspi4", "energy of eyeriss"} <= set(timed)
    # 4,699 of 15,625 cells are not supported by the Edge TPU.
    assert len(timed["edgetpu"]) == 15_625 - 4_699
    with pytest.raises(NasbenchError, match="did you mean 'edgegpu'"):
        timed_targets(published, "edgegpo")


@pytest.mark.parametrize(
    "target, graph", [("eyeriss", "whole"), ("edgegpu", "reaching")]
)
def test_900_measurements_predict_93_percent_within_10(
    published, target, graph
) -> None:
    (timed,) = timed_targets(published, target)
    rules = LatencyProtocol(("gaussian-process",), (900,), splits=1)
    (found,) = score_predictors(timed, rules)
    assert found.graphs == (graph,)
    assert found.scores.within_10 >= 0.938


def test_a_sum_over_operations_is_all_that_eyeriss_is(published) -> None:
    (timed,) = timed_targets(published, "eyeriss")
    rules = LatencyProtocol(("operations", "macs"), (50,), splits=1)
    operations, macs = score_predictors(timed, rules)
    assert operations.scores.within_5 > 0.99
    assert macs.scores.within_10 < 0.4


def test_published_eyeriss_ranks_like_our_array_once_poolings_are_convolutions(
    published,
) -> None:
    from nasbench.hardware.dead_branches import unpruned_graph
    from nasbench.hardware.layer_shapes import graph_schedule
    from nasbench.hardware.systolic import SYSTOLIC
    from tabular.analysis.kendall import kendall

    (timed,) = timed_targets(published, "eyeriss")
    chosen = np.random.default_rng(0).choice(len(timed), 300, replace=False)
    space, skeleton = timed.features.space, timed.features.skeleton
    target = SYSTOLIC["sim-systolic-os32"]
    modelled: dict[bool, list[float]] = {False: [], True: []}
    for row in timed.architectures[chosen].tolist():
        graph = unpruned_graph(space, tuple(row))
        convolved = tuple(
            "nor_conv_3x3" if label == "avg_pool_3x3" else label
            for label in graph.labels
        )
        for convolve, seen in (
            (False, graph),
            (True, replace(graph, labels=convolved)),
        ):
            cost = target.schedule_cost(graph_schedule(seen, skeleton))
            modelled[convolve].append(cost.latency_ms)
    published_ms = timed.latency_ms[chosen]
    # The published numbers are a sum over operations in which a pooling of 3x3 costs
    # exactly what a convolution of 3x3 costs.
    assert kendall(np.array(modelled[True]), published_ms) > 0.98
    assert kendall(np.array(modelled[False]), published_ms) < 0.55


def test_the_command_prints_the_scores(published, capsys) -> None:
    words = ["latency", "score", str(published.path), "--target", "eyeriss"]
    code = main([*words, "--predictor", "macs", "--size", "50", "--splits", "1"])
    printed = capsys.readouterr().out
    assert code == 0
    assert printed.splitlines()[1].split()[:3] == ["eyeriss", "macs", "50"]
    main([*words, "--predictor", "macs", "--size", "50", "--splits", "1", "--markdown"])
    assert capsys.readouterr().out.startswith("| target | predictor |")
    for wrong in (["--predictor", "mac"], ["--splits", "0"], ["--graph", "x"]):
        assert main([*words, *wrong]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
