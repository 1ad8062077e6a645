"""A vector of 16 floats for Numba, and tiles of them that stay in registers.

Numba's own loops reach a fifth of a core's peak on small convolutions; with explicit
vectors they reach all of it. The functions here are the few instructions that kernels
are written in. LLVM splits a vector where registers are shorter (AVX2, NEON), so every
machine computes the same sums in the same order. What begins with `emit_` writes LLVM
code and is called by intrinsics alone.

Memory is one block of float32; a place in it is an offset in floats, and vectors begin
at multiples of 16 floats (64 bytes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 16
"""Images that are computed side by side."""

_FLOAT = ir.FloatType()
_INT = ir.IntType(32)
VECTOR = ir.VectorType(_FLOAT, LANES)
_INTEGERS = ir.VectorType(_INT, LANES)
_ALIGNMENT = 4 * LANES


class LanesType(types.Type):  # type: ignore[misc]
    """Numba's type of 16 float32 in one register."""

    def __init__(self) -> None:
        super().__init__(name="lanes")


lanes = LanesType()
memory_pointer = types.CPointer(types.float32)
table_pointer = types.CPointer(types.int64)


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, VECTOR)


def emit_splat(builder: Any, scalar: Any) -> Any:
    """Emit a vector of one float, sixteen times."""
    empty = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(empty, scalar, ir.Constant(_INT, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(_INTEGERS, [0] * LANES))


def _place(builder: Any, memory: Any, offset: Any) -> Any:
    return builder.bitcast(builder.gep(memory, [offset]), VECTOR.as_pointer())


def emit_load(builder: Any, memory: Any, offset: Any) -> Any:
    """Emit an aligned load."""
    loaded = builder.load(_place(builder, memory, offset))
    loaded.align = _ALIGNMENT
    return loaded


def emit_store(builder: Any, memory: Any, offset: Any, vector: Any) -> None:
    """Emit an aligned store."""
    stored = builder.store(vector, _place(builder, memory, offset))
    stored.align = _ALIGNMENT


def emit_fma(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """Emit ``x * y + z``, rounded once."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    name = f"llvm.fma.v{LANES}f32"
    return builder.call(
        cgutils.get_or_insert_function(builder.module, kind, name), [x, y, z]
    )


def widened(context: Any, builder: Any, signature: Any, args: Any) -> list[Any]:
    """Return the arguments, integers among them widened to 64 bits."""
    return [
        context.cast(builder, value, kind, types.intp)
        if isinstance(kind, types.Integer | types.IntegerLiteral)
        else value
        for value, kind in zip(args, signature.args, strict=True)
    ]


def _elementwise(emit: Callable[..., Any], arity: int) -> Any:
    """Make an intrinsic that takes and returns vectors."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        del context, signature
        return emit(builder, *args)

    if arity == 1:

        def typing_of_one(typing: Any, x: Any) -> Any:
            del typing
            return lanes(x), generate

        return intrinsic(typing_of_one)
    if arity == 2:

        def typing_of_two(typing: Any, x: Any, y: Any) -> Any:
            del typing
            return lanes(x, y), generate

        return intrinsic(typing_of_two)

    def typing_of_three(typing: Any, x: Any, y: Any, z: Any) -> Any:
        del typing
        return lanes(x, y, z), generate

    return intrinsic(typing_of_three)


def _larger(builder: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", x, y), x, y)


def emit_where_positive(builder: Any, condition: Any, x: Any) -> Any:
    """Emit x where the condition is positive, and zero elsewhere."""
    zero = ir.Constant(VECTOR, None)
    return builder.select(builder.fcmp_ordered(">", condition, zero), x, zero)


def _floor(builder: Any, x: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR])
    name = f"llvm.floor.v{LANES}f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [x])


def _power_of_two(builder: Any, x: Any) -> Any:
    """Write the whole numbers `x` into the exponents of floats."""
    exponent = builder.add(
        builder.fptosi(x, _INTEGERS), ir.Constant(_INTEGERS, [127] * LANES)
    )
    shifted = builder.shl(exponent, ir.Constant(_INTEGERS, [23] * LANES))
    return builder.bitcast(shifted, VECTOR)


add = _elementwise(lambda builder, x, y: builder.fadd(x, y), 2)
subtract = _elementwise(lambda builder, x, y: builder.fsub(x, y), 2)
multiply = _elementwise(lambda builder, x, y: builder.fmul(x, y), 2)
divide = _elementwise(lambda builder, x, y: builder.fdiv(x, y), 2)
multiply_add = _elementwise(emit_fma, 3)
larger = _elementwise(_larger, 2)
where_positive = _elementwise(emit_where_positive, 2)
floor = _elementwise(_floor, 1)
power_of_two = _elementwise(_power_of_two, 1)


@intrinsic
def load(typing: Any, memory: Any, offset: Any) -> Any:
    """Return the vector at `offset`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer, place = widened(context, builder, signature, args)
        return emit_load(builder, pointer, place)

    return lanes(memory, offset), generate


@intrinsic
def store(typing: Any, memory: Any, offset: Any, vector: Any) -> Any:
    """Write a vector to `offset`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer, place, value = widened(context, builder, signature, args)
        emit_store(builder, pointer, place, value)
        return context.get_dummy_value()

    return types.none(memory, offset, vector), generate


@intrinsic
def broadcast(typing: Any, scalar: Any) -> Any:
    """Return a vector that holds `scalar` sixteen times."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = context.cast(builder, args[0], signature.args[0], types.float32)
        return emit_splat(builder, value)

    return lanes(scalar), generate


@intrinsic
def lane(typing: Any, vector: Any, number: Any) -> Any:
    """Return one float of a vector."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector, number = widened(context, builder, signature, args)
        return builder.extract_element(vector, builder.trunc(number, _INT))

    return types.float32(vector, number), generate


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """Return the sum of a vector's floats, halves added to halves."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [args[0], *[ir.Constant(VECTOR, None)] * (LANES - 1)]
        return builder.extract_element(
            emit_sum_lanes(builder, vectors), ir.Constant(_INT, 0)
        )

    return types.float32(vector), generate


def emit_sum_lanes(builder: Any, vectors: list[Any]) -> Any:
    """Sum each of 16 vectors; two of them share a register from the first step on."""
    width = LANES
    while len(vectors) > 1:
        width //= 2
        low = [
            start + i for start in range(0, 2 * LANES, 2 * width) for i in range(width)
        ]
        high = [i + width for i in low]
        vectors = [
            builder.fadd(
                builder.shuffle_vector(x, y, ir.Constant(_INTEGERS, low)),
                builder.shuffle_vector(x, y, ir.Constant(_INTEGERS, high)),
            )
            for x, y in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]


@intrinsic
def memory_of(typing: Any, array: Any) -> Any:
    """Return the place 0 of a float32 array."""
    return memory_pointer(array), _data_of


@intrinsic
def tables_of(typing: Any, array: Any) -> Any:
    """Return the place 0 of an int64 array."""
    return table_pointer(array), _data_of


def _data_of(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return context.make_array(signature.args[0])(context, builder, args[0]).data
