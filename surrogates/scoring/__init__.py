"""How surrogates are scored: splits that do not leak, measures, repetitions.

`metrics` compares predictions with the truth, `calibration` their uncertainties;
`splits` divides samples so that no class stands on both sides; `protocol` repeats it
at several numbers of samples.
"""

from surrogates.scoring.calibration import Calibration, calibration
from surrogates.scoring.metrics import Scores, score
from surrogates.scoring.protocol import Protocol, evaluate_surrogate, summary
from surrogates.scoring.splits import clustered_split, leave_one_origin_out

__all__ = [
    "Calibration",
    "Protocol",
    "Scores",
    "calibration",
    "clustered_split",
    "evaluate_surrogate",
    "leave_one_origin_out",
    "score",
    "summary",
]
