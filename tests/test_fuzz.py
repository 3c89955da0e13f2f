"""Files that are damaged in any way are read or refused in one line, in little memory and time.

``make test-fuzz`` runs the long form.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from exr_files import multipart, noise, write_exr
from fuzzing import Read, damaged, odd_json, odd_safetensors, odd_zip, read_all
from hypothesis import strategies as st
from safetensors.torch import save_file
from small_network import with_network
from small_shot import SmallShot
from small_training import recipe_text

from vst_core import RenderSettings
from vst_core.errors import VstError
from vst_core.features import Features
from vst_core.frame_io import read_channels, read_frame
from vst_core.frames import FrameRange
from vst_core.networks import read_checkpoint
from vst_core.pipeline.check import check_shot
from vst_core.pipeline.journal import gather
from vst_core.pipeline.look import look_at
from vst_core.pipeline.manifest import read_manifest
from vst_core.pipeline.state import State
from vst_core.pipeline.state_store import StateStore
from vst_core.sequence import FrameSequence
from vst_core.training import state as training
from vst_core.training.history import PARTS, History
from vst_core.training.recipe import read_recipe
from vst_core.weights import load


@dataclass(frozen=True)
class Material:
    """What sound files are made of."""

    folder: Path
    shot: SmallShot
    network: Path
    rendered: Path


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Attributes:
        name: of the file that is read.
        files: draws it.
        read: the reader.
    """

    name: str
    files: st.SearchStrategy[bytes]
    read: Read


def exr(material: Material) -> Target:
    folder = material.folder
    for name in ("NO", "RLE", "ZIP", "PIZ", "PXR24", "B44", "DWAA"):
        channels = {channel: noise(index, shape=(6, 9)) for index, channel in enumerate("RGBA")}
        write_exr(folder / f"{name}.exr", channels, compression=getattr(OpenEXR, f"{name}_COMPRESSION"), take="1")
    multipart(folder / "parts.exr")
    multipart(folder / "tiles.exr", tiled=True)
    whole = [path.read_bytes() for path in sorted(folder.glob("*.exr"))]

    def read(path: Path) -> None:
        refused = []
        for reader in (read_frame, lambda each: look_at(each, None), lambda each: read_channels(each, ("R", "A"))):
            try:
                reader(path)
            except VstError as error:
                refused.append(error)
        if refused:
            raise refused[0]

    return Target("frame.exr", st.sampled_from(whole).flatmap(damaged), read)


def render_settings(material: Material) -> Target:
    settings = material.shot.settings(material.folder / "out", **with_network(material.network))
    document = settings.model_dump(mode="json")

    def read(path: Path) -> None:
        for complaint in check_shot(RenderSettings.load(path)):
            raise complaint

    return Target("shot.json", odd_json(document) | damaged(json.dumps(document).encode()), read)


def recipe(_: Material) -> Target:
    text = recipe_text(steps=2)
    return Target("recipe.json", odd_json(json.loads(text)) | damaged(text.encode()), read_recipe)


def manifest(material: Material) -> Target:
    whole = (material.rendered / "out.manifest.json").read_bytes()
    output = FrameSequence.parse(material.folder / "out.####.exr")

    def read(path: Path) -> None:
        gather(output)
        read_manifest(path)

    return Target("out.manifest.json", odd_json(json.loads(whole)) | damaged(whole), read)


def journal(material: Material) -> Target:
    lines = (material.rendered / ".out.vst" / "journal.jsonl").read_bytes()
    (material.folder / ".out.vst").mkdir()
    output = FrameSequence.parse(material.folder / "out.####.exr")
    odd = st.lists(odd_json(json.loads(lines.splitlines()[1])), min_size=1, max_size=3).map(b"\n".join)
    first = lines.splitlines(keepends=True)[0]
    return Target(
        ".out.vst/journal.jsonl", odd.map(lambda more: first + more) | damaged(lines), lambda _: gather(output)
    )


def state(material: Material) -> Target:
    output = FrameSequence.parse(material.folder / "out.####.exr")
    store = StateStore(output, "0" * 64, FrameRange(1001, 1002))
    store.folder.mkdir()
    view = read_frame(material.shot.path(1001)).data_window
    store.save(State.follow(None, 1001, torch.rand(1, 3, 6, 9), view, "0" * 64))
    path = store.folder / "1001.safetensors"
    whole = path.read_bytes()
    return Target(
        ".out.vst/1001.safetensors", odd_safetensors(whole) | damaged(whole), lambda _: store.need_past(1001, 1001)
    )


def training_state(material: Material) -> Target:
    path = material.folder / "net.state"
    training.save_state(path, training.State({"a": torch.rand(3)}, History(np.zeros((2, len(PARTS))))), "f")
    whole = path.read_bytes()
    return Target(
        "net.state", odd_safetensors(whole) | damaged(whole), lambda each: training.load_state(each, "f", str)
    )


def weights(material: Material) -> Target:
    path = material.folder / "whole.safetensors"
    save_file(first_layer(), path)
    return Target("vgg.safetensors", tensors_like(path), read_weights)


def pickled_weights(material: Material) -> Target:
    path = material.folder / "whole.pth"
    kinds = []
    for zipped in (True, False):
        torch.save(first_layer(), path, _use_new_zipfile_serialization=zipped)
        kinds.append(path.read_bytes())
    return Target("vgg.pth", damaged(kinds[0]) | damaged(kinds[1]) | odd_zip(kinds[0]), read_weights)


def network(material: Material) -> Target:
    return Target("net.safetensors", tensors_like(material.network), read_checkpoint)


def first_layer() -> dict[str, torch.Tensor]:
    return {"features.0.weight": torch.rand(64, 3, 3, 3), "features.0.bias": torch.rand(64)}


def tensors_like(path: Path) -> st.SearchStrategy[bytes]:
    whole = path.read_bytes()
    return odd_safetensors(whole) | damaged(whole)


def read_weights(path: Path) -> None:
    Features("vgg16", load("vgg16", path), ("relu1_1",))


KINDS: dict[Callable[[Material], Target], int] = {
    exr: 10_000,
    render_settings: 300,
    recipe: 200,
    manifest: 300,
    journal: 200,
    state: 300,
    training_state: 200,
    weights: 150,
    pickled_weights: 200,
    network: 150,
}
"""How many of each kind are read in the long form: 2000 beside the frames."""


def read_many(kind: Callable[[Material], Target], material: Material, examples: int) -> None:
    target = kind(material)
    ends = read_all(target.files, material.folder / target.name, target.read, VstError, examples)
    assert ends.total() >= examples
    sys.stdout.write(f"\n{target.name}: {dict(ends)}\n")


@pytest.fixture
def material(tmp_path: Path, small_shot: SmallShot, small_network: Path, rendered: Path) -> Material:
    return Material(tmp_path, small_shot, small_network, rendered)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_damaged_files_are_read_or_refused(kind: Callable[[Material], Target], material: Material) -> None:
    read_many(kind, material, 25)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_twelve_thousand_damaged_files(kind: Callable[[Material], Target], material: Material) -> None:
    read_many(kind, material, KINDS[kind])
