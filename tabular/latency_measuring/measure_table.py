"""Measure the classes of a table, block by block, and write the latencies into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings, Procedure
from nasbench.hardware.named import make_measured
from nasbench.hardware.own_process import BlockJob, Report, measure_in_own_process
from nasbench.hardware.processor import cores, governor, load_average, most_load
from nasbench.hardware.specimen import Images, noise_images
from nasbench.hardware.target import MeasuredTarget
from nasbench.networks import Skeleton
from tabular.latency_columns import LatencyColumns
from tabular.latency_measuring.block_folder import BlockFolder, latency_folder_of
from tabular.latency_measuring.blocks import Blocks, divide
from tabular.latency_measuring.tied_blocks import tied
from tabular.outputs import check_writable
from tabular.provenance import this_run
from tabular.schema import TableFile, write_table
from tabular.table import Table

Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and what is being measured."""

BLOCK = 400
"""Networks that one process holds at a time; more of them fill the memory."""


@dataclass(frozen=True)
class LatencyRequest:
    """What to measure.

    Attributes:
        targets: Names of measured targets.
        sample: How many classes, drawn at random; None for all.
        block: Networks in a block.
        procedure: How often to run what.
        replace: Whether to measure anew what the table holds.
    """

    targets: tuple[str, ...]
    sample: int | None = None
    block: int = BLOCK
    procedure: Procedure = field(default_factory=Procedure)
    replace: bool = False


@dataclass(frozen=True)
class LatencyRun:
    """How to go about it.

    Attributes:
        command: What to write into the table as the way the numbers were made.
        progress: Called before the first step and after every one.
        max_load: Load average above which no block is begun; None for half of the
            cores.
        images: ``(n, channels, height, width) float32`` normalised images of the
            task; None for noise.
        measure: Measures a block; another one is for tests.
        load: Reads the load average.
    """

    command: str = ""
    progress: Progress | None = None
    max_load: float | None = None
    images: Images | None = None
    measure: Callable[[BlockJob, Report], BlockTimings] = measure_in_own_process
    load: Callable[[], float] = load_average


def measure_latencies(
    path: Path, request: LatencyRequest, run: LatencyRun | None = None
) -> dict[str, LatencyColumns]:
    """Measure what the table does not hold yet, then write it in one step.

    Finished blocks lie in ``TABLE.latency`` until all are there; the same call goes on
    where an earlier one ended, also a killed one. The content digest of the table
    stays what it was. All targets measure a block before any measures the next.

    Args:
        path: The table file.
        request: What to measure.
        run: How to go about it.

    Returns:
        The columns that were written, by target; none where the table held them all.

    Raises:
        TableError: The file cannot be read or written.
        NasbenchError: A target is unknown, is not here, or is stored already by other
            settings; the load is too high; or the run was interrupted.
    """
    run = run or LatencyRun()
    path = path.resolve() if path.is_symlink() else path
    table = Table.open(path)
    if not request.targets:
        raise NasbenchError("no target is named; `nasbench latency list` shows them")
    targets = {name: make_measured(name) for name in dict.fromkeys(request.targets)}
    settings = {n: _settings(t, table, request, run) for n, t in targets.items()}
    wanted = _not_held(path, targets, settings, request.replace)
    if not wanted:
        _remove_finished(path, list(targets))
        return {}
    check_writable(path)
    blocks = divide(table, request.sample, request.block, request.procedure.seed)
    with BlockFolder(path) as folder:
        for name in wanted:
            folder.claim(name, settings[name])
        work = _Work(table, request, run, blocks, folder)
        measured = work.all(list(wanted))
        columns = {
            name: tied(blocks, found, len_classes(table), targets[name].clock)
            for name, found in measured.items()
        }
        written = {
            name: replace(
                each,
                provenance={
                    **this_run(run.command),
                    **settings[name],
                    **each.provenance,
                },
            )
            for name, each in columns.items()
        }
        contents = TableFile(path).contents()
        merged = {**contents.latencies, **written}
        write_table(replace(contents, latencies=merged), path)
        for name in wanted:
            folder.remove_target(name)
    return written


def len_classes(table: Table) -> int:
    """Return how many classes the table has, trained or not."""
    return len(table.read("classes/representative"))


def skeleton_of(table: Table) -> Skeleton:
    """Return the frame of the table's networks."""
    identity = table.identity
    return identity.recipe.skeleton(identity.image_shape, identity.classes)


