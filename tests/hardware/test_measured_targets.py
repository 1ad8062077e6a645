"""Each runtime on three tiny networks; what is said where one is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware import named, processor
from nasbench.hardware.named import make_measured, make_target, target_names
from nasbench.hardware.onnx_runtime import OnnxRuntime
from nasbench.hardware.onnx_runtime_web import OnnxRuntimeWeb
from nasbench.hardware.open_vino import AMX, OpenVino
from nasbench.hardware.outputs import deviation
from nasbench.hardware.specimen import Specimen, noise_images
from nasbench.hardware.target import MeasuredTarget, RejectedError
from nasbench.hardware.torch_cuda import TorchCuda
from nasbench.networks import Skeleton
from nasbench.spaces import make_space

SKELETON = Skeleton(1, 8, 8, 5, 4, 1)
ARCHITECTURES = [(3, 1, 2, 4, 0, 3), (1, 1, 1, 1, 1, 1), (4, 4, 4, 4, 4, 4)]


def specimen(architecture: tuple[int, ...], folder: Path) -> Specimen:
    space, images = make_space("cell201"), noise_images(SKELETON)
    return Specimen(space, architecture, SKELETON, images, folder)


@pytest.mark.parametrize("name", named.MEASURED)
def test_a_target_times_three_networks_with_outputs_like_torchs(
    name: str, tmp_path: Path
) -> None:
    target = make_target(name)
    assert isinstance(target, MeasuredTarget)
    reason = target.why_not()
    if reason is not None:
        pytest.skip(reason)
    for architecture in ARCHITECTURES:
        prepared = target.prepare(specimen(architecture, tmp_path))
        assert 0 <= prepared.deviation <= target.tolerance
        timing = prepared.time_visit(1, 5)
        assert timing.latency_ms(target.clock) > 0
        assert timing.min_ms <= timing.p10_ms <= timing.p90_ms
    conditions = target.conditions()
    assert {"batch", "threads", "numbers"} <= set(conditions)
    assert all(isinstance(value, str) and value for value in conditions.values())


@pytest.mark.parametrize("name", ["x86-ort-fp32", "x86-ov-int8", "x86-torch-eager"])
def test_a_constant_network_is_rejected_by_every_runtime(
    name: str, tmp_path: Path
) -> None:
    target = make_target(name)
    assert isinstance(target, MeasuredTarget)
    if target.why_not() is not None:
        pytest.skip(str(target.why_not()))
    with pytest.raises(RejectedError, match="constant network"):
        target.prepare(specimen((0,) * 6, tmp_path))


def test_a_runtime_that_computes_something_else_is_not_timed(tmp_path: Path) -> None:
    target = OnnxRuntime("x86-ort-fp32")
    if target.why_not() is not None:
        pytest.skip(str(target.why_not()))
    shown = specimen(ARCHITECTURES[0], tmp_path)
    shown._kept[1] = shown.logits(1) * 1.001
    with pytest.raises(RejectedError, match=r"differ from torch's by 0\.001"):
        target.prepare(shown)


def test_a_file_that_is_none_of_a_network_is_rejected_with_the_runtimes_words(
    tmp_path: Path,
) -> None:
    target = OnnxRuntime("x86-ort-fp32")
    if target.why_not() is not None:
        pytest.skip(str(target.why_not()))
    shown = specimen(ARCHITECTURES[0], tmp_path)
    (tmp_path / f"{shown.key}-b1.onnx").write_bytes(b"no network")
    with pytest.raises(RejectedError, match="ONNX Runtime: InvalidProtobuf") as found:
        target.prepare(shown)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_outputs_that_are_not_finite_are_rejected(wrong: float) -> None:
    wanted = np.ones((1, 3), np.float32)
    found = np.array([[1, wrong, 1]], np.float32)
    with pytest.raises(RejectedError, match="not finite"):
        deviation(found, wanted, 0.5)


def test_a_deviation_is_a_share_of_the_largest_output() -> None:
    wanted = np.array([[10.0, -20.0, 1.0]], np.float32)
    assert deviation(wanted + np.float32(1), wanted, 0.06) == pytest.approx(0.05)
    with pytest.raises(RejectedError, match=r"by 0\.05 of the largest; allowed are 0"):
        deviation(wanted + np.float32(1), wanted, 0.04)
    with pytest.raises(RejectedError, match=r"\(1, 2\), not \(1, 3\)"):
        deviation(wanted[:, :2], wanted, 1.0)


def test_the_bf16_target_refuses_a_processor_without_tiles() -> None:
    without = OpenVino("x86-ov-bf16-amx", flags=lambda: frozenset({"avx512_bf16"}))
    halfway = OpenVino("x86-ov-bf16-amx", flags=lambda: frozenset({"amx_tile"}))
    whole = OpenVino("x86-ov-bf16-amx", flags=lambda: frozenset(AMX))
    others = OpenVino("x86-ov-int8", flags=frozenset).why_not()
    if others is not None:
        pytest.skip(others)
    assert "amx_tile and amx_bf16" in str(without.why_not())
    assert "feature amx_bf16," in str(halfway.why_not())
    assert whole.why_not() is None


def test_an_x86_target_refuses_another_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processor.platform, "machine", lambda: "aarch64")
    for name in named.MEASURED:
        if name.startswith("x86-"):
            with pytest.raises(NasbenchError, match=f"{name} cannot .*aarch64"):
                make_measured(name)


def test_a_target_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(processor.platform, "machine", lambda: "x86_64")
    with pytest.raises(NasbenchError, match=r"onnxruntime is not installed; pip .*\["):
        make_measured("x86-ort-fp32")


def test_the_web_target_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NODE_PATH", raising=False)
    absent = OnnxRuntimeWeb("wasm-ort-fp32", node="no-such-node")
    assert "no command no-such-node" in str(absent.why_not())
    node = OnnxRuntimeWeb("wasm-ort-fp32").why_not()
    assert node is not None
    assert "npm install onnxruntime-web" in node or "Node.js is not installed" in node


def test_the_gpu_targets_have_the_batch_of_their_names() -> None:
    torch = pytest.importorskip("torch")
    for name, batch in (("cuda-torch-b1", 1), ("cuda-torch-b256", 256)):
        target = TorchCuda(name)
        assert target._batch == batch
        assert (target.why_not() is None) == torch.cuda.is_available()


def test_a_gpu_run_ends_with_the_gpu_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU made up: what is called, in which order, by which clock."""
    import torch

    log: list[str] = []
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.nn.Module, "cuda", lambda self: self)
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self: self)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: log.append("idle"))
    shown = specimen(ARCHITECTURES[0], tmp_path)
    shown.network.register_forward_hook(
        lambda module, given, found: log.append(f"batch of {len(found)}")
    )
    target = TorchCuda("cuda-torch-b256")
    prepared = target.prepare(shown)
    assert prepared.deviation == 0
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    log.clear()
    timing = prepared.time_visit(1, 2)
    assert log == ["batch of 256", "idle"] * 3
    assert target.clock == "wall"
    assert timing.p10_ms <= timing.wall_ms <= timing.p90_ms


