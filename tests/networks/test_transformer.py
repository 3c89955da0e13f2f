"""What goes into the network and what comes out, whatever its weights."""

from __future__ import annotations

import pytest
import torch
from small_network import DROPS, KEEPS, one_of, random_frame, random_network, with_gate

from vst_core.networks import ARCHITECTURES, MOST_KEPT, TransformerNet
from vst_core.networks.architecture import Normalization
from vst_core.networks.transformer import network_input

SIZES = ("quality", "fast")
FIRST = one_of(2, 0)[None]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("height", "width"), [(32, 32), (40, 132)])
def test_a_frame_keeps_its_size(size: str, height: int, width: int) -> None:
    assert height % ARCHITECTURES[size].reduction == width % ARCHITECTURES[size].reduction == 0
    frames = [
        torch.cat(items) for items in zip(random_frame(height, width), random_frame(height, width, 1), strict=True)
    ]
    result = random_network(size)(*frames, torch.eye(2))
    assert result.shape == (2, 3, height, width)
    assert result.std() > 0.05


def test_frames_of_a_batch_do_not_meet() -> None:
    network, first, second = random_network(), random_frame(32, 36, 1), random_frame(32, 36, 2)
    mixes = torch.tensor([[1.0, 0.0], [0.3, 0.7]])
    together = network(*(torch.cat(items) for items in zip(first, second, strict=True)), mixes)
    for index, frame in enumerate((first, second)):
        assert torch.allclose(together[index : index + 1], network(*frame, mixes[index : index + 1]), atol=1e-5)


def test_the_network_sees_frame_prior_and_mask_from_minus_one_to_one() -> None:
    image, warped, _ = random_frame(4, 4)
    valid = torch.zeros(1, 1, 4, 4)
    valid[..., :2] = 1
    seen = network_input(image, warped, valid)
    assert torch.equal(seen[:, :3], image * 2 - 1)
    assert torch.equal(seen[:, 3:6, :, :2], warped[..., :2] * 2 - 1)
    assert (seen[:, 3:6, :, 2:] == 0).all()
    assert torch.equal(seen[:, 6:], valid)


@pytest.mark.parametrize("size", SIZES)
def test_a_prior_that_is_nowhere_valid_has_no_say(size: str) -> None:
    network, (image, warped, _) = random_network(size), random_frame(32, 36)
    nowhere, everywhere = torch.zeros(1, 1, 32, 36), torch.ones(1, 1, 32, 36)
    alone = network(image, torch.zeros_like(warped), nowhere, FIRST)
    assert torch.equal(network(image, warped, nowhere, FIRST), alone)
    assert (network(image, warped, everywhere, FIRST) - alone).abs().mean() > 0.01


def test_a_prior_comes_through_where_it_is_valid_and_nowhere_else() -> None:
    image, warped, _ = random_frame(32, 36)
    valid = torch.zeros(1, 1, 32, 36)
    valid[..., :10, :], valid[..., 20:, :] = 1, 0.5
    painted = with_gate(random_network(), DROPS)(image, warped, valid, FIRST)
    kept = with_gate(random_network(), KEEPS)(image, warped, valid, FIRST)
    assert (painted - warped).abs().mean() > 0.1
    expected = torch.lerp(painted, warped, MOST_KEPT * valid.expand_as(warped))
    assert torch.allclose(kept, expected, atol=1e-6)
    assert torch.equal(kept[..., 10:20, :], painted[..., 10:20, :])


def test_a_network_can_be_made_to_keep_more_of_the_prior() -> None:
    frame, network = random_frame(32, 36), with_gate(random_network(), DROPS)
    network.keep_more(KEEPS - DROPS)
    assert torch.equal(network(*frame, FIRST), with_gate(random_network(), KEEPS)(*frame, FIRST))


def test_black_and_white_can_be_reached() -> None:
    network, frame = with_gate(random_network(), DROPS), random_frame(32, 36)
    assert network.last.bias is not None
    network.last.weight[:3] = 0
    for output, color in ((2.0, 1.0), (-2.0, 0.0), (0.0, 0.5)):
        network.last.bias[:3] = output
        assert torch.allclose(network(*frame, FIRST).clamp(0, 1), torch.tensor(color), atol=1e-6)
    network.last.bias[:3] = torch.tensor([50.0, -50.0, 50.0])
    assert network(*frame, FIRST).min() >= -0.1
    assert network(*frame, FIRST).max() <= 1.1


def test_each_style_paints_its_own_picture() -> None:
    network, frame = random_network(), random_frame(32, 36)
    first, second, half = (network(*frame, torch.tensor([mix])) for mix in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)))
    apart = (first - second).abs().mean()
    assert apart > 0.02
    assert (half - first).abs().mean() < apart
    assert (half - second).abs().mean() < apart


@pytest.mark.parametrize("size", SIZES)
def test_every_weight_learns(size: str) -> None:
    network = random_network(size).requires_grad_(True)
    (network(*random_frame(32, 36), FIRST) * torch.randn(1, 3, 32, 36)).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        before_norm = name.endswith("bias") and not name.startswith("last.")  # which takes a constant away again
        assert before_norm or parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("normalization", ["batch", "none"])
def test_networks_to_compare_with_take_the_same_frames(normalization: Normalization) -> None:
    network, frame = TransformerNet(ARCHITECTURES["fast"], 2, normalization).eval(), random_frame(32, 36)
    usual = TransformerNet(ARCHITECTURES["fast"], 2)
    missing, unexpected = usual.load_state_dict(network.state_dict(), strict=False)
    assert missing == []
    assert all("batch_norm" in name for name in unexpected)
    assert not torch.allclose(network(*frame, FIRST), usual(*frame, FIRST), atol=1e-3)
