import numpy as np

from skysieve.training import Stage, TrainingRecipe, fit, fit_folds, split_folds

RECIPE = TrainingRecipe(stages=(Stage(1),), batch=32, accelerator="cpu")


def test_every_fold_is_held_out_once_and_trained_in_its_own_folder(make_network, samples, loss, tmp_path):
    folds, held_out = split_folds(np.arange(90) // 3, 3), []

    def fit_fold(seen, held, out):
        held_out.extend(held)
        assert not set(seen) & set(held)
        return fit(make_network(), loss, samples.take(seen), validation=samples.take(held), recipe=RECIPE, out=out)

    assert len(fit_folds(folds, fit_fold, out=tmp_path)) == 3
    assert sorted(held_out) == list(range(90))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fold-0", "fold-1", "fold-2"]