def test_openvino_is_imported_without_its_telemetry(tmp_path: Path) -> None:
    """Neither a connection nor a file in the user's home."""
    pytest.importorskip("onnxruntime")
    if OpenVino("x86-ov-int8").why_not() is not None:
        pytest.skip("OpenVINO is not installed")
    program = (
        "import socket, sys\n"
        "def refuse(*given, **named): print('CALLS HOME', given); raise OSError\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from nasbench.hardware.open_vino import import_openvino\n"
        "openvino = import_openvino()\n"
        "openvino.Core()\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(telemetry_utils.tm.__name__)\n"
        "print([name for name in sys.modules if 'openvino_telemetry.' in name])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split("\n")[:2] == ["openvino.tools.ovc.telemetry_stub", "[]"]
    assert list(tmp_path.iterdir()) == []


def test_unknown_targets_name_near_matches() -> None:
    with pytest.raises(NasbenchError, match="did you mean 'x86-ort-fp32'"):
        make_target("x86-ort-fp23")


def test_a_simulated_target_cannot_be_measured() -> None:
    simulated = next(name for name in target_names() if name.startswith("sim-"))
    with pytest.raises(NasbenchError, match="is simulated: there is nothing to"):
        make_measured(simulated)


def test_names_say_what_a_target_is() -> None:
    for name in target_names():
        kind = make_target(name).kind
        assert (kind == "simulated") == name.startswith("sim-")
        assert make_target(name).name == name


def test_listing_targets_imports_no_runtime() -> None:
    program = (
        "import sys; from nasbench.hardware import make_target, target_names\n"
        "for name in target_names(): make_target(name)\n"
        "print(sorted({'torch', 'onnxruntime', 'openvino', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
