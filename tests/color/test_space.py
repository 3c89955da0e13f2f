from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
import pytest
from exr_files import noise, run_child, write_exr

from vst_core.color import DisplayTransform, resolve_color_space
from vst_core.color.space import PINNED_CONFIG, ColorConfig
from vst_core.errors import InputError, SettingsError
from vst_core.files.image_file import Header
from vst_core.frame_io import read_header

MINIMAL = """
ocio_profile_version: 1
roles: {default: raw, scene_linear: lin}
displays: {sRGB: [!<View> {name: Raw, colorspace: raw}]}
colorspaces:
  - !<ColorSpace> {name: lin}
  - !<ColorSpace> {name: raw, isdata: true}
"""


@pytest.fixture(autouse=True)
def _no_configuration_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)


def exr(folder: Path, **attributes: Any) -> Header:
    return read_header(write_exr(folder / "a.exr", {c: noise(1) for c in "RGB"}, **attributes))


def picture(folder: Path, name: str, data_type: str = "uint8", **attributes: object) -> Header:
    spec = oiio.ImageSpec(8, 8, 3, data_type)
    for key, value in attributes.items():
        spec.attribute(key.replace("__", ":"), value)
    output = oiio.ImageOutput.create(str(folder / name))
    assert output is not None
    assert output.open(str(folder / name), spec)
    assert output.write_image(np.zeros((8, 8, 3), np.float32))
    assert output.close()
    return read_header(folder / name)


AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
AP1 = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
REC709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)


@pytest.mark.parametrize(
    ("attributes", "space"),
    [
        ({}, "Linear Rec.709 (sRGB)"),
        ({"chromaticities": REC709}, "Linear Rec.709 (sRGB)"),
        ({"chromaticities": AP1}, "ACEScg"),
        ({"chromaticities": tuple(value + 4e-4 for value in AP1)}, "ACEScg"),
        ({"chromaticities": AP0}, "ACES2065-1"),
        ({"colorInteropID": "lin_ap1_scene"}, "ACEScg"),
        ({"colorInteropID": "lin_ap1_scene", "chromaticities": REC709}, "ACEScg"),
        ({"colorInteropID": "unknown", "chromaticities": AP0}, "ACES2065-1"),
    ],
)
def test_space_of_an_exr(tmp_path: Path, attributes: dict[str, Any], space: str) -> None:
    assert resolve_color_space(exr(tmp_path, **attributes)) == space


def test_unknown_primaries_and_unknown_ids_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.exr: its chromaticities .*--color-space"):
        resolve_color_space(exr(tmp_path, chromaticities=(0.7, 0.3, 0.2, 0.7, 0.1, 0.0, 0.31, 0.33)))
    with pytest.raises(InputError, match=r"a\.exr: its colour space 'studio_log' is not in the OCIO"):
        resolve_color_space(exr(tmp_path, colorInteropID="studio_log"))


def test_the_users_word_goes_first(tmp_path: Path) -> None:
    header = exr(tmp_path, colorInteropID="lin_ap1_scene")
    assert resolve_color_space(header, "ACES2065-1") == "ACES2065-1"
    assert resolve_color_space(header, "acescg") == "ACEScg"
    assert resolve_color_space(header, "lin_rec709_scene") == "Linear Rec.709 (sRGB)"
    assert resolve_color_space(header, "scene_linear") == "ACEScg"


def test_unknown_space_lists_near_names(tmp_path: Path) -> None:
    header = exr(tmp_path)
    with pytest.raises(
        SettingsError, match=r"'logc': is not in the OCIO configuration.*ARRI LogC3 \(EI800\).*ARRI LogC4"
    ):
        resolve_color_space(header, "logc")
    with pytest.raises(SettingsError, match=r"among others, .*ACEScg"):
        resolve_color_space(header, "ACESgc")
    with pytest.raises(SettingsError, match=r"among others, (?!.*\b(Raw|Data)\b)"):
        resolve_color_space(header, "rawr")
    with pytest.raises(SettingsError, match="'Raw': is a data space"):
        resolve_color_space(header, "Raw")


def test_space_of_other_formats(tmp_path: Path) -> None:
    srgb = "sRGB Encoded Rec.709 (sRGB)"
    assert resolve_color_space(picture(tmp_path, "a.png")) == srgb
    assert resolve_color_space(picture(tmp_path, "a.jpg")) == srgb
    assert resolve_color_space(picture(tmp_path, "a.tif", "uint16")) == srgb
    assert resolve_color_space(picture(tmp_path, "a.tif", "float")) == "Linear Rec.709 (sRGB)"
    with pytest.raises(InputError, match=r"a\.dpx: does not state its colour space; set it with --color-space"):
        resolve_color_space(picture(tmp_path, "a.dpx", "uint16"))


def test_pinned_configuration_is_whole() -> None:
    config = ColorConfig.load()
    assert config.name == PINNED_CONFIG
    assert "latest" not in PINNED_CONFIG
    assert config.resolve("ARRI LogC3 (EI800)") == "ARRI LogC3 (EI800)"
    assert config.interop_id(config.working_space()) == "lin_rec709_scene"


@pytest.mark.parametrize("content", [None, "", "not: [a config", "ocio_profile_version: 99\n"])
def test_unreadable_configuration_is_an_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / f"config{hash(content)}.ocio"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"config.*\.ocio: the OCIO configuration cannot be read.*\$OCIO") as caught:
        DisplayTransform("lin_rec709_scene", str(path))
    assert "\n" not in str(caught.value)


def test_unreadable_ocio_variable_is_an_error_and_not_a_fallback(tmp_path: Path) -> None:
    child = run_child(
        """
        import os, sys
        os.environ["OCIO"] = sys.argv[1]
        from vst_core.color import DisplayTransform
        from vst_core.errors import InputError
        try:
            DisplayTransform("linear")
        except InputError as error:
            print(error)
        """,
        tmp_path / "moved away.ocio",
    )
    assert child.returncode == 0, child.stderr
    assert "moved away.ocio: the OCIO configuration cannot be read" in child.stdout
    assert len(child.stdout.splitlines()) == 1


def test_ocio_variable_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1")
    assert resolve_color_space(exr(tmp_path), "srgb_rec709_scene") == "sRGB - Texture"
    assert resolve_color_space(exr(tmp_path)) == "Linear Rec.709 (sRGB)"


def test_configuration_without_rec709_says_so(tmp_path: Path) -> None:
    path = tmp_path / "minimal.ocio"
    path.write_text(MINIMAL)
    with pytest.raises(InputError, match=r"minimal\.ocio: the OCIO configuration has no scene-linear Rec\.709 space"):
        DisplayTransform("lin", str(path))


def test_matrices_are_found_for_linear_spaces_only() -> None:
    config = ColorConfig.load()
    working = config.working_space()
    matrix = config.matrix("ACEScg", working)
    assert matrix is not None
    assert matrix == pytest.approx(
        np.array([[1.70505, -0.62179, -0.08326], [-0.13026, 1.14080, -0.01055], [-0.02400, -0.12897, 1.15297]]),
        abs=2e-5,
    )
    assert config.matrix(working, working) == pytest.approx(np.eye(3))
    assert config.matrix("sRGB Encoded Rec.709 (sRGB)", working) is None
    assert config.matrix("ACEScct", working) is None
