"""What proxies cost, beside what they stand for."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nasbench.spaces import make_space
from nasbench.training.engine import make_engine
from nasbench.training.recipe import Recipe
from surrogates.proxies import CLASSICAL, make_proxy
from surrogates.proxies.scores import score_specimen
from surrogates.proxies.specimen import SpecimenSource, first_batches


@pytest.mark.slow
def test_the_classical_proxies_cost_less_than_the_training(digits) -> None:
    space, recipe = make_space("cell201"), Recipe()
    engine = make_engine(space, digits, recipe)
    skeleton = recipe.skeleton(digits.shape, digits.classes)
    source = SpecimenSource(space, skeleton, first_batches(digits, [0], 64))
    proxies = [make_proxy(name) for name in CLASSICAL]
    rng = np.random.default_rng(0)
    cells = [space.sample(rng) for _ in range(4)]
    engine.train(space, cells[0], 0, epochs=1)  # compiles
    score_specimen(proxies, source.specimen(cells[0], 0))
    spent = {"training": 0.0, "proxies": 0.0, "proxies, each alone": 0.0}
    for cell in cells[1:]:
        start = time.process_time()
        engine.train(space, cell, 0)
        spent["training"] += time.process_time() - start
        start = time.process_time()
        found = score_specimen(proxies, source.specimen(cell, 0))
        spent["proxies"] += time.process_time() - start
        spent["proxies, each alone"] += sum(score.seconds for score in found)
    assert spent["proxies"] < spent["training"] / 2, spent
    assert spent["proxies"] < spent["proxies, each alone"], spent
