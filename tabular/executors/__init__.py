"""Where trainings run: in this process, in processes of this machine, on a cluster.

An executor is opened for one job, learns which engine its workers have, and yields
finished shards in any order; `tabular.build` keeps them.
"""

from tabular.executors.crew import Crew, Job, OpenCrew, TrainedShards
from tabular.executors.processes import LocalProcesses

__all__ = ["Crew", "Job", "LocalProcesses", "OpenCrew", "TrainedShards"]
