"""Layer groups: which parameters learn at which rate, and which are frozen."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase  # the class of all layers with running statistics

from skysieve.training.recipe import Stage, TrainingRecipe

Groups = Mapping[str, Sequence[str]]


def make_optimizer(module: nn.Module, groups: Groups | None, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    """Return the optimizer of a recipe with one parameter group, named, for each layer group.

    Raises
    ------
    ValueError
        If a stage names an unknown group, or a parameter is in none or several.
    """
    chosen = [{"name": name, "params": part, "lr": 0.0} for name, part in choose_parameters(module, groups).items()]
    known = [str(part["name"]) for part in chosen]
    for number, stage in enumerate(recipe.stages):
        for name in stage.rates:
            if name not in known:
                raise ValueError(f"stages[{number}].rates: {name} is no layer group; there are {', '.join(known)}")
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(chosen, lr=0.0, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(chosen, lr=0.0, weight_decay=recipe.weight_decay)


def choose_parameters(module: nn.Module, groups: Groups | None) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each group; without groups all of them are ``all``.

    Parameters
    ----------
    module : Module
        The network.
    groups : mapping of str to sequence of str, optional
        For each group the names of submodules or parameters (``"backbone.layer1"``) that belong to it.
    """
    chosen: dict[str, list[nn.Parameter]] = {name: [] for name in (groups or {"all": [""]})}
    for name, parameter in module.named_parameters():
        owners = [group for group, heads in (groups or {"all": [""]}).items() if _belongs(name, heads)]
        if len(owners) != 1:
            where = " and ".join(owners) or "none"
            raise ValueError(f"layer groups: {name} is in {where}; every parameter belongs to exactly one group")
        chosen[owners[0]].append(parameter)
    for group, parameters in chosen.items():
        if not parameters:
            raise ValueError(f"layer groups: {group} holds no parameter; name submodules that exist")
    return chosen


def freeze(module: nn.Module, groups: Groups | None, stage: Stage) -> None:
    """Let only the groups learn that a stage names; running statistics of frozen layers stand still, too."""
    for group, parameters in choose_parameters(module, groups).items():
        for parameter in parameters:
            parameter.requires_grad_(group in stage.rates)
    for layer in module.modules():
        parameters = list(layer.parameters(recurse=False))
        if isinstance(layer, _NormBase) and parameters:
            layer.train(any(parameter.requires_grad for parameter in parameters))


def set_rates(optimizer: torch.optim.Optimizer, stage: Stage, factor: float) -> dict[str, float]:
    """Give every parameter group its learning rate, and return them by group; frozen groups have 0."""
    for group in optimizer.param_groups:
        group["lr"] = stage.rates.get(group["name"], 0.0) * factor
    return {group["name"]: group["lr"] for group in optimizer.param_groups}


def _belongs(parameter: str, heads: Sequence[str]) -> bool:
    return any(not head or parameter == head or parameter.startswith(f"{head}.") for head in heads)
