"""Learning curves: baselines, power laws, the epoch as a feature, seconds."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.testing import ToyBenchmark, ToySpace
from surrogates.learning_curves import (
    FAMILIES,
    extrapolate,
    last_value,
    sum_of_losses,
)
from surrogates.multi_fidelity import MultiFidelity, default_model
from surrogates.observations import Observations
from surrogates.runtime import fit_runtime
from surrogates.trial_noise import TrialNoise


def test_the_baselines_are_what_they_are_called() -> None:
    losses = np.array([[2.0, 1.0, 0.5], [3.0, 2.0, 1.0]])
    assert last_value(losses).tolist() == [0.5, 1.0]
    assert sum_of_losses(losses).tolist() == [-3.5, -6.0]
    assert sum_of_losses(losses, last=1).tolist() == [-0.5, -1.0]
    with pytest.raises(NasbenchError, match="1 to 3 epochs here, not 4"):
        sum_of_losses(losses, last=4)


PARAMETERS = {
    "pow3": (0.8, 0.6, 0.7),
    "logpower": (0.75, 0.4, 0.8),
    "mmf": (0.85, 0.1, 0.4, 1.2),
    "hill3": (0.8, 2.0, 0.9),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_curve_of_the_family_is_followed_to_its_end(family) -> None:
    curve = FAMILIES[family].value(np.arange(1.0, 41.0), *PARAMETERS[family])
    found = extrapolate(curve[None, :15], 40, family)
    assert found.converged.all()
    assert found.final[0] == pytest.approx(curve[-1], abs=2e-3)
    assert found.residual[0] < 1e-4


def test_a_fit_that_fails_says_nan_and_never_a_guess() -> None:
    rising = np.linspace(0.1, 0.9, 6)[None] ** 2  # convex: no family saturates so
    found = extrapolate(rising, 50, "pow3")
    assert not found.converged[0]
    assert np.isnan(found.final[0])


def test_wrong_beginnings_are_refused() -> None:
    with pytest.raises(NasbenchError, match="4 epochs or more"):
        extrapolate(np.full((2, 3), 0.5), 10)
    with pytest.raises(NasbenchError, match="did you mean 'pow3'"):
        extrapolate(np.full((2, 5), 0.5), 10, "pow4")
    with pytest.raises(NasbenchError, match="finite"):
        last_value(np.array([[0.1, np.nan]]))


@pytest.fixture(scope="module")
def toy() -> Observations:
    return Observations.of(ToyBenchmark(ToySpace((3, 4, 4)), epochs=6))


def test_short_trainings_teach_what_whole_ones_do(toy) -> None:
    rows = toy.space.one_hot(toy.architectures).astype(np.float32)
    curves = toy.curves.copy()
    curves[::2, 3:] = np.nan
    model = MultiFidelity(6).fit(rows, curves)
    unseen = model.predict(rows[::2], np.array([6]))[:, 0]
    without = MultiFidelity(6).fit(rows[1::2], toy.curves[1::2])
    ignorant = without.predict(rows[::2], np.array([6]))[:, 0]
    truth = toy.validation[::2]
    assert np.corrcoef(unseen, truth)[0, 1] > np.corrcoef(ignorant, truth)[0, 1] + 0.1
    whole = model.predict(rows)
    assert whole.shape == (len(rows), 6)
    assert np.allclose(whole[::2, 5], unseen)
    assert (np.diff(whole.mean(axis=0)) > 0).all()


def test_a_restored_model_of_curves_predicts_the_same(toy) -> None:
    rows = toy.space.one_hot(toy.architectures).astype(np.float32)
    model = MultiFidelity(6).fit(rows, toy.curves)
    again = MultiFidelity.rebuild(model.describe(), model.arrays())
    assert (again.predict(rows) == model.predict(rows)).all()
    with pytest.raises(NasbenchError, match=r"shape \(48, 6\)"):
        MultiFidelity(6).fit(rows, toy.curves[:, :3])


def test_the_seed_of_curves_is_that_of_their_model(toy) -> None:
    assert MultiFidelity(6, seed=7).model.seed == 7
    assert MultiFidelity(6).model.settings() == default_model(0).settings()
    given = default_model(3)
    assert MultiFidelity(6, 7, given).model is given


def test_epochs_that_the_curves_do_not_have_are_refused(toy) -> None:
    rows = toy.space.one_hot(toy.architectures).astype(np.float32)
    model = MultiFidelity(6).fit(rows, toy.curves)
    for wrong in ([0], [2, 7], [1.5]):
        with pytest.raises(NasbenchError, match="1 to 6 of them"):
            model.predict(rows, np.array(wrong))


def test_seconds_are_predicted_to_a_few_percent_and_are_positive(toy) -> None:
    found = fit_runtime(toy.space, "one-hot", toy.architectures[::2], toy.seconds[::2])
    said = found.predict(toy.architectures[1::2])
    assert (said > 0).all()
    assert np.median(np.abs(said / toy.seconds[1::2] - 1)) < 0.1
    with pytest.raises(NasbenchError, match="positive"):
        fit_runtime(toy.space, "one-hot", toy.architectures, toy.seconds * 0)


def test_noise_is_measured_and_drawn_as_it_was_made() -> None:
    rng = np.random.default_rng(0)
    levels = np.repeat([0.3, 0.8], 400)
    scatter = np.where(levels < 0.5, 0.04, 0.01)[:, None, None]
    shared = rng.normal(size=(800, 4, 1))
    own = rng.normal(size=(800, 4, 3))
    made = (0.8 * shared + 0.6 * own) * scatter
    noise = TrialNoise.fit(levels[:, None, None] + made)
    assert noise is not None
    assert noise.deviation(np.array([0.3, 0.8])) == pytest.approx([0.04, 0.01], rel=0.1)
    drawn = np.stack([noise.draw(0.3, rng) for _ in range(4000)])
    assert drawn.std(axis=0) == pytest.approx([0.04] * 3, rel=0.1)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.64, abs=0.05)
    assert TrialNoise.fit(np.zeros((10, 1, 3))) is None
