from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from file_server import serve
from safetensors.torch import save_file

from vst_core.errors import ModelError
from vst_core.weights import KNOWN, KnownWeights, file_sha256, find, folders, load, status, store

STATE = {"features.0.weight": torch.ones(2, 3), "features.0.bias": torch.zeros(2)}
BY_NAME = {known.file_name: known for known in KNOWN}
VGG16, VGG16_KERAS = BY_NAME["vgg16-397923af.pth"], BY_NAME["vgg16-keras-imagenet.safetensors"]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty weights folder and an empty cache; the network is cut."""
    own, cache = tmp_path / "own", tmp_path / "torch" / "hub" / "checkpoints"
    monkeypatch.setenv("VST_WEIGHTS", str(own))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    own.mkdir()
    cache.mkdir(parents=True)
    return own, cache


def put(path: Path, state: dict[str, torch.Tensor] = STATE) -> Path:
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


def known_as(path: Path, name: str, monkeypatch: pytest.MonkeyPatch, **changed: str) -> None:
    """Let a small file pass for a known one."""
    fields = {field: getattr(BY_NAME[name], field) for field in ("network", "file_name", "url", "license", "origin")}
    row = KnownWeights(sha256=file_sha256(path), **(fields | changed))
    monkeypatch.setattr(store, "KNOWN", tuple(row if known.file_name == name else known for known in KNOWN))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_own_folder_is_searched_before_the_cache(places: tuple[Path, Path]) -> None:
    own, cache = places
    assert folders() == [own, cache]
    assert find("vgg16") is None
    put(cache / VGG16.file_name)
    assert find("vgg16") == (VGG16, cache / VGG16.file_name)
    put(own / VGG16_KERAS.file_name)
    assert find("vgg16") == (VGG16_KERAS, own / VGG16_KERAS.file_name)
    put(own / VGG16.file_name)
    assert find("vgg16") == (VGG16, own / VGG16.file_name)
    assert find("vgg19") is None


def test_without_an_own_folder_there_is_the_cache(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VST_WEIGHTS")
    assert folders() == [places[1]]


def test_the_own_folder_may_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("VST_WEIGHTS", "~/vgg")
    assert folders()[0] == tmp_path / "vgg"


def test_an_explicit_file_comes_before_all(places: tuple[Path, Path], tmp_path: Path) -> None:
    put(places[0] / VGG16.file_name)
    path = put(tmp_path / "mine.safetensors", {"x": torch.arange(3.0)})
    loaded = load("vgg16", path)
    assert loaded.path == path
    assert loaded.state["x"].tolist() == [0, 1, 2]
    assert load("vgg16", str(path)).path == path


@pytest.mark.parametrize("name", ["mine.safetensors", "mine.pth", "mine.pt"])
def test_loading_gives_the_tensors_and_the_hash_of_the_file(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / name)
    loaded = load("vgg16", path)
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == file_sha256(path)
    assert loaded.state.keys() == STATE.keys()
    assert all(torch.equal(loaded.state[key], value) for key, value in STATE.items())


def test_a_known_file_with_a_flipped_bit_is_refused(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(places[0] / VGG16_KERAS.file_name)
    known_as(path, VGG16_KERAS.file_name, monkeypatch)
    assert load("vgg16").path == path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    for message in (refusal(lambda: load("vgg16")), refusal(lambda: load("vgg16", path))):
        assert str(path) in message
        assert "corrupt" in message
        assert "download it again" in message


def test_a_file_with_a_known_name_must_be_the_known_one(tmp_path: Path) -> None:
    assert "corrupt" in refusal(lambda: load("vgg19", put(tmp_path / "vgg19-dcbb9e9d.pth")))


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_truncated_file_is_refused_at_every_length(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / name)
    data = path.read_bytes()
    for length in {0, 1, 7, 8, 9, *range(10, len(data), 97), len(data) - 1}:
        path.write_bytes(data[:length])
        assert "is not a weights file, or is damaged" in refusal(lambda: load("vgg16", path))


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_file_of_rubbish_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    dice = random.Random(7)  # noqa: S311 - no secret
    starts = (b"", b"\x80\x02", b"\x80\x02}", b"PK\x03\x04", b"<!DOCTYPE html>", b"{}", b"\x10\0\0\0\0\0\0\0{}")
    for start in starts:
        for length in (0, 20, 600):
            path.write_bytes(start + dice.randbytes(length))
            assert "is not a weights file" in refusal(lambda: load("vgg16", path))


@pytest.mark.parametrize("zipped", [True, False])
def test_damage_anywhere_in_an_unknown_file_is_refused_or_leaves_tensors(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    dice = random.Random(8)  # noqa: S311 - no secret
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(4):
            damaged[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            loaded = load("vgg16", path)
        except ModelError as error:
            assert "is not a weights file" in str(error)  # noqa: PT017 - either end is right
        else:
            assert all(isinstance(value, torch.Tensor) for value in loaded.state.values())


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("pwned"),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_pickle_is_refused_and_does_not_run(
    zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    torch.save({"features.0.weight": Evil()}, path, _use_new_zipfile_serialization=zipped)
    assert "is not a weights file" in refusal(lambda: load("vgg16", path))
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "content", [torch.ones(2), [torch.ones(2)], {"state_dict": {}}, {**STATE, "epoch": 3}, {1: torch.ones(1)}]
)
def test_what_is_no_state_dictionary_is_refused(content: object, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(content, path)
    assert "torch state dictionary" in refusal(lambda: load("vgg16", path))


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        message = refusal(lambda: load("vgg16", path))  # noqa: B023 - called at once
        assert message.startswith(f"{path}: weights cannot be read")


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_without_weights_and_network_the_message_says_what_to_do(network: str, places: tuple[Path, Path]) -> None:
    message = refusal(lambda: load(network))
    assert all(str(folder) in message for folder in places)
    assert f"no weights found for {network}" in message
    assert "https://download.pytorch.org/models/" in message
    assert "cannot be downloaded (" in message
    assert "VST_WEIGHTS" in message
    assert next(known.file_name for known in KNOWN if known.network == network) in message


def test_a_download_goes_to_the_cache_and_is_used(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(places[0] / "served.pth")
    for folder in (places[1], places[1].parent):
        folder.rmdir()
    with serve(places[0]) as (address, asked):
        known_as(source, VGG16.file_name, monkeypatch, url=f"{address}served.pth")
        assert load("vgg16").path == places[1] / VGG16.file_name
        assert load("vgg16").path == places[1] / VGG16.file_name
    assert asked == ["served.pth"], "the second time it is there"


def test_a_network_that_is_not_known_is_refused() -> None:
    assert "'vgg11'" in refusal(lambda: load("vgg11"))


def test_status_tells_missing_ok_and_corrupt_apart(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(VGG16) == ("missing", None)
    path = put(places[1] / VGG16.file_name)
    assert status(VGG16) == ("corrupt", path)
    known_as(path, VGG16.file_name, monkeypatch)
    known = next(known for known in vars(store)["KNOWN"] if known.file_name == VGG16.file_name)
    assert status(known) == ("ok", path)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.file_name)
def test_every_known_file_names_its_licence_and_origin(known: KnownWeights) -> None:
    assert known.license
    assert known.origin
    assert set(known.sha256) <= set("0123456789abcdef")
    assert len(known.sha256) == 64
    assert known.url == "" or known.sha256[:8] in known.url


def test_the_real_weights_are_what_they_should_be(vgg16_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VST_WEIGHTS", str(vgg16_weights.parent))
    assert status(VGG16_KERAS) == ("ok", vgg16_weights)
    loaded = load("vgg16", vgg16_weights)
    assert loaded.sha256 == VGG16_KERAS.sha256
    assert len(loaded.state) == 26
