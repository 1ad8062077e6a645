"""Convolutions over a list of taps: forward, backward to data and to weights.

A tap list says, for every output pixel, which input pixels it reads and by which
weight (`taps.Taps`). Stride, padding and transposition are all in the list, so that
one kernel computes every convolution of a network, and no product with a padded zero
is ever made: at 2x2 pixels that is more than half of them.

Weights lie as ``(taps, in, out)``: the channels of a tile are neighbours.
"""

from __future__ import annotations

from numba import njit

from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.instruction_set import HERE
from nasbench.training.fused.kernels.lanes import LANES, lane
from nasbench.training.fused.kernels.tiles import (
    add_products,
    add_scaled,
    load_tile,
    rectify_tile,
    store_tile,
    totals,
    zero_tile,
)

TILE_CHANNELS, TILE_BLOCKS = HERE.tile
HALF_TILE = TILE_CHANNELS // 2
PRODUCTS = HERE.products


def _make_tiles(channels: int, blocks: int):
    """Make the kernel of one tile: some channels of some blocks, at every pixel."""
    size = channels * blocks

    @njit(**OPTIONS)
    def tiles(
        memory, tables, x, x_channel, x_block, sources, weights, weight_in,
        weight_out, weight_tap, y, y_channel, y_block, taps, pixels, mask, add,
    ):  # fmt: skip
        for pixel in range(pixels):
            place = y + pixel * LANES
            if add:
                tile = load_tile(memory, place, y_channel, channels, y_block, blocks)
            else:
                tile = zero_tile(size)
            for tap in range(tables[taps + pixel], tables[taps + pixel + 1], 2):
                source = x + tables[tap]
                weight = weights + tables[tap + 1] * weight_tap
                for _ in range(sources):
                    tile = add_scaled(
                        tile, memory, weight, weight_out, channels,
                        source, x_block, blocks,
                    )  # fmt: skip
                    source += x_channel
                    weight += weight_in
            if mask >= 0:
                tile = rectify_tile(
                    tile,
                    load_tile(
                        memory, mask + pixel * LANES, y_channel, channels,
                        y_block, blocks,
                    ),
                )  # fmt: skip
            store_tile(memory, place, y_channel, channels, y_block, blocks, tile)

    return tiles


def _make_channels(channels: int):
    """Make the kernel of some channels of all blocks, several blocks at a time."""
    several, single = _make_tiles(channels, TILE_BLOCKS), _make_tiles(channels, 1)

    @njit(**OPTIONS)
    def all_blocks(
        memory, tables, x, x_channel, x_block, sources, weights, weight_in,
        weight_out, weight_tap, y, y_channel, y_block, taps, pixels, mask, add, blocks,
    ):  # fmt: skip
        masked = mask >= 0
        block = 0
        while block < blocks:
            here, there = x + block * x_block, y + block * y_block
            reference = mask + block * y_block if masked else mask
            if block + TILE_BLOCKS <= blocks:
                several(
                    memory, tables, here, x_channel, x_block, sources, weights,
                    weight_in, weight_out, weight_tap, there, y_channel, y_block,
                    taps, pixels, reference, add,
                )  # fmt: skip
                block += TILE_BLOCKS
            else:
                single(
                    memory, tables, here, x_channel, x_block, sources, weights,
                    weight_in, weight_out, weight_tap, there, y_channel, y_block,
                    taps, pixels, reference, add,
                )  # fmt: skip
                block += 1

    return all_blocks


_many = _make_channels(TILE_CHANNELS)
_half = _make_channels(HALF_TILE)
_one = _make_channels(1)


