"""Recorded searches under the names of their methods, for boards.

``nasbench compare TABLE --strategy darts`` replays the searches that ship for that
table; ``"darts(file=FILE)"`` those of a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nasbench.search import SearchContext
from strategies.weight_sharing.replayed_search import ReplayedSearch
from strategies.weight_sharing.trace import Trace


class _Recorded(ReplayedSearch):
    """Replays the searches of the method that the class names."""

    name: str

    def __init__(
        self, context: SearchContext, *, file: str = "", searches: int = 1
    ) -> None:
        super().__init__(context, file=file, method=self.name, searches=searches)

    @classmethod
    def recordings(cls, context: SearchContext, **settings: Any) -> Sequence[Trace]:
        """Return the searches that runs would replay in turn."""
        return super().recordings(context, **settings, method=cls.name)


class RecordedDarts(_Recorded):
    """DARTS, first order (Liu et al., ICLR 2019)."""

    name = "darts"


class RecordedDartsSecondOrder(_Recorded):
    """DARTS, second order (Liu et al., ICLR 2019)."""

    name = "darts-second"


class RecordedPCDarts(_Recorded):
    """PC-DARTS (Xu et al., ICLR 2020)."""

    name = "pc-darts"


class RecordedDrNAS(_Recorded):
    """DrNAS (Chen et al., ICLR 2021)."""

    name = "drnas"


class RecordedGDAS(_Recorded):
    """GDAS (Dong & Yang, CVPR 2019)."""

    name = "gdas"


class RecordedSNAS(_Recorded):
    """SNAS (Xie et al., ICLR 2019)."""

    name = "snas"


class RecordedProxylessNAS(_Recorded):
    """ProxylessNAS (Cai et al., ICLR 2019)."""

    name = "proxyless"


class RecordedFBNet(_Recorded):
    """FBNet with its latency loss (Wu et al., CVPR 2019)."""

    name = "fbnet"


class RecordedENAS(_Recorded):
    """ENAS (Pham et al., ICML 2018)."""

    name = "enas"


class RecordedRandomSharing(_Recorded):
    """Random search with weight sharing (Li & Talwalkar, UAI 2019)."""

    name = "random-sharing"


class RecordedSinglePath(_Recorded):
    """Single-path one-shot with evolution (Guo et al., ECCV 2020)."""

    name = "single-path"


class RecordedOnceForAll(_Recorded):
    """Once-for-All, reduced (Cai et al., ICLR 2020)."""

    name = "once-for-all"


class RecordedSmash(_Recorded):
    """SMASH (Brock et al., ICLR 2018)."""

    name = "smash"


class RecordedGraphHypernetwork(_Recorded):
    """Graph hypernetwork (Zhang et al., ICLR 2019)."""

    name = "graph-hypernetwork"


class RecordedMorphisms(_Recorded):
    """Hill climbing by network morphisms (Elsken et al., 2017)."""

    name = "morphisms"


class RecordedFedNAS(_Recorded):
    """FedNAS (He et al., 2020)."""

    name = "fednas"


class RecordedReptile(_Recorded):
    """Random search over weights that Reptile learned (Nichol et al., 2018)."""

    name = "reptile"
