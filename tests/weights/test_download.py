"""Fetching weights from a real server into a folder that is copied to machines without one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from file_server import serve
from small_shot import Outcome

from vst_core import ModelError, OutputError, weights
from vst_core.weights import KnownWeights, pull

Run = Callable[..., Outcome]
CONTENT = {"vgg19.pth": b"nineteen" * 1000, "vgg16.pth": b"sixteen" * 1000}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A server that has the files."""
    (tmp_path / "served").mkdir()
    for name, content in CONTENT.items():
        (tmp_path / "served" / name).write_bytes(content)
    with serve(tmp_path / "served") as (address, asked):
        yield address, asked


def known(address: str, name: str, sha256: str | None = None) -> KnownWeights:
    """A row of the table."""
    digest = sha256 or hashlib.sha256(CONTENT.get(name, b"")).hexdigest()
    return KnownWeights(name.partition(".")[0], name, digest, f"{address}{name}", "BSD-3-Clause", f"origin of {name}")


def table(address: str) -> tuple[KnownWeights, ...]:
    """Two files that can be fetched, and one that cannot."""
    made = KnownWeights("vgg16", "made.safetensors", "0" * 64, "", "MIT", "made here")
    return (*(known(address, name) for name in CONTENT), made)


def test_what_is_not_there_whole_is_fetched_and_its_licence_listed(
    server: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = server
    folder = tmp_path / "air" / "gap"
    assert list(pull(folder, table(address))) == [(folder / name, True) for name in CONTENT]
    assert {path.name: path.read_bytes() for path in folder.glob("*.pth")} == CONTENT
    licenses = (folder / weights.LICENSES).read_text()
    for each in table(address)[:2]:
        assert all(words in licenses for words in (each.file_name, each.origin, each.license, each.url, each.sha256))
    assert "made.safetensors" not in licenses
    (folder / "vgg16.pth").write_bytes(b"damaged")
    assert [fetched for _, fetched in pull(folder, table(address))] == [False, True]
    assert asked == ["vgg19.pth", "vgg16.pth", "vgg16.pth"]
    assert len(list(folder.iterdir())) == 3


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no file here that cannot be read")
def test_what_cannot_be_read_is_fetched_again(server: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "vgg16.pth").symlink_to("/proc/self/mem")
    assert all(fetched for _, fetched in pull(tmp_path, table(server[0])))
    assert (tmp_path / "vgg16.pth").read_bytes() == CONTENT["vgg16.pth"]


@pytest.mark.parametrize(
    ("name", "sha256", "words"),
    [
        ("none.pth", None, "(404 "),
        ("cut.pth", None, "after 10 of 1000"),
        ("vgg19.pth", "0" * 64, "the SHA-256"),
    ],
)
def test_what_does_not_come_whole_is_one_line_and_nothing_stays(
    server: tuple[str, list[str]], tmp_path: Path, name: str, sha256: str | None, words: str
) -> None:
    row = known(server[0], name, sha256)
    with pytest.raises(ModelError) as raised:
        list(pull(tmp_path / "to", [row]))
    assert str(raised.value).startswith(f"{row.url} cannot be downloaded (")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "to").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(server: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/to: cannot be created"):
        list(pull(tmp_path / "file" / "to", table(server[0])))


def test_the_command_makes_a_folder_that_a_machine_without_internet_uses(
    server: tuple[str, list[str]], tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (weights, weights.store, weights.download):
        monkeypatch.setattr(module, "KNOWN", table(server[0]))
    pulled = vst("weights", "pull", "--to", tmp_path / "usb")
    assert (pulled.code, pulled.out) == (0, f"{tmp_path / 'usb' / weights.LICENSES}\n")
    assert pulled.err.splitlines() == [f"{tmp_path / 'usb' / name}: fetched and proven" for name in CONTENT]
    licenses = (tmp_path / "usb" / weights.LICENSES).read_text()
    again = vst("weights", "pull", "--to", tmp_path / "usb", "--network", "vgg19")
    assert again.err == f"{tmp_path / 'usb' / 'vgg19.pth'}: was there already\n"
    assert (tmp_path / "usb" / weights.LICENSES).read_text() == licenses  # those of all that lies there
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path / "usb"))
    verified = vst("weights", "verify")
    assert verified == Outcome(0, "".join(f"{tmp_path / 'usb' / name}: ok\n" for name in CONTENT), "")


def test_without_a_network_the_command_says_url_and_remedy(
    tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    outcome = vst("weights", "pull", "--to", tmp_path)
    assert outcome.code == 5
    assert "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth cannot be downloaded (" in outcome.complaint
    assert "$HTTPS_PROXY" in outcome.complaint
    assert vst("weights", "pull", "--to", tmp_path, "--network", "vgg11").code == 2
    assert list(tmp_path.iterdir()) == []
