"""Torch as it is written, operation by operation, on an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from nasbench.hardware.installed import why_not_installed
from nasbench.hardware.outputs import deviation
from nasbench.hardware.prepared_call import PreparedCall
from nasbench.hardware.target import Clock, Kind, RejectedError
from nasbench.hardware.torch_eager import forward

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen


class TorchCuda:
    """``cuda-torch-b1`` and ``cuda-torch-b256``: float32 in full, wall time.

    A run begins and ends with the GPU idle: what is timed is the latency of a batch,
    the launching of its kernels included.

    Args:
        name: One of the two; the batch is the number behind its last ``b``.
    """

    kind: Kind = "measured"
    clock: Clock = "wall"
    tolerance = 1e-3  # sums in another order, over some hundred kernels

    def __init__(self, name: str) -> None:
        self.name = name
        self._batch = int(name.rpartition("b")[2])

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""
        reason = why_not_installed("torch")
        if reason is not None:
            return reason
        import torch

        if torch.cuda.is_available():
            return None
        built = torch.version.cuda or "no CUDA"
        return f"torch {torch.__version__} sees no GPU (it was built for {built})"

    def conditions(self) -> Mapping[str, str]:
        """Return batch, number format, the GPU and versions."""
        import torch

        return {
            "batch": str(self._batch),
            "threads": "1",
            "numbers": "fp32, no TF32",
            "torch": str(torch.__version__),
            "cuda": str(torch.version.cuda),
            "gpu": torch.cuda.get_device_name(),
        }

    def prepare(self, specimen: Specimen) -> PreparedCall:
        """Copy the network to the GPU and compare its outputs with the processor's.

        Raises:
            RejectedError: The GPU's memory does not hold it, or its outputs differ.
        """
        import copy

        import torch

        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        wanted = specimen.logits(self._batch)
        try:
            network = copy.deepcopy(specimen.network).cuda()
            images = torch.from_numpy(specimen.batch(self._batch)).cuda()
            found = forward(network, images).cpu().numpy()
        except RuntimeError as error:
            text = " ".join(str(error).split())[:300]
            raise RejectedError(f"torch on the GPU: {text}") from error
        call = _until_idle(partial(forward, network, images), torch.cuda.synchronize)
        return PreparedCall(call, deviation(found, wanted, self.tolerance), self.clock)


def _until_idle(
    call: Callable[[], object], synchronise: Callable[[], None]
) -> Callable[[], None]:
    def run() -> None:
        call()
        synchronise()

    return run
