from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from flow_scenes import grid, pattern

from vst_core.errors import ModelError
from vst_core.flow import estimate_flow, make_estimator, raft
from vst_core.torchvision_compat import import_torchvision


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the small network: it finds no motion, but it runs."""
    import_torchvision()
    from torchvision.models.optical_flow import raft_small

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raft") / "raft_small.pth"
    torch.save(raft_small().state_dict(), path)
    return path


@pytest.mark.parametrize("size", [(128, 136), (45, 61), (131, 203)])
def test_any_size_comes_back_in_its_size(small: Path, size: tuple[int, int]) -> None:
    x, y = grid(*size)
    estimate = make_estimator("raft", raft_weights=small)
    flow = estimate(pattern(x + 1, y), pattern(x, y))
    assert flow.shape == (1, 2, *size)
    assert flow.isfinite().all()
    assert torch.equal(estimate(pattern(x + 1, y), pattern(x, y)), flow)
    assert not flow.requires_grad


def test_it_is_torchvisions_network_on_minus_one_to_one(small: Path) -> None:
    from torchvision.models.optical_flow import raft_small

    network = raft_small().eval()
    network.load_state_dict(torch.load(small, weights_only=True))
    current, previous = torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128)
    with torch.no_grad():
        wanted = network(current * 2 - 1, previous * 2 - 1)[-1]
    assert torch.allclose(estimate_flow(current, previous, "raft", raft_weights=small), wanted, atol=1e-5)


def test_safetensors_are_read_as_well(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "raft.safetensors"
    safetensors.torch.save_file(torch.load(small, weights_only=True), path)
    current, previous = torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128)
    assert torch.equal(
        estimate_flow(current, previous, "raft", raft_weights=path),
        estimate_flow(current, previous, "raft", raft_weights=str(small)),
    )


def test_large_frames_are_estimated_at_a_reduced_size(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = make_estimator("raft", raft_weights=small)
    current, previous = torch.rand(1, 3, 128, 256), torch.rand(1, 3, 128, 256)
    reduced = [
        torch.nn.functional.interpolate(i, (64, 128), mode="bilinear", antialias=True) for i in (current, previous)
    ]
    small_flow = estimate(*reduced)
    monkeypatch.setattr(raft, "_LARGEST_AREA", 64 * 128)
    flow = estimate(current, previous)
    assert flow.shape == (1, 2, 128, 256)
    assert flow.mean() == pytest.approx(float(small_flow.mean()) * 2, rel=0.05)


def test_missing_weights_say_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"raft_weights: RAFT needs a weights file.*raft_large_C_T_SKHT_V2"):
        make_estimator("raft")
    with pytest.raises(ModelError) as caught:
        make_estimator("raft", raft_weights=tmp_path / "gone.pth")
    assert str(tmp_path / "gone.pth") in str(caught.value)


def junk(path: Path) -> None:
    path.write_bytes(b"no weights at all")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_network(path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(3)}, path)


def incomplete(path: Path) -> None:
    torch.save({"feature_encoder.convnormrelu.0.weight": torch.zeros(32, 3, 7, 7)}, path)


def code(path: Path) -> None:
    torch.save({"feature_encoder.convnormrelu.0.weight": Path("x")}, path)


def lost(path: Path) -> None:
    path.write_bytes(b"\x80\x02h\xfe.")  # a pickle that wants what it has not been given, a KeyError of torch's


@pytest.mark.parametrize("write", [junk, empty, other_network, incomplete, code, lost])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_that_hold_no_raft_are_refused(tmp_path: Path, write: Callable[[Path], None], suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    write(path)
    with pytest.raises(ModelError, match="weights") as caught:
        make_estimator("raft", raft_weights=path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
