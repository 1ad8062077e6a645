"""Peak memory of activations, by the time that every value has to stay."""

from __future__ import annotations

from nasbench.hardware.layer_shapes import Schedule


def peak_activations(schedule: Schedule) -> int:
    """Return the most numbers that stand in memory at once, weights apart.

    A value stands from the step that writes it (the image from the start) until the
    last step that reads it; the logits until the end. While a step runs, all that it
    reads and what it writes stand. Nothing is overwritten in place. Times the bytes of
    a number this is what an arena without gaps needs (as in MCUNet, Lin et al.,
    NeurIPS 2020). The order of the steps is that of the schedule; another order may
    need less.
    """
    if not schedule.steps:
        return schedule.elements[-1]
    last = {value: at for at, step in enumerate(schedule.steps) for value in step.reads}
    # What nothing reads is gone after the step that writes it.
    last |= {
        step.writes: last.get(step.writes, at) for at, step in enumerate(schedule.steps)
    }
    standing = schedule.elements[0]
    peak = standing
    for at, step in enumerate(schedule.steps):
        standing += schedule.elements[step.writes]
        peak = max(peak, standing)
        gone = {value for value in (*step.reads, step.writes) if last[value] == at}
        standing -= sum(schedule.elements[value] for value in gone)
    return peak
