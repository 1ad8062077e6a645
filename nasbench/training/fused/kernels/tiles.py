"""Tiles: tuples of vectors that LLVM keeps in registers over a loop.

The numbers of rows and columns are constants where a kernel is compiled; each function
unrolls to that many instructions. Sixteen sums at a time, from eight weights and two
vectors, reach the peak of a core with AVX-512.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nasbench.training.fused.kernels.lanes import (
    LANES,
    VECTOR,
    emit_fma,
    emit_load,
    emit_splat,
    emit_store,
    emit_sum_lanes,
    emit_where_positive,
    lanes,
    widened,
)


def _tile(vectors: int) -> Any:
    return types.UniTuple(lanes, vectors)


@intrinsic(prefer_literal=True)
def zero_tile(typing: Any, vectors: Any) -> Any:
    """Return a tile of so many vectors of zeros."""
    count = vectors.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return cgutils.pack_array(builder, [ir.Constant(VECTOR, None)] * count)

    return _tile(count)(vectors), generate


@intrinsic(prefer_literal=True)
def load_tile(
    typing: Any, memory: Any, at: Any, row: Any, rows: Any, column: Any, columns: Any
) -> Any:
    """Return the vectors at ``at + r * row + c * column``, rows first."""
    height, width = rows.literal_value, columns.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory, at, row, _, column, _ = widened(context, builder, signature, args)
        tile = [
            emit_load(builder, memory, place)
            for place in _grid(builder, at, (row, height), (column, width))
        ]
        return cgutils.pack_array(builder, tile)

    return _tile(height * width)(memory, at, row, rows, column, columns), generate


@intrinsic(prefer_literal=True)
def store_tile(
    typing: Any,
    memory: Any,
    at: Any,
    row: Any,
    rows: Any,
    column: Any,
    columns: Any,
    tile: Any,
) -> Any:
    """Write a tile's vectors to ``at + r * row + c * column``, rows first."""
    height, width = rows.literal_value, columns.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory, at, row, _, column, _, tile = widened(context, builder, signature, args)
        places = _grid(builder, at, (row, height), (column, width))
        for place, vector in zip(
            places, cgutils.unpack_tuple(builder, tile), strict=True
        ):
            emit_store(builder, memory, place, vector)
        return context.get_dummy_value()

    return types.none(memory, at, row, rows, column, columns, tile), generate


@intrinsic(prefer_literal=True)
def rectify_tile(typing: Any, tile: Any, reference: Any) -> Any:
    """Return the tile where the reference is positive, and zero elsewhere."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pairs = zip(*(cgutils.unpack_tuple(builder, arg) for arg in args), strict=True)
        return cgutils.pack_array(
            builder, [emit_where_positive(builder, r, t) for t, r in pairs]
        )

    return tile(tile, reference), generate


@intrinsic(prefer_literal=True)
def add_scaled(
    typing: Any,
    tile: Any,
    memory: Any,
    weights: Any,
    row: Any,
    rows: Any,
    vectors: Any,
    column: Any,
    columns: Any,
) -> Any:
    """Add an outer product: row r gets the r-th weight times the vectors.

    Weights are single floats at ``weights + r * row``; vectors are at
    ``vectors + c * column``.
    """
    height, width = rows.literal_value, columns.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile, memory, weights, row, _, vectors, column, _ = widened(
            context, builder, signature, args
        )
        sums = cgutils.unpack_tuple(builder, tile)
        loaded = [
            emit_load(builder, memory, place)
            for place in _line(builder, vectors, column, width)
        ]
        for r, place in enumerate(_line(builder, weights, row, height)):
            weight = emit_splat(builder, builder.load(builder.gep(memory, [place])))
            for c, vector in enumerate(loaded):
                at = r * width + c
                sums[at] = emit_fma(builder, weight, vector, sums[at])
        return cgutils.pack_array(builder, sums)

    arguments = (tile, memory, weights, row, rows, vectors, column, columns)
    return tile(*arguments), generate


@intrinsic(prefer_literal=True)
def add_products(
    typing: Any,
    tile: Any,
    memory: Any,
    down: Any,
    row: Any,
    rows: Any,
    across: Any,
    column: Any,
    columns: Any,
) -> Any:
    """Add the products of every vector ``down + r * row`` and ``across + c * column``.

    Lane by lane: nothing is summed over images here.
    """
    height, width = rows.literal_value, columns.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile, memory, down, row, _, across, column, _ = widened(
            context, builder, signature, args
        )
        sums = cgutils.unpack_tuple(builder, tile)
        loaded = [
            emit_load(builder, memory, place)
            for place in _line(builder, across, column, width)
        ]
        for r, place in enumerate(_line(builder, down, row, height)):
            left = emit_load(builder, memory, place)
            for c, right in enumerate(loaded):
                at = r * width + c
                sums[at] = emit_fma(builder, left, right, sums[at])
        return cgutils.pack_array(builder, sums)

    arguments = (tile, memory, down, row, rows, across, column, columns)
    return tile(*arguments), generate


def _line(builder: Any, start: Any, step: Any, count: int) -> list[Any]:
    places = [start]
    for _ in range(count - 1):
        places.append(builder.add(places[-1], step))
    return places


def _grid(
    builder: Any, start: Any, down: tuple[Any, int], across: tuple[Any, int]
) -> list[Any]:
    return [
        place
        for row in _line(builder, start, *down)
        for place in _line(builder, row, *across)
    ]


@intrinsic(prefer_literal=True)
def totals(typing: Any, tile: Any) -> Any:
    """Return a vector with the sums of a tile's vectors, sixteen of them at most.

    Each is added in the order of `total`.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = cgutils.unpack_tuple(builder, args[0])
        zeros = [ir.Constant(VECTOR, None)] * (LANES - len(vectors))
        return emit_sum_lanes(builder, vectors + zeros)

    return lanes(tile), generate
