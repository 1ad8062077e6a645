"""What holds for all encodings: shapes, names, invariance, what they learn."""

from __future__ import annotations

import io

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import ArchitectureError, make_space
from nasbench.testing import ConstrainedToySpace, ToySpace
from surrogates.encodings import FeatureTable, encoding_names, make_encoding

CELL = make_space("cell201")
MINI = make_space("cell201-mini")
ALL_MINI = MINI.architectures_at(range(MINI.size))
INVARIANT = [
    "canonical-one-hot",
    "canonical-options",
    "canonical-path",
    "canonical-path-30",
    "wl-0",
    "wl-1",
    "wl-2",
    "wl-3",
    "graph",
    "proxies",
    "graph+wl-1+canonical-one-hot",
]


def proxies_of(space, columns=3):
    values = np.random.default_rng(1).normal(size=(len(space.classes), columns))
    return FeatureTable(space, [f"proxy {c}" for c in range(columns)], values)


def made(name, space):
    return make_encoding(name, proxies_of(space) if "proxies" in name else None)


def sample(space, count, seed=0):
    drawn = np.random.default_rng(seed).integers(space.size, size=count)
    return space.architectures_at(drawn)


@pytest.mark.parametrize("name", encoding_names())
def test_rows_do_not_depend_on_their_neighbours_in_a_batch(name):
    encoding = made(name, MINI).fit(MINI, ALL_MINI[::2])
    together = encoding.encode(MINI, ALL_MINI)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for i in (0, 17, 124):
        alone = encoding.encode(MINI, ALL_MINI[i : i + 1])
        assert np.array_equal(alone[0], together[i])
    assert encoding.encode(MINI, ALL_MINI[:0]).shape == (0, together.shape[1])


@pytest.mark.parametrize("name", INVARIANT)
def test_all_members_of_a_class_are_encoded_alike(name):
    encoding = made(name, MINI).fit(MINI, ALL_MINI)
    rows = encoding.encode(MINI, ALL_MINI)
    first = rows[MINI.classes.representatives]
    assert np.array_equal(rows, first[MINI.classes.class_of])


@pytest.mark.parametrize("name", INVARIANT)
def test_classes_of_the_large_cell_are_encoded_alike(name):
    batch = sample(CELL, 200)
    encoding = made(name, CELL).fit(CELL, batch)
    classes = CELL.classes
    numbers = classes.class_of[CELL.indices(batch)]
    members = [np.flatnonzero(classes.class_of == number)[-1] for number in numbers]
    others = CELL.architectures_at(members)
    assert (others != batch).any()
    assert np.array_equal(encoding.encode(CELL, batch), encoding.encode(CELL, others))


def test_the_raw_one_hot_tells_all_architectures_apart():
    rows = make_encoding("one-hot").encode(MINI, ALL_MINI)
    assert len(np.unique(rows, axis=0)) == MINI.size
    assert rows.shape == (125, 15)
    assert (rows.sum(axis=1) == 3).all()


def test_options_are_the_integers_themselves():
    rows = make_encoding("options").encode(MINI, ALL_MINI)
    assert np.array_equal(rows, ALL_MINI)


def test_a_sum_holds_the_columns_of_its_parts():
    names = ["one-hot", "wl-1", "path-7"]
    whole = make_encoding("+".join(names)).fit(MINI, ALL_MINI)
    parts = [make_encoding(n).fit(MINI, ALL_MINI).encode(MINI, ALL_MINI) for n in names]
    assert np.array_equal(whole.encode(MINI, ALL_MINI), np.hstack(parts))
    assert whole.name == "one-hot+wl-1+path-7"


@pytest.mark.parametrize("name", ["one-hot", "wl-2", "proxies", "graph+wl-1+proxies"])
def test_what_was_learned_survives_a_file_without_pickle(name):
    fitted = made(name, MINI).fit(MINI, ALL_MINI[:40])
    file = io.BytesIO()
    np.savez(file, **fitted.state())
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        again = make_encoding(name).restore(dict(stored))
    assert np.array_equal(again.encode(MINI, ALL_MINI), fitted.encode(MINI, ALL_MINI))


def test_fitting_leaves_the_encoding_itself_alone():
    for name in ("wl-2", "proxies", "wl-2+proxies"):
        encoding = made(name, MINI)
        encoding.fit(MINI, ALL_MINI)
        assert encoding.state() == {}
        with pytest.raises(NasbenchError, match="fit it to the training"):
            encoding.encode(MINI, ALL_MINI)


@pytest.mark.parametrize(
    "name, state",
    [
        ("one-hot", {"vocabulary": np.array(["a"])}),
        ("wl-1", {"words": np.array(["a"])}),
        ("one-hot+wl-1", {"7/vocabulary": np.array(["a"])}),
        ("proxies", {"mean": np.zeros(3)}),
    ],
)
def test_a_state_of_another_encoding_is_refused(name, state):
    with pytest.raises(NasbenchError, match="encoding"):
        made(name, MINI).restore(state)


@pytest.mark.parametrize("name", ["one-hot", "path", "wl-1", "graph", "canonical-path"])
def test_architectures_of_another_shape_are_refused(name):
    encoding = make_encoding(name).fit(MINI, ALL_MINI)
    for wrong in (ALL_MINI[:, :2], ALL_MINI[0], ALL_MINI + 5):
        with pytest.raises(ArchitectureError):
            encoding.encode(MINI, wrong)


def test_invalid_combinations_are_refused():
    space = ConstrainedToySpace((3, 3))
    with pytest.raises(ArchitectureError, match="valid combination"):
        make_encoding("canonical-one-hot").encode(space, np.array([[1, 2]], np.uint8))


@pytest.mark.parametrize(
    "name, reason",
    [
        ("path", "paths"),
        ("wl-1", "no graph"),
        ("graph", "no graph"),
        ("one-hot+path-3", "'path-3': only topology cells"),
    ],
)
def test_an_encoding_says_why_a_space_does_not_define_it(name, reason):
    space = ToySpace((3, 3))
    encoding = make_encoding(name)
    assert reason in (encoding.is_defined_on(space) or "")
    for act in (encoding.fit, encoding.encode):
        with pytest.raises(NasbenchError, match="not defined on toy:3,3"):
            act(space, space.architectures_at([0, 1]))
    assert encoding.is_defined_on(CELL) is None


def test_spaces_too_large_to_enumerate_have_no_canonical_input():
    huge = ToySpace((200,) * 8)
    assert "enumerated" in (
        make_encoding("canonical-options").is_defined_on(huge) or ""
    )
    assert make_encoding("options").is_defined_on(huge) is None


@pytest.mark.parametrize(
    "name, part",
    [
        ("one-hott", "one-hot"),
        ("wl-4", "0 to 3 rounds"),
        ("path-0", "1 column or more"),
        ("one-hot+grpah", "graph"),
        ("", "unknown encoding ''"),
        ("canonical-pth", "path"),
    ],
)
def test_unknown_names_say_what_is_meant(name, part):
    with pytest.raises(NasbenchError) as caught:
        make_encoding(name)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)
