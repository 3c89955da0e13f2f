"""What the loss of a clip asks of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_training import LAYERS, MakeFeatures, recipe, smooth_picture
from torch import Tensor, nn

from vst_core.methods import read_style
from vst_core.networks import ARCHITECTURES, TransformerNet
from vst_core.training.motion import Clip
from vst_core.training.objective import ClipObjective, Draw

SIDE = 64


class Painter(nn.Module):
    """A network that gives what it is told, the last of it again and again, or the frame itself, and remembers its
    priors. After the frames of a clip it is asked for the last of them without a prior.
    """

    styles = 2

    def __init__(self, *outputs: Tensor) -> None:
        super().__init__()
        self._outputs = outputs
        self.priors: list[Tensor] = []
        self.mixtures: list[Tensor] = []
        self.most_kept: list[Tensor | None] = []

    def forward(
        self, image: Tensor, warped: Tensor, valid: Tensor, mix: Tensor, most_kept: Tensor | None = None
    ) -> Tensor:
        del valid
        self.priors.append(warped)
        self.mixtures.append(mix)
        self.most_kept.append(most_kept)
        return self._outputs[min(len(self.priors), len(self._outputs)) - 1] if self._outputs else image


@pytest.fixture
def objective(tmp_path: Path, random_features: MakeFeatures) -> ClipObjective:
    made = recipe(tmp_path)
    return ClipObjective(made, random_features(LAYERS), [read_style(path) for path in made.styles])


def picture(seed: int) -> Tensor:
    return torch.from_numpy(smooth_picture(seed, SIDE, SIDE)).permute(2, 0, 1)[None]


def clip(*frames: Tensor) -> Clip:
    """Frames (1, 3, H, W) between which nothing moves, all of it valid."""
    pairs = len(frames) - 1
    return Clip(torch.stack(frames, 1), torch.zeros(1, pairs, 2, SIDE, SIDE), torch.ones(1, pairs, 1, SIDE, SIDE))


def draw(style: int = 0, judged: int = 0, blur: float = 0, tint: float = 0) -> Draw:
    return Draw([style], judged, torch.full((1,), float(blur)), torch.full((1, 3), float(tint)), torch.full((1,), 0.95))


def loss(objective: ClipObjective, network: Any, clip: Clip, draw: Draw) -> dict[str, float]:
    return {name: float(value) for name, value in objective(network, clip, draw).items()}


def test_a_still_clip_painted_alike_has_no_temporal_loss(objective: ClipObjective) -> None:
    still = clip(picture(1), picture(1), picture(1))
    assert loss(objective, Painter(), still, draw())["temporal"] == 0
    flickering = Painter(picture(1), picture(1) + 0.1, picture(1))
    assert loss(objective, flickering, still, draw())["temporal"] > 0


def test_what_moves_along_has_no_temporal_loss(objective: ClipObjective) -> None:
    frame = picture(1)
    made = clip(frame, frame.roll(2, 3))
    made.backward_flow[:, :, 0] = -2
    made.valid[..., :2] = 0
    painted = picture(2)
    assert loss(objective, Painter(painted, painted.roll(2, 3)), made, draw())["temporal"] == 0
    assert loss(objective, Painter(painted, painted), made, draw())["temporal"] > 1e-3


def test_where_light_changes_the_painting_may_change_too(objective: ClipObjective) -> None:
    painter = Painter(picture(2), picture(3))
    bound = loss(objective, painter, clip(picture(1) / 2, picture(1) / 2 + 0.01), draw())["temporal"]
    painter = Painter(picture(2), picture(3))
    free = loss(objective, painter, clip(picture(1) / 2, picture(1) / 2 + 0.3), draw())["temporal"]
    assert free < bound / 1000


def test_colours_that_drift_away_from_those_of_a_first_frame_cost(objective: ClipObjective) -> None:
    still = clip(picture(1), picture(1))
    darker = Painter(picture(2), picture(2) - 0.02, picture(2))
    drifting = loss(objective, darker, still, draw())["drift"]
    assert drifting > 10 * loss(objective, Painter(picture(2), picture(2) - 0.002, picture(2)), still, draw())["drift"]
    assert not darker.priors[2].any()
    strokes = 0.02 * (torch.arange(SIDE) % 2 * 2 - 1.0)
    moved = Painter(picture(2), picture(2) + strokes, picture(2) - strokes)
    assert loss(objective, moved, still, draw())["drift"] < drifting / 1000


def test_the_network_is_told_how_much_of_a_prior_it_may_keep(objective: ClipObjective) -> None:
    painter = Painter()
    loss(objective, painter, clip(picture(1), picture(1)), draw())
    first, second, fresh = painter.most_kept
    assert first is None
    assert fresh is None
    assert second is not None
    assert torch.equal(second, torch.full((1, 1, 1, 1), 0.95))


def test_a_single_frame_has_no_temporal_part(objective: ClipObjective) -> None:
    assert loss(objective, Painter(), clip(picture(1)), draw()).keys() == {"content", "style", "tv"}


def test_a_frame_left_as_it_is_keeps_its_content(objective: ClipObjective) -> None:
    assert loss(objective, Painter(), clip(picture(1)), draw())["content"] == 0
    assert loss(objective, Painter(picture(2)), clip(picture(1)), draw())["content"] > 0


def test_the_judged_frame_is_the_one_that_is_asked(objective: ClipObjective) -> None:
    made = clip(picture(1), picture(2))
    for judged in (0, 1):
        outputs = [picture(1), picture(2)]
        assert loss(objective, Painter(*outputs), made, draw(judged=judged))["content"] == 0
        outputs[judged] = picture(3)
        assert loss(objective, Painter(*outputs), made, draw(judged=judged))["content"] > 0


def test_each_style_picks_its_own_target(tmp_path: Path, objective: ClipObjective) -> None:
    styles = [read_style(path) for path in recipe(tmp_path).styles]
    for number in (0, 1):
        for painted in (0, 1):
            painter = Painter(styles[painted])
            frame = torch.zeros_like(styles[painted])
            made = Clip(frame[None], torch.zeros(1, 0, 2, 64, 72), torch.zeros(1, 0, 1, 64, 72))
            style = loss(objective, painter, made, draw(style=number))["style"]
            assert style < 1e-6 if painted == number else style > 1e-3
            assert painter.mixtures[0].tolist() == [[1.0 - number, float(number)]]


def test_each_clip_of_a_batch_has_its_own_style(tmp_path: Path, objective: ClipObjective) -> None:
    frames = torch.cat([read_style(path) for path in recipe(tmp_path).styles])
    made = Clip(frames[:, None], torch.zeros(2, 0, 2, 64, 72), torch.zeros(2, 0, 1, 64, 72))
    for styles in ([0, 1], [1, 0]):
        drawn = Draw(styles, 0, torch.zeros(2), torch.zeros(2, 3), torch.full((2,), 0.95))
        style = loss(objective, Painter(), made, drawn)["style"]
        assert style < 1e-6 if styles == [0, 1] else style > 1e-3


def test_a_prior_is_worn_for_the_network_and_not_for_the_temporal_loss(objective: ClipObjective) -> None:
    still = clip(picture(1), picture(1))
    fresh, tinted, soft = Painter(), Painter(), Painter()
    loss(objective, fresh, still, draw())
    assert torch.allclose(fresh.priors[1], picture(1), atol=1e-6)
    assert loss(objective, tinted, still, draw(tint=0.1))["temporal"] == 0
    assert torch.allclose(tinted.priors[1], picture(1) + 0.1, atol=1e-5)
    loss(objective, soft, still, draw(blur=0.5))
    assert soft.priors[1].diff(dim=-1).abs().mean() < picture(1).diff(dim=-1).abs().mean()
    assert not fresh.priors[0].any()


def test_a_prior_is_empty_where_it_is_not_valid(objective: ClipObjective) -> None:
    still = clip(picture(1), picture(1))
    still.valid[..., :20] = 0
    painter = Painter()
    loss(objective, painter, still, draw(tint=0.1))
    assert not painter.priors[1][..., :20].any()
    assert painter.priors[1][..., 20:].all()


def test_weights_multiply_their_parts(tmp_path: Path, random_features: MakeFeatures) -> None:
    made = recipe(tmp_path)
    styles = [read_style(path) for path in made.styles]
    still = clip(picture(1), picture(1))
    painter = [picture(2), picture(3), picture(2)]
    plain = loss(ClipObjective(made, random_features(LAYERS), styles), Painter(*painter), still, draw())
    for name in ("content", "style", "tv", "temporal"):
        heavier = made.model_copy(update={f"{name}_weight": 3.0})
        parts = loss(ClipObjective(heavier, random_features(LAYERS), styles), Painter(*painter), still, draw())
        also = {"drift": 3 * plain["drift"]} if name == "temporal" else {}
        assert parts == pytest.approx(plain | {name: 3 * plain[name]} | also)


def test_gradients_reach_the_whole_network_and_only_the_style_that_was_drawn(objective: ClipObjective) -> None:
    network = TransformerNet(ARCHITECTURES["fast"], 2)
    moving = clip(picture(1), picture(2))
    torch.stack(list(objective(network, moving, draw(style=1, judged=1)).values())).sum().backward()  # type: ignore[no-untyped-call]
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        if name.endswith((".scale", ".shift")):
            assert not parameter.grad[0].any(), name
            assert parameter.grad[1].any(), name
        else:
            assert parameter.grad.any(), name
