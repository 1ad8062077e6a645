"""The learned encoding: graphs go in, come out again, and accuracies never do."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from nasbench.errors import NasbenchError
from nasbench.spaces import Graph, make_space
from nasbench.testing import ToySpace
from surrogates.encodings import graph_autoencoder as autoencoder
from surrogates.encodings import learned, make_encoding
from surrogates.encodings.learned import LearnedEncoding

MINI, CELL, CHAIN = (make_space(n) for n in ("cell201-mini", "cell201", "chain"))
ALL = MINI.architectures_at(range(MINI.size))
GRAPHS = [
    Graph(("input", "a", "b", "output"), ((), (0,), (0, 1), (1, 2))),
    Graph(("input", "output"), ((), (0,))),
    Graph(("input", "b", "output"), ((), (0, 0), (1,))),
]
NAMES = {"a": 0, "b": 1, "input": 2, "output": 3}


@pytest.fixture(scope="module")
def fitted() -> LearnedEncoding:
    return LearnedEncoding(8, unlabelled=0).fit(MINI, ALL)


def first_weights(seed: int = 0):
    return autoencoder._first_weights(len(NAMES), 5, np.random.default_rng(seed))


def test_the_gradient_is_that_of_finite_differences() -> None:
    batch = autoencoder.batch_of(GRAPHS, NAMES)
    noise = np.random.default_rng(1).standard_normal((3, 4, 5)).astype(np.float32)
    weights = {
        name: torch.from_numpy(v).double().requires_grad_()
        for name, v in first_weights().items()
    }
    # The arrays are float32; torch promotes them where they meet float64 weights.
    batch = autoencoder.GraphBatch(
        *(a.astype(np.float64) for a in (batch.adjacency, batch.labels, batch.present))
    )
    autoencoder.loss_of(weights, batch, noise.astype(np.float64)).backward()
    for weight in weights.values():
        place = (0,) * weight.ndim
        with torch.no_grad():
            weight[place] += 1e-5
            above = autoencoder.loss_of(weights, batch, noise.astype(np.float64))
            weight[place] -= 2e-5
            below = autoencoder.loss_of(weights, batch, noise.astype(np.float64))
            weight[place] += 1e-5
        numeric = float((above - below) / 2e-5)
        assert float(weight.grad[place]) == pytest.approx(numeric, rel=1e-3, abs=1e-7)


def test_padding_changes_nothing() -> None:
    weights = first_weights()
    together = autoencoder.means(weights, autoencoder.batch_of(GRAPHS, NAMES))
    for row, graph in zip(together, GRAPHS, strict=True):
        alone = autoencoder.means(weights, autoencoder.batch_of([graph], NAMES))[0]
        assert np.allclose(row, alone, atol=1e-6)


def test_relabelled_graphs_have_one_code() -> None:
    weights = first_weights()
    swapped = Graph(("input", "b", "a", "output"), ((), (0, 2), (0,), (1, 2)))
    batch = autoencoder.batch_of([GRAPHS[0], swapped], NAMES)
    a, b = autoencoder.means(weights, batch)
    assert np.allclose(a, b, atol=1e-6)


def test_an_input_that_stands_twice_counts_twice() -> None:
    batch = autoencoder.batch_of(GRAPHS, NAMES)
    assert batch.adjacency[2, 0, 1] == 2
    assert batch.present.sum(1).tolist() == [4, 2, 3]
    assert np.array_equal(batch.labels.sum(2), batch.present)


def test_graphs_are_read_back(fitted: LearnedEncoding) -> None:
    graphs = sorted({MINI.graph(tuple(row)) for row in ALL.tolist()}, key=repr)
    batch = autoencoder.batch_of(graphs, fitted._names)
    labels, edges = autoencoder.reconstruction(fitted._weights, batch)
    assert labels > 0.95
    assert edges > 0.9
    untrained = autoencoder._first_weights(
        len(fitted._names), 8, np.random.default_rng(0)
    )
    assert max(autoencoder.reconstruction(untrained, batch)) < 0.8


def test_members_of_a_class_are_encoded_alike_and_classes_apart(
    fitted: LearnedEncoding,
) -> None:
    rows = fitted.encode(MINI, ALL)
    assert rows.shape == (125, 8)
    assert rows.dtype == np.float32
    first = rows[MINI.classes.representatives]
    assert np.array_equal(rows, first[MINI.classes.class_of])
    assert len(np.unique(first.round(5), axis=0)) == len(MINI.classes)
    assert np.array_equal(fitted.encode(MINI, ALL[7:8])[0], rows[7])
    assert fitted.encode(MINI, ALL[:0]).shape == (0, 8)


def test_equal_seeds_learn_the_same_and_touch_no_global_generator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learned, "STEPS", 20)
    state = torch.random.get_rng_state()
    first, again = (LearnedEncoding(8, unlabelled=9).fit(MINI, ALL) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.array_equal(again.encode(MINI, ALL), first.encode(MINI, ALL))


def test_unlabelled_architectures_are_drawn_from_the_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learned, "STEPS", 5)

    def made(seed: int) -> np.ndarray:
        encoding = LearnedEncoding(4, unlabelled=30, seed=seed)
        return encoding.fit(CHAIN, CHAIN.architectures_at([5, 77])).encode(
            CHAIN, CHAIN.architectures_at([5, 77, 3000])
        )

    assert np.array_equal(made(1), made(1))
    assert not np.array_equal(made(1), made(2))
    assert len(np.unique(made(1), axis=0)) == 3


def test_what_was_learned_survives_a_file_without_pickle(
    fitted: LearnedEncoding,
) -> None:
    file = io.BytesIO()
    np.savez(file, **fitted.state())
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        again = LearnedEncoding(8).restore(dict(stored))
    assert np.array_equal(again.encode(MINI, ALL), fitted.encode(MINI, ALL))


def test_it_is_found_by_its_name() -> None:
    assert isinstance(make_encoding("learned-16"), LearnedEncoding)
    assert make_encoding("graph+learned-8").name == "graph+learned-8"


def test_what_cannot_be_is_said(fitted: LearnedEncoding) -> None:
    with pytest.raises(NasbenchError, match="fit it to the training"):
        LearnedEncoding().encode(MINI, ALL)
    with pytest.raises(NasbenchError, match="no graph"):
        LearnedEncoding().fit(ToySpace((3, 3)), np.zeros((1, 2), np.uint8))
    with pytest.raises(NasbenchError, match="not 0, 2000 and 0"):
        LearnedEncoding(0)
    with pytest.raises(NasbenchError, match="learns names and a graph network"):
        LearnedEncoding(9).restore(fitted.state())
    with pytest.raises(NasbenchError, match="needs architectures"):
        LearnedEncoding(4, unlabelled=0).fit(MINI, ALL[:0])
