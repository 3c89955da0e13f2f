"""A network's file comes back as it was written, and what is no such file is said so in one line."""

from __future__ import annotations

import json
import pickle
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from small_network import CARD, STYLES, random_frame, random_network, write_random_network
from torch import Tensor

from vst_core.errors import ExitCode, ModelError, OutputError
from vst_core.networks import find_checkpoint, load_checkpoint, read_checkpoint, read_styles, write_checkpoint
from vst_core.weights import file_sha256


def complaint(read: Callable[[], object]) -> str:
    """What a user is told: a line, with the exit code of a network that cannot be used."""
    with pytest.raises(ModelError) as caught:
        read()
    assert caught.value.exit_code == ExitCode.MODEL
    assert "\n" not in str(caught.value)
    return str(caught.value)


def contents(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def rewritten(path: Path, tensors: dict[str, Tensor] | None = None, **metadata: Any) -> Path:
    """A network's file with some of it replaced; None removes."""
    held, said = contents(path)
    described = {key: value for key, value in (said | metadata).items() if value is not None}
    target = path.with_name("changed.safetensors")
    save_file(held | (tensors or {}), target, described)
    return target


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write_random_network(tmp_path / "network.safetensors")


@pytest.mark.parametrize("size", ["quality", "fast"])
def test_a_network_comes_back_as_it_was_written(size: str, tmp_path: Path) -> None:
    written, path = random_network(size, styles=3), tmp_path / "öl.safetensors"
    write_checkpoint(path, written, ("öl", "ink", "dots and bars"), CARD | {"losses": [1.5, None]})
    read = read_checkpoint(path)
    assert read.styles == ("öl", "ink", "dots and bars")
    assert read.card == CARD | {"losses": [1.5, None]}
    assert (read.path, read.sha256) == (path, file_sha256(path))
    assert read.network.architecture == written.architecture
    held = read.network.state_dict()
    assert held.keys() == written.state_dict().keys()
    assert all(torch.equal(held[name], value.half().float()) for name, value in written.state_dict().items())
    assert not read.network.training
    assert not any(parameter.requires_grad for parameter in read.network.parameters())
    frame, mix = random_frame(32, 36), torch.tensor([[0.2, 0.3, 0.5]])
    assert torch.allclose(read.network(*frame, mix), written(*frame, mix), atol=5e-3)


def test_weights_take_two_bytes_each(network: Path) -> None:
    tensors, _ = contents(network)
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert network.stat().st_size < 2 * sum(value.numel() for value in tensors.values()) + 8192
    assert [path.name for path in network.parent.iterdir()] == [network.name]


def test_others_may_read_it(network: Path, tmp_path: Path) -> None:
    """A farm runs as somebody else: the file is as open as any that this user makes."""
    (tmp_path / "any").write_bytes(b"")
    assert stat.filemode(network.stat().st_mode) == stat.filemode((tmp_path / "any").stat().st_mode)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_checkpoint(tmp_path / "none" / "network.safetensors", random_network(), STYLES, CARD)


def test_weights_that_half_cannot_hold_are_not_written(tmp_path: Path) -> None:
    network = random_network()
    network.stem.weight[0, 0, 0, 0] = 1e6
    assert "not finite" in complaint(lambda: write_checkpoint(tmp_path / "n.safetensors", network, STYLES, CARD))
    assert list(tmp_path.iterdir()) == []


def test_a_network_is_found_by_its_path(network: Path) -> None:
    assert find_checkpoint(str(network)) == network
    assert load_checkpoint(str(network)).styles == read_styles(str(network)) == STYLES


@pytest.mark.parametrize("name", ["quick", "", ".", "none.safetensors"])
def test_a_network_that_is_not_there(name: str) -> None:
    for read in (load_checkpoint, read_styles):
        assert complaint(partial(read, name)) == (
            f"unknown network {name!r}; choose quality, fast or a file made by vst train"
        )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(network: Path, value: float) -> None:
    shift = contents(network)[0]["stem_norm.shift"]
    shift[1, 3] = value
    path = rewritten(network, {"stem_norm.shift": shift})
    assert complaint(lambda: read_checkpoint(path)).startswith(f"{path}: contains weights that are not finite")


def test_another_file_than_the_expected_one(network: Path) -> None:
    read_checkpoint(network, sha256=file_sha256(network))
    said = complaint(lambda: read_checkpoint(network, sha256="0123456789" + "0" * 54))
    assert said == (
        f"{network}: is not the expected network: SHA-256 begins {file_sha256(network)[:8]}, not 01234567; "
        "get the file again"
    )


def test_a_network_of_another_version(network: Path) -> None:
    path = rewritten(network, version="2")
    assert complaint(lambda: read_checkpoint(path)) == (
        f"{path}: is of version 2, but this vst reads version 1; use the vst that made it, or train it again"
    )


ARCHITECTURE: dict[str, Any] = {"widths": [24, 48], "blocks": 4, "stem_kernel": 5, "stem_stride": 2, "last_kernel": 5}


@pytest.mark.parametrize(
    "change",
    [
        {"format": None},
        {"format": "pt"},
        {"version": None},
        {"architecture": None},
        {"architecture": "{"},
        {"architecture": "[]"},
        {"architecture": json.dumps(ARCHITECTURE | {"widths": []})},
        {"architecture": json.dumps(ARCHITECTURE | {"widths": [24, 32]})},
        {"architecture": json.dumps(ARCHITECTURE | {"widths": [24, 10**30]})},
        {"architecture": json.dumps(ARCHITECTURE | {"blocks": 3})},
        {"architecture": json.dumps(ARCHITECTURE | {"blocks": "4"})},
        {"architecture": json.dumps(ARCHITECTURE | {"stem_kernel": -5})},
        {"architecture": json.dumps(ARCHITECTURE | {"attention": True})},
        {"styles": None},
        {"styles": "7"},
        {"styles": '["dots"]'},
        {"styles": '"ab"'},
        {"styles": '["dots", null]'},
        {"card": None},
        {"card": "no JSON"},
        {"card": "[]"},
    ],
    ids=lambda change: " ".join(map(str, *change.items())),
)
def test_a_file_that_does_not_say_what_it_is(network: Path, change: dict[str, Any]) -> None:
    path = rewritten(network, **change)
    said = complaint(lambda: read_checkpoint(path))
    assert said.startswith(f"{path}: is ")
    assert said.endswith("made by vst train") or "version" in said


@pytest.mark.parametrize("name", ["last.bias", "blocks.0.conv1.weight", "stem_norm.scale"])
def test_tensors_that_do_not_fit(network: Path, name: str) -> None:
    for tensors in ({name: torch.zeros(3, 3)}, {f"{name}.more": torch.zeros(1)}):
        path = rewritten(network, tensors)
        assert complaint(partial(read_checkpoint, path)).startswith(f"{path}: is not a network, or is damaged")


def test_files_of_others(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"layer.weight": torch.zeros(3, 3)}, path)
    for read in (lambda: read_checkpoint(path), lambda: read_styles(str(path))):
        assert complaint(read) == f"{path}: is not a vst network; give a file made by vst train"


