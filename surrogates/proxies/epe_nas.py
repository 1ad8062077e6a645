"""epe_nas: how alike the network reacts to images of one class."""

from __future__ import annotations

from itertools import combinations

from surrogates.proxies.input_jacobian import input_jacobian, row_correlations
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen

EPSILON = 1e-5
MANY_CLASSES = 100


class EpeNas(Proxy):
    """The sum over classes of ``|sum log(|correlation| + e)|`` of their Jacobians.

    Lopes et al., ICANN 2021; e = 1e-5. With more than 100 classes in the batch, class
    sums are divided by their images and the score is the mean difference between two
    classes. It depends strongly on how many images a class has in the batch; a class
    of one image has the sole correlation 1 and adds next to nothing.
    """

    name = "epe_nas"
    summary = "sum over classes of log correlations between the images' Jacobians"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the score."""
        jacobian, labels = input_jacobian(specimen), specimen.batches[0].labels
        classes = sorted(set(labels.tolist()))
        sums = []
        for each in classes:
            logs = (row_correlations(jacobian[labels == each]).abs() + EPSILON).log()
            sums.append(float(logs.sum()))
        if len(classes) <= MANY_CLASSES:
            return sum(abs(value) for value in sums)
        counts = [int((labels == each).sum()) for each in classes]
        means = [value / count for value, count in zip(sums, counts, strict=True)]
        differences = [abs(a - b) for a, b in combinations(means, 2)]
        return sum(differences) / len(means)