def _settings(
    target: MeasuredTarget, table: Table, request: LatencyRequest, run: LatencyRun
) -> dict[str, str]:
    """Return what decides the numbers of a target, as texts."""
    procedure = request.procedure
    return {
        **target.conditions(),
        "clock": target.clock,
        "table": table.identity.fingerprint,
        "sample": "all" if request.sample is None else str(request.sample),
        "networks_per_block": str(request.block),
        "rounds": str(procedure.rounds),
        "visits": str(procedure.visits),
        "warm_up_runs": str(procedure.warm_up),
        "timed_runs": str(procedure.runs),
        "measured_again_above": str(procedure.noisy),
        "measured_again_at_most": str(procedure.again),
        "seed": str(procedure.seed),
        "images": "noise" if run.images is None else "of the task",
        "governor": governor() or "unknown",
    }


def _not_held(
    path: Path,
    targets: Mapping[str, MeasuredTarget],
    settings: Mapping[str, Mapping[str, str]],
    anew: bool,
) -> list[str]:
    """Return the targets whose latencies the table does not hold by these settings."""
    held = TableFile(path).latencies()
    missing = []
    for name in targets:
        if name not in held:
            missing.append(name)
            continue
        stated = held[name].provenance
        other = [k for k, v in settings[name].items() if stated.get(k) != v]
        if other and not anew:
            said = ", ".join(f"{key} {stated.get(key, 'none')}" for key in other)
            raise NasbenchError(
                f"{path} holds target {name} by other settings ({said}); repeat "
                "those, or measure it anew with --replace"
            )
        if other or anew:
            missing.append(name)
    return missing


def _remove_finished(path: Path, targets: Sequence[str]) -> None:
    """Remove blocks that a run left which was killed after it wrote the table."""
    if latency_folder_of(path).exists():
        with BlockFolder(path) as folder:
            for name in targets:
                folder.remove_target(name)


@dataclass(frozen=True, eq=False)
class _Work:
    table: Table
    request: LatencyRequest
    run: LatencyRun
    blocks: Blocks
    folder: BlockFolder

    def all(self, targets: Sequence[str]) -> dict[str, list[BlockTimings]]:
        """Measure every block that is not in the folder, with every target."""
        measured: dict[str, list[BlockTimings]] = {name: [] for name in targets}
        counter = _Counter(self.run.progress, self._steps(len(targets)))
        try:
            for number in range(len(self.blocks.blocks)):
                for name in targets:
                    found = self.folder.read(name, number)
                    if found is None:
                        found = self._measure(name, number, counter)
                        self.folder.write(name, number, found)
                    counter.finish(self._block_steps(number))
                    measured[name].append(found)
                self.folder.drop_networks()
        except KeyboardInterrupt:
            raise NasbenchError(
                f"interrupted: finished blocks are kept in {self.folder.path}; the "
                "same command goes on from there"
            ) from None
        return measured

    def _measure(self, target: str, number: int, counter: _Counter) -> BlockTimings:
        self._check_load()
        space, skeleton = self.table.space, skeleton_of(self.table)
        indices = self.table.read("classes/representative")[self.blocks.blocks[number]]
        images = self.run.images
        if images is None:
            images = noise_images(skeleton, self.request.procedure.seed)
        job = BlockJob(
            target=target,
            space=self.table.identity.space,
            architectures=tuple(space.architecture_at(int(i)) for i in indices),
            skeleton=skeleton,
            images=images,
            folder=self.folder.networks().absolute(),
            procedure=self.request.procedure,
            core=cores()[-1],
        )
        blocks = len(self.blocks.blocks)
        counter.note = f"{target}, block {number + 1} of {blocks}"
        return self.run.measure(job, counter.step)

    def _check_load(self) -> None:
        limit = most_load() if self.run.max_load is None else self.run.max_load
        load = self.run.load()
        if load > limit:
            raise NasbenchError(
                f"the load average is {load:.1f}, above {limit:g}: what is measured "
                "now is noise. Finished blocks are kept; run the same command when "
                "the machine is quiet, or raise --max-load"
            )

    def _block_steps(self, number: int) -> int:
        return self.request.procedure.steps(len(self.blocks.blocks[number]))

    def _steps(self, targets: int) -> int:
        return targets * sum(map(self._block_steps, range(len(self.blocks.blocks))))


@dataclass
class _Counter:
    """Counts steps; what a block that was measured before had counts as done."""

    progress: Progress | None
    total: int
    note: str = ""
    finished: int = 0
    inside: int = 0

    def step(self) -> None:
        self.inside += 1
        self._show()

    def finish(self, steps: int) -> None:
        self.finished, self.inside = self.finished + steps, 0
        self._show()

    def _show(self) -> None:
        if self.progress is not None:
            done = min(self.finished + self.inside, self.total)
            self.progress(done, self.total, self.note)
