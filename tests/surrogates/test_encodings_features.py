"""Tables of features: scales from training alone, gaps marked, long tails bent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from surrogates.encodings import FeatureTable, make_encoding, proxy_features
from tabular import Table
from tabular.proxy_columns import ProxyColumns
from tabular.schema import TableFile, write_table
from tabular.shipped import open_shipped

SPACE = make_space("cell201-mini")
ALL = SPACE.architectures_at(range(SPACE.size))
FIRST = SPACE.architectures_at(SPACE.classes.representatives.tolist())


def table(*columns):
    names = [f"column {i}" for i in range(len(columns))]
    return FeatureTable(SPACE, names, np.column_stack(columns))


@pytest.fixture
def normal():
    return np.random.default_rng(0).normal(5, 2, len(SPACE.classes))


def test_training_columns_have_mean_zero_and_deviation_one(normal):
    rows = table(normal, 3 * normal + 1).fit(SPACE, FIRST).encode(SPACE, FIRST)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(rows[:, 0], rows[:, 1], atol=1e-5)


def test_scales_come_from_the_training_architectures_alone(normal):
    changed = normal.copy()
    changed[30:] *= 100
    one, other = (
        table(values).fit(SPACE, FIRST[:30]).encode(SPACE, FIRST[:30])
        for values in (normal, changed)
    )
    assert np.array_equal(one, other)


def test_gaps_become_the_lowest_training_value_and_are_marked(normal):
    values = normal.copy()
    values[3], values[7], values[40] = np.nan, np.inf, -np.inf
    rows = table(values).fit(SPACE, FIRST[:30]).encode(SPACE, FIRST)
    assert rows.shape == (len(FIRST), 2)
    assert np.flatnonzero(rows[:, 1]).tolist() == [3, 7, 40]
    assert np.ptp(rows[[3, 7, 40], 0]) == 0
    assert rows[:30, 0].mean() == pytest.approx(0, abs=1e-6)
    assert rows[:30, 0].std() == pytest.approx(1)
    whole = np.delete(np.arange(30), [3, 7])
    assert rows[3, 0] == rows[whole, 0].min()


def test_a_long_tail_is_bent_and_keeps_its_order(normal):
    tail = np.exp(4 * (normal - 5))
    rows = table(tail, normal).fit(SPACE, FIRST).encode(SPACE, FIRST)
    assert np.array_equal(np.argsort(rows[:, 0]), np.argsort(tail))
    plain = (tail - tail.mean()) / tail.std()
    assert rows[:, 0].max() < plain.max() / 1.5
    expected = (normal - normal.mean()) / normal.std()
    np.testing.assert_allclose(rows[:, 1], expected, atol=1e-5)


def test_columns_without_any_value_or_without_difference_are_harmless(normal):
    nothing, same = np.full(len(normal), np.nan), np.full(len(normal), 7.0)
    rows = table(nothing, same).fit(SPACE, FIRST).encode(SPACE, ALL)
    assert np.isfinite(rows).all()
    assert (rows[:, :2] == 0).all()


def test_features_join_other_encodings_by_name(normal):
    features = table(normal)
    whole = make_encoding("one-hot+proxies", features).fit(SPACE, ALL)
    assert whole.encode(SPACE, ALL).shape == (SPACE.size, 16)


def test_proxies_without_scores_are_defined_nowhere():
    encoding = make_encoding("graph+proxies")
    with pytest.raises(NasbenchError, match="no scores are given"):
        encoding.fit(SPACE, ALL)


def test_the_proxies_of_a_table_are_read_by_class(tmp_path):
    table = Table.open(scored_table(tmp_path / "t.h5"))
    features = proxy_features(table)
    assert features.columns == ("one", "two")
    rows = features.fit(SPACE, FIRST).encode(SPACE, FIRST)
    order = np.argsort(rows[:, 0], kind="stable")
    assert np.array_equal(order, np.arange(len(FIRST)))
    assert rows[5, 2] == 1  # no score of any seed
    assert proxy_features(table, ["two"]).columns == ("two",)
    with pytest.raises(NasbenchError, match="'two'"):
        proxy_features(table, ["twoo"])


def scored_table(path):
    """Write a copy of the table that ships, with two made-up proxies."""
    source = open_shipped("cell201-mini-digits-v1").path
    contents = TableFile(source).contents()
    count = len(FIRST)
    status = np.ones((count, 2), np.uint8)
    seconds = np.ones((count, 2), np.float32)
    one = np.add.outer(np.arange(count, dtype=float), [0.0, 0.2])
    two = -one
    two[5] = np.nan
    proxies = {
        name: ProxyColumns((0, 1), score, status, seconds, {})
        for name, score in (("one", one), ("two", two))
    }
    write_table(replace(contents, proxies=proxies), path)
    return path


def test_features_of_another_shape_or_space_are_refused(normal):
    with pytest.raises(NasbenchError, match=r"\(60, 1\)"):
        FeatureTable(SPACE, ["one"], normal[:-1, None])
    cell = make_space("cell201")
    with pytest.raises(NasbenchError, match="those of cell201-mini"):
        table(normal).fit(cell, cell.architectures_at([0]))
    with pytest.raises(NasbenchError, match="needs training"):
        table(normal).fit(SPACE, ALL[:0])
