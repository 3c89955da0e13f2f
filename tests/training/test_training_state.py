"""A state on disk is the one that was saved, or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from vst_core.errors import OutputError
from vst_core.training.history import History
from vst_core.training.state import State, load_state, save_state

OWNER = "f" * 64


def state() -> State:
    history = History()
    history.append({"total": 1.5, "content": 0.5, "style": 0.75, "tv": 0.25})
    history.append({"total": 1.0, "content": 0.25, "style": 0.25, "tv": 0.25, "temporal": 0.25})
    tensors = {
        "network.weight": torch.rand(2, 3, 5, 5).to(memory_format=torch.channels_last).contiguous(),
        "network.count": torch.tensor(7),
        "adam.step.weight": torch.tensor(2.0),
    }
    return State(tensors, history)


def saved(folder: Path) -> Path:
    save_state(folder / "state.safetensors", state(), OWNER)
    return folder / "state.safetensors"


def complaints_of(path: Path) -> list[str]:
    complaints: list[str] = []
    assert load_state(path, OWNER, complaints.append) is None
    return complaints


def test_it_comes_back_to_the_bit(tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = saved(tmp_path)
    torch.manual_seed(0)
    expected, found = state(), load_state(path, OWNER, print)
    assert found is not None
    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)
    np.testing.assert_array_equal(found.history.values, expected.history.values)
    assert [item.name for item in tmp_path.iterdir()] == ["state.safetensors"]


def test_what_was_read_is_no_view_of_the_file_which_windows_would_not_replace(tmp_path: Path) -> None:
    path = saved(tmp_path)
    found = load_state(path, OWNER, print)
    assert found is not None
    before = {name: tensor.clone() for name, tensor in found.tensors.items()}
    with path.open("rb+") as file:
        file.write(bytes(path.stat().st_size))
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in before.items())


def test_where_there_is_none_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert complaints_of(tmp_path / "state.safetensors") == []


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = saved(tmp_path)
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    for position in (*range(0, end, 13), *range(end, len(data), 7)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert complaints_of(path) == [f"{path}: is damaged; the training starts from its beginning"], position
    for length in (0, 5, 100, len(data) - 1):
        path.write_bytes(data[:length])
        assert len(complaints_of(path)) == 1


def test_that_of_another_training_is_refused_and_kept(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"another output, or give --overwrite to start over") as refused:
        load_state(path, "0" * 64, print)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


def test_what_cannot_be_read_is_no_damage(tmp_path: Path) -> None:
    """A disk or a share that fails for a moment must not cost a training."""
    path = tmp_path / "state.safetensors"
    path.mkdir()
    with pytest.raises(OutputError, match="cannot be read"):
        load_state(path, OWNER, print)
