from __future__ import annotations

import pytest
import torch
from small_pictures import LAYERS, MakeFeatures, settings

from vst_core.methods import Prior, measure_style
from vst_core.methods.objective import Objective
from vst_core.settings import OptimizationSettings


def make(random_features: MakeFeatures, chosen: OptimizationSettings, prior: Prior | None = None) -> Objective:
    torch.manual_seed(5)
    network, content, style = random_features(LAYERS), torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32).square()
    return Objective(chosen, network, content, prior, measure_style(chosen, network, [style], [1.0]))


def plate() -> torch.Tensor:
    torch.manual_seed(5)
    return torch.rand(1, 3, 32, 32)


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein", "sliced"])
def test_parts_sum_to_the_total_that_is_returned(style_loss: str, random_features: MakeFeatures) -> None:
    prior = Prior(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32))
    objective = make(random_features, settings(style_loss=style_loss), prior)
    value = float(objective(torch.rand(1, 3, 32, 32)))
    parts = objective.parts()
    assert list(parts) == ["total", "content", "style", "tv", "temporal"]
    assert all(part > 0 for part in parts.values())
    assert parts["total"] == pytest.approx(value, rel=1e-5)
    assert sum(parts.values()) == pytest.approx(2 * value, rel=1e-5)


def test_without_a_prior_there_is_no_temporal_part(random_features: MakeFeatures) -> None:
    objective = make(random_features, settings())
    objective(torch.rand(1, 3, 32, 32))
    assert "temporal" not in objective.parts()


def test_the_plate_itself_costs_no_content(random_features: MakeFeatures) -> None:
    objective = make(random_features, settings())
    objective(plate())
    assert objective.parts()["content"] == 0
    assert objective.parts()["style"] > 0


@pytest.mark.parametrize(
    ("weight", "part"),
    [("content_weight", "content"), ("style_weight", "style"), ("tv_weight", "tv"), ("temporal_weight", "temporal")],
)
def test_each_weight_multiplies_its_part_alone(weight: str, part: str, random_features: MakeFeatures) -> None:
    prior = Prior(torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32))
    image = torch.rand(1, 3, 32, 32)
    found = []
    for value in (1.0, 3.0, 0.0):
        objective = make(random_features, settings(**{weight: value}), prior)
        objective(image)
        found.append(objective.parts())
    for name in ("content", "style", "tv", "temporal"):
        assert found[1][name] == pytest.approx((3 if name == part else 1) * found[0][name], rel=1e-5)
        assert found[2][name] == pytest.approx((0 if name == part else 1) * found[0][name], rel=1e-5)


def test_content_layers_share_the_content_weight(random_features: MakeFeatures) -> None:
    image = torch.rand(1, 3, 32, 32)
    found = []
    for layers in (("relu1_1",), ("relu2_1",), LAYERS):
        objective = make(random_features, settings(content_layers=layers))
        objective(image)
        found.append(objective.parts()["content"])
    assert found[2] == pytest.approx((found[0] + found[1]) / 2, rel=1e-4)


def test_a_new_objective_starts_the_styles_losses_anew(random_features: MakeFeatures) -> None:
    chosen = settings(style_loss="sliced")
    network, content, style = random_features(LAYERS), plate(), torch.rand(1, 3, 32, 32)
    target = measure_style(chosen, network, [style], [1.0])
    image = torch.rand(1, 3, 32, 32)
    values = []
    for _ in range(2):
        objective = Objective(chosen, network, content, None, target)
        values.append([float(objective(image)) for _ in range(3)])
    assert values[0] == values[1]
