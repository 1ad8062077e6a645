"""Building: the same digest whatever the workers, the order and the interruptions."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.spaces import EquivalenceClasses, SearchSpace
from nasbench.spaces.classes import find_classes
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from tabular import Table
from tabular.build import BuildInterrupted, BuildRequest, Progress, build
from tabular.plan import WHOLE, deal, plan_shards, training_order
from tabular.shard_files import BuildError

SPACE = "topology:3:none,skip_connect,nor_conv_1x1"


@pytest.fixture
def request_of(digits: Task, small_recipe: Recipe) -> BuildRequest:
    return BuildRequest(SPACE, digits, small_recipe, seeds=2)


@pytest.fixture(scope="module")
def expected_digest(
    digits: Task, small_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> str:
    out = tmp_path_factory.mktemp("expected") / "table.h5"
    return build(BuildRequest(SPACE, digits, small_recipe, seeds=2), out).digest


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_one_and_several_workers_give_equal_digests(
    workers: int, request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    table = build(request_of, tmp_path / "t.h5", workers=workers)
    assert table.digest == expected_digest
    assert table.is_complete
    assert not (tmp_path / "t.h5.build").exists()


def test_other_settings_give_other_digests(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    other = replace(request_of, recipe=replace(request_of.recipe, momentum=0.8))
    assert build(other, tmp_path / "other.h5").digest != expected_digest


def test_seeds_and_classes_are_added_without_training_the_old_again(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    out, seen = tmp_path / "grown.h5", []

    def trained(**changes: int | None) -> int:
        seen.clear()
        build(replace(request_of, **changes), out, report=seen.append)  # type: ignore[arg-type]
        return seen[-1].done - seen[0].done

    classes = len(Table.open(build(request_of, tmp_path / "x.h5").path))
    assert trained(seeds=1, limit=3) == 3
    assert not Table.open(out).is_complete
    assert trained(seeds=1, limit=None) == classes - 3
    assert trained() == classes
    assert Table.open(out).digest == expected_digest
    assert trained() == 0
    assert trained(seeds=1) == 0
    assert Table.open(out).digest == expected_digest


def test_progress_ends_at_the_total_and_foretells_the_time(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    build(request_of, tmp_path / "t.h5", report=seen.append)
    assert seen[0].done == 0
    assert seen[0].seconds_left == float("inf")
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].done == seen[-1].total
    assert seen[-1].seconds_left == 0
    assert seen[-2].seconds_left == pytest.approx(
        (seen[-2].total - seen[-2].done) / seen[-2].rate
    )


def test_an_interruption_keeps_finished_shards_and_says_how_to_go_on(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"

    def interrupt(progress: Progress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted, match=r"3 of \d+ trainings are kept"):
        build(request_of, out, report=interrupt)
    assert not out.exists()
    seen: list[Progress] = []
    assert build(request_of, out, report=seen.append).digest == expected_digest
    assert seen[0].done == 3


def words(out: Path, recipe: Recipe, workers: int = 2) -> list[str]:
    flags = [
        f"--recipe.{name.replace('_', '-')}={getattr(recipe, name)}"
        for name in (
            *("epochs", "batch_size", "channels"),
            *("train_images", "valid_images", "test_images"),
        )
    ]
    return [
        *("build", "--space", SPACE, "--task", "digits", "--seeds", "2"),
        *("--workers", str(workers), "--out", str(out)),
        *flags,
    ]


def command(out: Path, recipe: Recipe) -> list[str]:
    program = "import sys; from nasbench.cli import main; sys.exit(main())"
    return [sys.executable, "-c", program, *words(out, recipe)]


def children(pid: int) -> set[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    )
    return {int(child) for child in found.stdout.split()}


def test_sigkill_at_random_moments_loses_no_finished_shard(
    small_recipe: Recipe,
    expected_digest: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(0)
    out, kept, kills = tmp_path / "t.h5", 0, 0
    workers: set[int] = set()
    while not out.exists() and kills < 2:
        process = subprocess.Popen(command(out, small_recipe), stderr=subprocess.PIPE)
        # Until the next shard is finished, and a random moment more.
        while process.poll() is None and _shards(out) <= kept:
            time.sleep(0.01)
        time.sleep(rng.random() * 0.2)
        workers |= children(process.pid)
        process.kill()
        process.communicate()
        kills += 1
        assert out.exists() or _shards(out) > kept
        kept = _shards(out)
    assert kills > 0
    # What two workers began, one goes on with.
    assert main(words(out, small_recipe, workers=1)) == 0
    assert expected_digest in capsys.readouterr().out
    assert Table.open(out).digest == expected_digest
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in workers)


def _shards(out: Path) -> int:
    return len(list(out.with_name(out.name + ".build").glob("seed*.npz")))


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_at_once(
    number: int, code: int, small_recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    slow = replace(small_recipe, epochs=4000, train_images=2000)  # minutes
    process = subprocess.Popen(
        command(out, slow), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (out.with_name(out.name + ".build") / "identity.json").exists():
        time.sleep(0.01)
    while not children(process.pid):
        time.sleep(0.01)
    time.sleep(1.0)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    last = errors.strip().splitlines()[-1]
    assert "the same command goes on from there" in last
    assert "Traceback" not in errors
    assert not out.exists()


def test_two_builds_on_one_output_are_refused(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    folder = tmp_path / "t.h5.build" / "local"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BuildError, match="another build is writing"):
            build(request_of, out)
    build(request_of, out)


def test_a_build_with_other_settings_is_not_mixed_in(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted):
        build(request_of, out, report=stop)
    other = replace(request_of, recipe=replace(request_of.recipe, epochs=3))
    with pytest.raises(BuildError, match=r"recipe\.epochs 3, not 2"):
        build(other, out)
    build(request_of, out)
    with pytest.raises(BuildError, match=r"recipe\.epochs 3, not 2"):
        build(other, out)
    assert [path.name for path in tmp_path.iterdir()] == ["t.h5"]


def begun(request: BuildRequest, out: Path) -> Path:
    """Leave the shards of a build that was stopped; return their folder."""

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted):
        build(request, out, report=stop)
    return out.with_name(out.name + ".build")


def flipped(content: bytes, position: int, mask: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= mask
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[:-100],
    # A deflate stream begins with its kind of block: 3 is none (zlib.error).
    "compressed byte": lambda content: flipped(
        content, content.index(b"header.npy") + len(b"header.npy") + 20, 0x06
    ),
    # The catalogue at the end says how a member is compressed, and whether it is
    # encrypted (NotImplementedError, RuntimeError).
    "method": lambda content: flipped(content, content.index(b"PK\1\2") + 10, 0x0A),
    "encrypted": lambda content: flipped(content, content.index(b"PK\1\2") + 8, 0x01),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_named(
    damage: str, request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    shard = next(begun(request_of, out).glob("seed*.npz"))
    shard.write_bytes(DAMAGES[damage](shard.read_bytes()))
    with pytest.raises(BuildError) as caught:
        build(request_of, out)
    said = str(caught.value)
    assert re.search(rf"{re.escape(str(shard))} is damaged \(.+\); remove it", said)
    assert "the same command trains it again" in said
    assert "\n" not in said
    shard.unlink()
    build(request_of, out)


@pytest.mark.parametrize(
    "text", ["", "{" * 500, "[1, 2]", '{"recipe": {"epochs": "' + "x" * 500 + '"}}']
)
def test_a_damaged_identity_is_named_and_can_be_removed(
    text: str, request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    path = begun(request_of, out) / "identity.json"
    path.write_text(text)
    with pytest.raises(BuildError) as caught:
        build(request_of, out)
    said = str(caught.value)
    assert said.startswith(f"{path} is damaged (")
    assert said.endswith("remove it, and the command of the build writes it anew")
    assert len(said) < len(str(path)) + 350
    path.unlink()
    assert build(request_of, out).digest == expected_digest


def test_outputs_that_cannot_be_written_are_refused(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="is a folder"):
        build(request_of, tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match="cannot write"):
        build(request_of, tmp_path / "file" / "t.h5")
    (tmp_path / "no.h5").write_text("not HDF5")
    with pytest.raises(Exception, match="is no nasbench-table"):
        build(request_of, tmp_path / "no.h5")
    assert (tmp_path / "no.h5").read_text() == "not HDF5"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "no.h5"}


def test_a_link_is_followed_and_stays(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    (tmp_path / "link.h5").symlink_to(tmp_path / "real.h5")
    assert build(request_of, tmp_path / "link.h5").digest == expected_digest
    assert (tmp_path / "link.h5").is_symlink()
    assert Table.open(tmp_path / "real.h5").digest == expected_digest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_is_one_line(
    request_of: BuildRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> int:
        with Path("/dev/full").open("wb") as file:
            return file.write(content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Exception, match=r"cannot write .*No space left"):
        build(request_of, tmp_path / "t.h5")
    monkeypatch.undo()
    build(request_of, tmp_path / "t.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["t.h5"]


def test_wrong_numbers_are_refused(request_of: BuildRequest, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="at least 1 seed, not 0"):
        replace(request_of, seeds=0)
    with pytest.raises(BuildError, match="at least 1 worker, not 0"):
        build(request_of, tmp_path / "t.h5", workers=0)
    with pytest.raises(Exception, match="the limit is 1 to"):
        build(replace(request_of, limit=1000), tmp_path / "t.h5")


def test_classes_are_found_once_for_all_shards(
    request_of: BuildRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    def counted(space: SearchSpace) -> EquivalenceClasses:
        found.append(space.name)
        return find_classes(space)

    monkeypatch.setattr("nasbench.spaces.space.find_classes", counted)
    build(request_of, tmp_path / "t.h5")
    assert found == [request_of.space]


def test_the_plan_holds_every_missing_trial_once() -> None:
    order = training_order(5260, None)
    assert sorted(order) == list(range(5260))
    assert training_order(5260, 100) == order[:100]
    done = {(number, 0) for number in order[:1000]}
    shards = plan_shards(deal(order, (0, 1), WHOLE), done, largest=32)
    pairs = [(number, shard.seed) for shard in shards for number in shard.classes]
    assert len(pairs) == len(set(pairs)) == 2 * 5260 - 1000
    assert not done & set(pairs)
    seeds = [shard.seed for shard in shards]
    assert seeds == sorted(seeds)
