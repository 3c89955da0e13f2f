"""Paths among settings, on this machine and on another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vst_core import InputError
from vst_core.farm.paths import input_paths, with_absolute_paths, with_mapped_paths

SHOT: dict[str, Any] = {
    "plate": "in/sh.####.exr",
    "method": "optimization",
    "style": {"styles": ["oil.png"]},
    "flow": {"source": "flow/sh.%04d.flo"},
    "network": "quality",
    "matte": {"name": "CryptoObject:Hero", "file": "mattes/sh.####.exr"},
    "over": "oil/sh.####.exr",
    "weights": None,
    "output": {"pattern": "out/sh.####.exr", "data_type": "half"},
}


def test_relative_paths_are_understood_from_a_folder() -> None:
    found = with_absolute_paths(SHOT, Path("/a b"))
    assert found["plate"] == "/a b/in/sh.####.exr"
    assert found["style"] == {"styles": ["/a b/oil.png"]}
    assert found["matte"] == {"name": "CryptoObject:Hero", "file": "/a b/mattes/sh.####.exr"}
    assert found["over"] == "/a b/oil/sh.####.exr"
    assert found["flow"] == {"source": "/a b/flow/sh.%04d.flo"}
    assert found["output"] == {"pattern": "/a b/out/sh.####.exr", "data_type": "half"}
    assert (found["network"], found["weights"]) == ("quality", None)
    assert with_absolute_paths(found, Path("/c")) == found
    assert SHOT["plate"] == "in/sh.####.exr"


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"method": "feedforward"}, {"style": {"styles": ["oil.png"]}}),
        ({"flow": {"source": "dis"}}, {"flow": {"source": "dis"}}),
        ({"network": "mine.safetensors"}, {"network": "/s/mine.safetensors"}),
        ({"plate": "../in/sh.####.exr"}, {"plate": "/in/sh.####.exr"}),
        ({"output": {"pattern": "../o.####.exr"}}, {"output": {"pattern": "/s/../o.####.exr"}}),
    ],
)
def test_names_are_no_paths_and_what_points_upwards_is_told(changes: dict[str, Any], kept: dict[str, Any]) -> None:
    assert with_absolute_paths(SHOT | changes, Path("/s")).items() >= kept.items()


def rules(path: Path, *entries: tuple[str, str, str]) -> Path:
    names = ("source_path_format", "source_path", "destination_path")
    mapping = [dict(zip(names, entry, strict=True)) for entry in entries]
    path.write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": mapping}))
    return path


def test_paths_are_found_again_where_the_files_lie_elsewhere(tmp_path: Path) -> None:
    data = with_absolute_paths(SHOT, Path("/show/a b")) | {"weights": "P:\\models\\vgg.pth"}
    mapped = with_mapped_paths(
        data, rules(tmp_path / "rules.json", ("POSIX", "/show/a b", "/mnt/x y"), ("WINDOWS", "p:\\models", "/models"))
    )
    assert list(input_paths(mapped)) == [
        "/mnt/x y/in/sh.####.exr",
        "/mnt/x y/mattes/sh.####.exr",
        "/mnt/x y/oil/sh.####.exr",
        "/mnt/x y/flow/sh.%04d.flo",
        "/models/vgg.pth",
        "/mnt/x y/oil.png",
    ]
    assert mapped["output"]["pattern"] == "/mnt/x y/out/sh.####.exr"
    assert with_mapped_paths(data, rules(tmp_path / "rules.json", ("POSIX", "/sho", "/mnt"))) == data
    assert with_mapped_paths(data, None) == data


@pytest.mark.parametrize("text", ["", "[]", '{"path_mapping_rules": [{"source_path_format": "POSIX"}]}'])
def test_what_are_no_rules(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.json").write_text(text)
    with pytest.raises(InputError, match=r"rules\.json: does not hold path mapping rules"):
        with_mapped_paths(SHOT, tmp_path / "rules.json")