class Harmful:
    """What runs code of its own where a pickle is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("harm"),)


def test_a_pickle_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "network.safetensors"
    for write in (lambda: path.write_bytes(pickle.dumps(Harmful())), lambda: torch.save({"harm": Harmful()}, path)):
        write()
        assert complaint(lambda: read_checkpoint(path)).startswith(f"{path}: is not a network, or is damaged")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_truncated_file(network: Path, data: st.DataObject) -> None:
    whole = network.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    length = data.draw(
        st.sampled_from([0, 1, 7, 8, 9, header, header + 8, len(whole) - 1]) | st.integers(0, len(whole) - 1)
    )
    path = network.with_name("cut.safetensors")
    path.write_bytes(whole[:length])
    for read in (lambda: read_checkpoint(path), lambda: read_styles(str(path))):
        assert complaint(read).startswith(f"{path}: is not a network, or is damaged")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_in_the_header_is_no_other_error(network: Path, data: st.DataObject) -> None:
    """Whether it is noticed depends on the bit; nothing but a network or a line comes of it."""
    whole = bytearray(network.read_bytes())
    position = data.draw(st.integers(0, 8 + int.from_bytes(whole[:8], "little")))
    whole[position] ^= 1 << data.draw(st.integers(0, 7))
    path = network.with_name("flipped.safetensors")
    path.write_bytes(whole)
    for read in (lambda: read_checkpoint(path), lambda: read_styles(str(path))):
        try:
            read()
        except ModelError as error:
            assert "\n" not in str(error)  # noqa: PT017 - there may be none
