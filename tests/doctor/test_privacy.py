from __future__ import annotations

import sys
from pathlib import Path, PureWindowsPath

import pytest

from vst_core.doctor.privacy import Privacy


@pytest.fixture
def privacy(monkeypatch: pytest.MonkeyPatch) -> Privacy:
    """Of janedoe, on the machine render42."""
    monkeypatch.setenv("HOME", "/studio/home/janedoe")
    monkeypatch.setenv("LOGNAME", "janedoe")
    monkeypatch.setattr("platform.node", lambda: "render42.studio.example")
    return Privacy()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/studio/home/janedoe/vst: writable", "~/vst: writable"),
        ("in /home/other/.venv/bin", "in ~/.venv/bin"),
        ("C:\\Users\\Jane Doe.. C:\\Users\\jane\\vst.log", "~ Doe.. ~\\vst.log"),
        ("frame /shows/secret/sh010/sh010.1001.exr is missing", "frame <folder>/sh010.1001.exr is missing"),
        ("'\\\\server\\shows\\secret\\sh010.exr'", "'<folder>/sh010.exr'"),
        ("D:\\shows\\secret\\sh010.exr, D:/shows/x.exr", "<folder>/sh010.exr, <folder>/x.exr"),
        ("job by JaneDoe on render42", "job by <user> on <machine>"),
        ("render42.studio.example: janedoes and render421", "<machine>: janedoes and render421"),
        ("OCIO=/shows/secret/config.ocio", "OCIO=<folder>/config.ocio"),
        ("a and/or b, 2.13.0+cpu, ocio://studio-config-v2.2.0, 1001-1100, cpu/float32/2 threads",) * 2,
        ("/usr/lib/libc.so, /tmp/x, /proc/1",) * 2,
    ],
)
def test_what_is_private_goes_and_what_is_not_stays(privacy: Privacy, text: str, clean: str) -> None:
    assert privacy.clean(text) == clean


@pytest.mark.parametrize("home", ["C:\\Users\\Jane Doe", "C:/Users/Jane Doe", "C:\\\\Users\\\\Jane Doe"])
def test_a_home_on_windows_has_a_blank_and_is_spelled_in_several_ways(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setattr("vst_core.doctor.privacy.Path.home", lambda: PureWindowsPath("C:\\Users\\Jane Doe"))
    assert "Doe" not in Privacy().clean(f"log {home}/x.log")


def test_the_environments_own_folder_has_a_name(privacy: Privacy) -> None:
    assert privacy.clean(f"{Path(sys.prefix)}/bin/vst") == "<vst>/bin/vst"