@njit(**OPTIONS)
def convolve(
    memory, tables, x, sources, x_pixels, y, targets, y_pixels, weights, transposed,
    taps, blocks, mask, add,
):  # fmt: skip
    """Compute ``y = convolution(x)``, or the gradient of x from that of y.

    Args:
        memory: All floats.
        tables: All integers.
        x: ``(blocks, sources, x_pixels, 16)``, what is read.
        sources: Channels of x.
        x_pixels: Pixels of x.
        y: ``(blocks, targets, y_pixels, 16)``, what is written.
        targets: Channels of y.
        y_pixels: Pixels of y.
        weights: ``(taps, in, out)``.
        transposed: 0 forward: in is `sources`; 1 backward: in is `targets`.
        taps: Place of the tap list.
        blocks: Blocks of 16 images.
        mask: Place of a tensor like y: where it is not positive, y becomes 0; or -1.
        add: 1 to add to what y holds.
    """
    x_channel, y_channel = (x_pixels + 1) * LANES, (y_pixels + 1) * LANES
    x_block, y_block = sources * x_channel + LANES, targets * y_channel + LANES
    weight_in = 1 if transposed else targets
    weight_out = sources if transposed else 1
    weight_tap = sources * targets
    channel = 0
    while channel < targets:
        weight = weights + channel * weight_out
        there = y + channel * y_channel
        reference = mask if mask < 0 else mask + channel * y_channel
        if channel + TILE_CHANNELS <= targets:
            _many(
                memory, tables, x, x_channel, x_block, sources, weight, weight_in,
                weight_out, weight_tap, there, y_channel, y_block, taps, y_pixels,
                reference, add, blocks,
            )  # fmt: skip
            channel += TILE_CHANNELS
        elif channel + HALF_TILE <= targets:
            _half(
                memory, tables, x, x_channel, x_block, sources, weight, weight_in,
                weight_out, weight_tap, there, y_channel, y_block, taps, y_pixels,
                reference, add, blocks,
            )  # fmt: skip
            channel += HALF_TILE
        else:
            _one(
                memory, tables, x, x_channel, x_block, sources, weight, weight_in,
                weight_out, weight_tap, there, y_channel, y_block, taps, y_pixels,
                reference, add, blocks,
            )  # fmt: skip
            channel += 1


def _make_products(sources: int, targets: int):
    """Make the kernel of one tile of a weight gradient, for every tap."""
    size = sources * targets

    @njit(**OPTIONS)
    def products(
        memory, tables, x, x_channel, x_block, d, d_channel, d_block, gradient,
        gradient_in, gradient_tap, pairs, kernel_taps, blocks,
    ):  # fmt: skip
        for tap in range(kernel_taps):
            tile = zero_tile(size)
            first, last = tables[pairs + tap], tables[pairs + tap + 1]
            for block in range(blocks):
                for pair in range(first, last, 2):
                    tile = add_products(
                        tile, memory,
                        x + block * x_block + tables[pair], x_channel, sources,
                        d + block * d_block + tables[pair + 1], d_channel, targets,
                    )  # fmt: skip
            sums = totals(tile)
            for i in range(sources):
                for o in range(targets):
                    place = gradient + tap * gradient_tap + i * gradient_in + o
                    memory[place] = lane(sums, i * targets + o)

    return products


_block_of_products = _make_products(PRODUCTS, PRODUCTS)
_row_of_products = _make_products(1, PRODUCTS)
_column_of_products = _make_products(PRODUCTS, 1)
_one_product = _make_products(1, 1)


@njit(**OPTIONS)
def weight_gradient(
    memory, tables, x, sources, x_pixels, d, targets, d_pixels, gradient, pairs,
    kernel_taps, blocks,
):  # fmt: skip
    """Compute the gradient of a convolution's weights.

    Args:
        memory: All floats.
        tables: All integers.
        x: ``(blocks, sources, x_pixels, 16)``, the input of the convolution.
        sources: Channels of x.
        x_pixels: Pixels of x.
        d: ``(blocks, targets, d_pixels, 16)``, the gradient of its output.
        targets: Channels of d.
        d_pixels: Pixels of d.
        gradient: ``(kernel_taps, sources, targets)``, what is written.
        pairs: Place of the list that holds, for every tap, pixels of x and of d.
        kernel_taps: Number of weights per pair of channels.
        blocks: Blocks of 16 images.
    """
    x_channel, d_channel = (x_pixels + 1) * LANES, (d_pixels + 1) * LANES
    x_block, d_block = sources * x_channel + LANES, targets * d_channel + LANES
    tap = sources * targets
    target = 0
    while target < targets:
        many_targets = target + PRODUCTS <= targets
        down = d + target * d_channel
        source = 0
        while source < sources:
            many_sources = source + PRODUCTS <= sources
            across = x + source * x_channel
            place = gradient + source * targets + target
            if many_sources and many_targets:
                _block_of_products(
                    memory, tables, across, x_channel, x_block, down, d_channel,
                    d_block, place, targets, tap, pairs, kernel_taps, blocks,
                )  # fmt: skip
            elif many_targets:
                _row_of_products(
                    memory, tables, across, x_channel, x_block, down, d_channel,
                    d_block, place, targets, tap, pairs, kernel_taps, blocks,
                )  # fmt: skip
            elif many_sources:
                _column_of_products(
                    memory, tables, across, x_channel, x_block, down, d_channel,
                    d_block, place, targets, tap, pairs, kernel_taps, blocks,
                )  # fmt: skip
            else:
                _one_product(
                    memory, tables, across, x_channel, x_block, down, d_channel,
                    d_block, place, targets, tap, pairs, kernel_taps, blocks,
                )  # fmt: skip
            source += PRODUCTS if many_sources else 1
        target += PRODUCTS if many_targets else 1
