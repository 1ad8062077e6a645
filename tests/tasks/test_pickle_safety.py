"""A pickle that wants to run something is refused, and nothing is run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nasbench.tasks import TaskError, load_task
from nasbench.tasks.pickles import read_pickle


class Calls:
    """Pickles as the call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_in_a_pickle_is_not_run(tmp_path: Path, protocol: int) -> None:
    proof = tmp_path / "proof"
    data = pickle.dumps({"data": Calls(os.mkdir, str(proof))}, protocol)
    pickle.loads(data)
    assert proof.is_dir()  # the pickle does what it should do
    proof.rmdir()
    for i in range(1, 6):
        (tmp_path / f"data_batch_{i}").write_bytes(data)
    with pytest.raises(TaskError, match=r"mkdir") as caught:
        load_task(tmp_path)
    assert not proof.exists()
    assert "data_batch_1" in str(caught.value)


@pytest.mark.parametrize(
    "function",
    [eval, exec, getattr, __import__, np.load, np.fromfile, print, bytearray, object],
)
def test_no_other_name_is_answered(
    tmp_path: Path, function: Callable[..., Any]
) -> None:
    file = tmp_path / "batch"
    file.write_bytes(pickle.dumps(Calls(function, "1")))
    with pytest.raises(TaskError, match="refused"):
        read_pickle(file)


@pytest.mark.parametrize("name", ["codecs\nopen", "_codecs\ndecode", "numpy\nload"])
def test_neighbours_of_the_names_that_are_known_are_refused(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / "batch"
    file.write_bytes(f"c{name}\n.".encode())
    with pytest.raises(TaskError, match=name.split("\n")[1]):
        read_pickle(file)


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "batch"
    file.write_bytes(pickle.dumps({"data": np.array([{}, None])}))
    with pytest.raises(TaskError, match="batch"):
        read_pickle(file)


DTYPES = st.sampled_from(["u1", "<i8", ">i4", "<u2", "<f4", ">f8", "?"])


@given(
    DTYPES.flatmap(
        lambda dtype: arrays_of.arrays(
            dtype, arrays_of.array_shapes(min_dims=0, max_dims=3, max_side=5)
        )
    ),
    st.integers(0, 5),
    st.booleans(),
)
def test_arrays_come_back_as_numpy_would_give_them(
    tmp_path_factory: pytest.TempPathFactory,
    array: Any,
    protocol: int,
    fortran: bool,
) -> None:
    file = tmp_path_factory.mktemp("pickle") / "batch"
    given = np.asfortranarray(array) if fortran else array
    file.write_bytes(pickle.dumps({"data": given}, protocol))
    found = np.asarray(read_pickle(file)["data"])
    assert found.shape == given.shape
    assert np.array_equal(found, given, equal_nan=given.dtype.kind == "f")
