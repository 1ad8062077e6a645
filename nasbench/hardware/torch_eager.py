"""Torch as it is written, operation by operation, on one x86 core."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nasbench.hardware.installed import why_not_installed
from nasbench.hardware.outputs import FLOAT32, deviation
from nasbench.hardware.prepared_call import PreparedCall
from nasbench.hardware.processor import cpu_model, why_not_x86
from nasbench.hardware.target import Clock, Kind

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen


class TorchEager:
    """``x86-torch-eager``: float32, batch 1, one thread.

    Args:
        name: The name.
    """

    kind: Kind = "measured"
    clock: Clock = "cpu"
    tolerance = FLOAT32

    def __init__(self, name: str) -> None:
        self.name = name

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""
        return why_not_x86() or why_not_installed("torch")

    def conditions(self) -> Mapping[str, str]:
        """Return batch, threads, number format and versions."""
        import torch

        return {
            "batch": "1",
            "threads": "1",
            "numbers": "fp32",
            "torch": str(torch.__version__),
            "instruction_set": torch.backends.cpu.get_cpu_capability(),
            "processor_model": cpu_model(),
        }

    def prepare(self, specimen: Specimen) -> PreparedCall:
        """Take the network as it is; it is itself what others are compared with.

        Raises:
            RejectedError: The network is a constant.
        """
        import torch

        images = torch.from_numpy(specimen.batch(1))
        call = partial(forward, specimen.network, images)
        found = call().numpy()
        return PreparedCall(
            call, deviation(found, specimen.logits(1), FLOAT32), self.clock
        )


def forward(network: Any, images: Any) -> Any:
    """Return what a network makes of a batch, without gradients."""
    import torch

    with torch.inference_mode():
        return network(images)
