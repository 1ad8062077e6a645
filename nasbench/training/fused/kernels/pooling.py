"""Average pooling, forward and backward, over a list of taps."""

from __future__ import annotations

from numba import njit

from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.kernels.tiles import (
    add_scaled,
    load_tile,
    store_tile,
    zero_tile,
)


def _make_average(width: int):
    """Make the kernel for so many channels at a time."""

    @njit(**OPTIONS)
    def average(memory, tables, x, x_channel, y, y_channel, taps, pixels, add):
        for pixel in range(pixels):
            place = y + pixel * LANES
            if add:
                tile = load_tile(memory, place, 0, 1, y_channel, width)
            else:
                tile = zero_tile(width)
            for tap in range(tables[taps + pixel], tables[taps + pixel + 1], 2):
                tile = add_scaled(
                    tile, memory, tables[tap + 1], 0, 1,
                    x + tables[tap], x_channel, width,
                )  # fmt: skip
            store_tile(memory, place, 0, 1, y_channel, width, tile)

    return average


_four_channels = _make_average(4)
_one_channel = _make_average(1)


@njit(**OPTIONS)
def average(
    memory, tables, x, x_pixels, y, y_pixels, channels, blocks, taps, add
):  # fmt: skip
    """Compute weighted sums of pixels, the same for every channel.

    Args:
        memory: All floats.
        tables: All integers.
        x: ``(blocks, channels, x_pixels, 16)``, what is read.
        x_pixels: Pixels of x.
        y: ``(blocks, channels, y_pixels, 16)``, what is written.
        y_pixels: Pixels of y.
        channels: Channels of both.
        blocks: Blocks of 16 images.
        taps: Place of the tap list: pixels of x, and places of their weights.
        add: 1 to add to what y holds.
    """
    x_channel, y_channel = (x_pixels + 1) * LANES, (y_pixels + 1) * LANES
    for n in range(blocks):
        here = x + n * (channels * x_channel + LANES)
        there = y + n * (channels * y_channel + LANES)
        for _ in range(channels // 4):
            _four_channels(
                memory, tables, here, x_channel, there, y_channel, taps, y_pixels, add
            )
            here += 4 * x_channel
            there += 4 * y_channel
        for _ in range(channels % 4):
            _one_channel(
                memory, tables, here, x_channel, there, y_channel, taps, y_pixels, add
            )
            here += x_channel
            there += y_channel
