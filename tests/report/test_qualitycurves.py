import numpy as np

from skysieve.report.qualitycurves import Training, draw_learning

LOG = {"epoch": np.array([1.0, 2.0, 3.0]), "train_loss": np.array([3.0, 2.0, 1.0]),
       "validation_loss": np.array([3.0, 1.0, 2.0])}  # fmt: skip


def test_networks_are_drawn_together_and_their_best_epochs_told():
    panel = draw_learning(
        [Training("m1", LOG), Training("m2", LOG | {"validation_loss": np.array([1.0, np.nan, 2.0])})]
    )
    assert b"m1, validation" in panel.svg
    assert b"m2, train" in panel.svg
    assert panel.caption.endswith("m1: epoch 2 of 3; m2: epoch 1 of 3.")


def test_whatever_was_watched_gets_a_field_of_its_own():
    panel = draw_learning([Training("m1", LOG | {"validation_agreement": np.array([0.1, 0.2, 0.3])})])
    assert b">agreement<" in panel.svg
    assert b"loss (cross-entropy)" in panel.svg


def test_without_logs_nothing_is_drawn():
    assert draw_learning([]).svg is None
    assert draw_learning([Training("m1", {})]).svg is None
