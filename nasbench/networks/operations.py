"""The operations of a cell as torch modules; all keep channels and image size."""

from __future__ import annotations

from torch import Tensor, nn

from nasbench.networks.cost import KERNEL
from nasbench.spaces.operations import AVG_POOL_3X3


class ReLUConvBN(nn.Sequential):
    """ReLU, convolution without bias, batch norm, in NAS-Bench-201's order."""

    def __init__(self, source: int, target: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(source, target, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(target),
        )


def make_operation(label: str, channels: int) -> nn.Module:
    """Return the module of a graph vertex, (batch, channels, height, width) to same.

    `none` and `skip_connect` have no module: the graph holds no such vertices.
    """
    if label == AVG_POOL_3X3:
        # The border divides by the pixels that are there, as in NAS-Bench-201.
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return ReLUConvBN(channels, channels, KERNEL[label])


class Reduction(nn.Module):
    """The residual block between two stages (ResNet's basic block, He et al., 2016)."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.first = ReLUConvBN(source, target, 3, stride=2)
        self.second = ReLUConvBN(target, target, 3)
        self.shortcut = nn.Sequential(
            # ceil_mode: odd images round up, as the strided convolution does.
            nn.AvgPool2d(2, stride=2, ceil_mode=True),
            nn.Conv2d(source, target, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, source, h, w) to (batch, target, ceil(h/2), ceil(w/2))."""
        total: Tensor = self.shortcut(x) + self.second(self.first(x))
        return total
