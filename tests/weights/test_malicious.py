"""Weight files that want to run code, or to fill the memory: none is run, each is refused in a line."""

from __future__ import annotations

import bz2
import io
import json
import os
import pickle
import resource
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_network import write_random_network

from vst_core.errors import ModelError
from vst_core.networks import load_checkpoint
from vst_core.weights import load

MARK = "executed"
_ROOM = 256 << 20


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def touch() -> Evil:
    return Evil(Path.touch, Path(MARK))


def pickled(value: object, protocol: int = 2) -> bytes:
    return pickle.dumps(value, protocol)


def torch_file(value: object, *, zipped: bool = True) -> bytes:
    data = io.BytesIO()
    torch.save(value, data, _use_new_zipfile_serialization=zipped)
    return data.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def torch_archive(pickled_data: bytes, members: dict[str, bytes] | None = None) -> bytes:
    """As torch writes one, its pickle another."""
    sound = {"data.pkl": pickled_data, "byteorder": b"little", "version": b"3\n"}
    return archive({f"archive/{name}": content for name, content in (sound | (members or {})).items()})


def torchscript() -> bytes:
    return archive({"m/data.pkl": pickled({}), "m/code/m.py": b"import os", "m/constants.pkl": pickled(touch())})


def deflated_bomb(mebibytes: int = 512) -> bytes:
    """Much of nothing in little."""
    tensor = pickle_of_tensor(mebibytes << 18)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("archive/data.pkl", tensor)
        file.writestr("archive/byteorder", b"little")
        with file.open("archive/data/0", "w") as member:
            for _ in range(mebibytes):
                member.write(bytes(1 << 20))
        file.writestr("archive/version", b"3\n")
    return data.getvalue()


def pickle_of_tensor(numel: int) -> bytes:
    """The pickle of a torch archive that holds one tensor so long."""
    data = torch_file({"features.0.weight": torch.zeros(3)})
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        whole = file.read("archive/data.pkl")
    three = b"K\x03"
    assert whole.count(three) >= 2
    return whole.replace(three, b"J" + struct.pack("<i", numel))


def tensors(header: dict[str, Any] | bytes, body: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file that says whatever it likes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def entry(shape: list[int], start: int, end: int, kind: str = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


def tar_of(content: bytes) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as file:
        for name in ("storages", "tensors", "pickle"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return data.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "torch.pth": lambda: torch_file({"w": touch()}),
    "torch as before 1.6.pth": lambda: torch_file({"w": touch()}, zipped=False),
    "pickle.pth": lambda: pickled({"w": touch()}),
    "pickle of protocol 5.pth": lambda: pickled({"w": touch()}, 5),
    "pickle of text.pth": lambda: pickled({"w": touch()}, 0),
    "system.pth": lambda: pickled(Evil(os.system, f"touch {MARK}")),
    "eval.pth": lambda: pickled(Evil(eval, f"open({MARK!r}, 'w')")),
    "exec in a torch archive.pt": lambda: torch_archive(pickled(Evil(exec, f"open({MARK!r}, 'w')"))),
    "getattr.pt": lambda: torch_archive(pickled(Evil(getattr, Path, "touch"))),
    "torch archive with another pickle behind.pt": lambda: torch_archive(pickled({"w": 1})) + pickled(touch()),
    "torch archive with pickles for tensors.pt": lambda: torch_archive(pickled({"w": 1}), {"data/0": pickled(touch())}),
    "torchscript.pt": torchscript,
    "tar.pth": lambda: tar_of(pickled(touch())),
    "pickle as safetensors.safetensors": lambda: pickled({"w": touch()}),
    "archive as safetensors.safetensors": lambda: torch_file({"w": touch()}),
    "safetensors as pickle.pth": lambda: tensors({"w": entry([1], 0, 4)}, bytes(4)),
    "compressed pickle.pth": lambda: bz2.compress(pickled(touch())),
    "zip bomb.pth": deflated_bomb,
    "tensor larger than its file.pth": lambda: torch_archive(pickle_of_tensor(1 << 30), {"data/0": bytes(12)}),
    "header of eight exabytes.safetensors": lambda: tensors({}, length=2**63),
    "header longer than its file.safetensors": lambda: tensors({"w": entry([1], 0, 4)}, bytes(4), length=1 << 26),
    "offsets beyond the end.safetensors": lambda: tensors({"w": entry([1 << 40], 0, 1 << 42)}, bytes(4)),
    "shape that is not its bytes.safetensors": lambda: tensors({"w": entry([1000, 1000], 0, 4)}, bytes(4)),
    "shape that overflows.safetensors": lambda: tensors({"w": entry([2**62, 4], 0, 0)}),
    "tensors that overlap.safetensors": lambda: tensors({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)),
    "offsets that run backwards.safetensors": lambda: tensors({"w": entry([1], 4, 0)}, bytes(4)),
    "lists in lists.safetensors": lambda: tensors(b'{"a":' + b"[" * 100_000),
    "unknown type.safetensors": lambda: tensors({"w": entry([1], 0, 4, "PICKLE")}, bytes(4)),
}


@pytest.fixture(autouse=True)
def _little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A quarter of a gigabyte more than there is; and a folder in which a file tells that something was executed."""
    monkeypatch.chdir(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", FILES)
def test_it_is_refused_and_not_executed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    for read in (lambda: load("vgg16", path), lambda: load_checkpoint(str(path))):
        with pytest.raises(ModelError) as caught:
            read()
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / MARK).exists()


def test_a_zip_bomb_is_not_unpacked_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    path = tmp_path / "bomb.pth"
    path.write_bytes(deflated_bomb(mebibytes=8))
    with pytest.raises(ModelError, match="is not a weights file, or is damaged"):
        load("vgg16", path)


def test_there_are_twenty_and_each_pickle_is_one() -> None:
    assert len(FILES) >= 20
    pickle.loads(FILES["pickle.pth"]())  # noqa: S301 - it does what it wants where it is let
    assert Path(MARK).exists()


@pytest.mark.parametrize(
    "said",
    [
        {"architecture": {"widths": [1 << 20] * 3, "blocks": 5, "stem_kernel": 9, "stem_stride": 1, "last_kernel": 9}},
        {"architecture": {"widths": [32], "blocks": 1 << 20, "stem_kernel": 9, "stem_stride": 1, "last_kernel": 9}},
        {"architecture": {"widths": [32], "blocks": 1, "stem_kernel": 1 << 20, "stem_stride": 1, "last_kernel": 9}},
        {"styles": ["a"] * (1 << 18)},
    ],
    ids=["widths", "blocks", "kernel", "styles"],
)
def test_a_network_that_claims_to_be_huge_takes_no_memory(said: dict[str, Any], tmp_path: Path) -> None:
    whole = write_random_network(tmp_path / "sound.safetensors").read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:end])
    header["__metadata__"] |= {name: json.dumps(value) for name, value in said.items()}
    path = tmp_path / "huge.safetensors"
    path.write_bytes(tensors(header, whole[end:]))
    with pytest.raises(ModelError, match="is not a network, or is damaged"):
        load_checkpoint(str(path))
