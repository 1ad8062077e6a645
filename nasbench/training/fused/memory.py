"""Where every tensor lies: one block of floats, reused once a value is read no more."""

from __future__ import annotations

from dataclasses import dataclass

from nasbench.training.fused.kernels.lanes import LANES


@dataclass(eq=False)
class Tensor:
    """An activation or a gradient, ``(blocks, channels, pixels, 16 images)``.

    Channels are one vector longer than their pixels, blocks one vector longer than
    their channels: strides that are powers of two would share lines of the cache.

    Attributes:
        channels: Its channels.
        pixels: Its pixels, height times width.
        blocks: Blocks of 16 images.
        place: Offset in floats; -1 until the memory is laid out.
    """

    channels: int
    pixels: int
    blocks: int
    place: int = -1

    @property
    def floats(self) -> int:
        """Floats that it takes."""
        return self.blocks * (self.channels * (self.pixels + 1) + 1) * LANES


class Layout:
    """Hands out places, rounded up to whole vectors."""

    def __init__(self) -> None:
        self.floats = 0

    def reserve(self, floats: int) -> int:
        """Return the place of so many floats that nothing else will use."""
        place = self.floats
        self.floats += -(-floats // LANES) * LANES
        return place

    def share(self, lives: dict[Tensor, tuple[int, int]]) -> None:
        """Place tensors so that only those share memory that live at different times.

        Args:
            lives: First and last instruction that touches each tensor.
        """
        free: dict[int, list[int]] = {}
        ends: list[tuple[int, Tensor]] = []
        for tensor, (first, last) in sorted(lives.items(), key=lambda item: item[1]):
            for end, old in [item for item in ends if item[0] < first]:
                free.setdefault(old.floats, []).append(old.place)
                ends.remove((end, old))
            places = free.get(tensor.floats)
            tensor.place = places.pop() if places else self.reserve(tensor.floats)
            ends.append((last, tensor))
