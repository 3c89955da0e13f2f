"""Which colour space a file is in, and what OpenColorIO knows about it."""

from __future__ import annotations

import atexit
import difflib
import os
from functools import cache
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.errors import InputError, SettingsError
from vst_core.files.image_file import Header
from vst_core.image import FloatArray

WORKING_SPACE = "lin_rec709_scene"
"""Scene-linear Rec.709, where the display curve works, by its Color Interop Forum name."""

COLOR_SPACE = "vst:colorSpace"
"""Attribute in which a frame that was rendered names its colour space: not all have an interop ID."""

PINNED_CONFIG = "ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4"
"""What is used without ``$OCIO``: a whole name, so that the next release renders the same."""

_FALLBACK = "built-in"  # what OpenImageIO silently uses when it cannot read a configuration

# What configurations older than the interop names call these spaces.
_OLDER_NAMES = {
    WORKING_SPACE: (
        "lin_rec709",
        "lin_srgb",
        "Linear Rec.709",
        "Utility - Linear - sRGB",
        "Utility - Linear - Rec.709",
    ),
    "lin_ap1_scene": ("ACEScg", "ACES - ACEScg"),
    "lin_ap0_scene": ("ACES2065-1", "ACES - ACES2065-1"),
    "srgb_rec709_scene": ("sRGB - Texture", "Utility - sRGB - Texture", "sRGB"),
}

# x and y of red, green, blue and white: ITU-R BT.709, SMPTE ST 2065-1 (AP0), S-2014-004 (AP1), SMPTE RP 431-2 with D65.
_PRIMARIES = {
    WORKING_SPACE: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "lin_ap1_scene": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "lin_ap0_scene": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "lin_p3d65_scene": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "lin_rec2020_scene": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
}
_PRIMARIES_TOLERANCE = 0.001
_LOG_FORMATS = ("dpx", "cineon")  # their headers rarely say which curve, and a guess would be seen

_PROBES = np.array(
    [[[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [-0.5, -2, 0.25], [20, 3, -7], [0.18, 0.18, 0.18]]], np.float32
)


def resolve_color_space(header: Header, override: str | None = None, config: str | None = None) -> str:
    """The colour space of a file, by its name in the OCIO configuration.

    In this order: the override, ``colorInteropID``, of an EXR what a render wrote, its chromaticities, scene-linear
    Rec.709 for other EXRs, what the reader of another format found out, sRGB for integers and scene-linear Rec.709 for
    floats.

    Args:
        header: the file's header.
        override: the user's word, any name, alias or role of the configuration.
        config: an OCIO configuration; None takes ``$OCIO``, or the built-in one.

    Raises:
        SettingsError: the override is unknown.
        InputError: the configuration cannot be read, or the file says a space that it does not know, or none where
            none can be assumed.
    """
    known = ColorConfig.load(config)
    if override is not None:
        return known.resolve(override)
    name = _declared_space(header)
    try:
        return known.resolve(name)
    except SettingsError as error:
        raise InputError(
            f"its colour space {name!r} is not in the OCIO configuration {known.name}",
            where=header.path,
            remedy="set it with --color-space",
        ) from error


class ColorConfig:
    """An OCIO configuration that was read, as opposed to OpenImageIO's fallback.

    Attributes:
        name: its path or URI.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        if self._config.configname() == _FALLBACK:
            raise InputError(
                f"the OCIO configuration cannot be read ({self._config.geterror()})",
                where=name,
                remedy="correct $OCIO, or unset it to use the built-in configuration",
            )

    @staticmethod
    def load(name: str | None = None) -> ColorConfig:
        """A configuration by path or URI; None takes ``$OCIO``, or the built-in one.

        Raises:
            InputError: it cannot be read.
        """
        return ColorConfig(name or os.environ.get("OCIO") or PINNED_CONFIG)

    @property
    def _config(self) -> oiio.ColorConfig:
        return _read(self.name)

    def resolve(self, name: str) -> str:
        """The configuration's own name for a space given by any name, alias, role or interop ID.

        Raises:
            SettingsError: it has none, or the space holds data instead of colour.
        """
        for candidate in (name, *_OLDER_NAMES.get(name, ())):
            space: str = self._config.resolve(candidate)
            if self._config.getColorSpaceIndex(space) >= 0:
                if self._config.isData(space):
                    raise SettingsError("is a data space, not a colour space", where=f"colour space {name!r}")
                return space
        raise SettingsError(
            f"is not in the OCIO configuration {self.name}",
            where=f"colour space {name!r}",
            remedy=f"it has, among others, {', '.join(self._near(name))}",
        )

    def _near(self, name: str) -> list[str]:
        """Spaces of colours whose name or alias contains ``name`` or resembles it, or else the first few."""
        spaces = [space for space in self._config.getColorSpaceNames() if not self._config.isData(space)]
        names = {alias.casefold(): space for space in spaces for alias in (space, *self._config.getAliases(space))}
        wanted = name.casefold()
        keys = [key for key in names if wanted and wanted in key]
        keys += difflib.get_close_matches(wanted, names, n=8, cutoff=0.5)
        return list(dict.fromkeys(names[key] for key in keys))[:5] or spaces[:8]

    def working_space(self) -> str:
        """The configuration's name for scene-linear Rec.709.

        Raises:
            InputError: it has none.
        """
        try:
            return self.resolve(WORKING_SPACE)
        except SettingsError as error:
            raise InputError(
                "the OCIO configuration has no scene-linear Rec.709 space, which every plate is shown through",
                where=self.name,
                remedy=f"give its space the alias {WORKING_SPACE}",
            ) from error

    def interop_id(self, name: str) -> str:
        """The Color Interop Forum's ID of a space, what EXR calls ``colorInteropID``; empty where it has none."""
        return str(self._config.get_color_interop_id(name))

    def convert(self, color: FloatArray, source: str, target: str) -> FloatArray:
        """(H, W, 3) float32 from one space to another; what a curve takes to infinity or NaN ends at the half range.

        Raises:
            InputError: the configuration describes the conversion but cannot do it (a missing LUT file, for example).
        """
        buffer = oiio.ImageBuf(np.ascontiguousarray(color))
        result = oiio.ImageBufAlgo.colorconvert(buffer, source, target, False, "", "", self.name)
        if result.has_error:
            raise InputError(f"cannot convert {source} to {target} ({result.geterror()})", where=self.name)
        pixels = np.asarray(result.get_pixels(), dtype=np.float32)
        if not np.isfinite(pixels).all():
            np.nan_to_num(pixels, copy=False, nan=0.0, posinf=65504.0, neginf=-65504.0)
        return pixels

    def matrix(self, source: str, target: str) -> NDArray[np.float64] | None:
        """The 3x3 matrix that takes column vectors of ``source`` to ``target``, or None where they are not linear.

        Found by converting black, the primaries, and colours far outside [0, 1] that the matrix then must explain.
        """
        if source == target:
            return np.eye(3)
        converted = self.convert(_PROBES, source, target)[0].astype(np.float64)
        matrix = converted[1:4].T
        explained = _PROBES[0].astype(np.float64) @ matrix.T
        scale = np.abs(explained).max(axis=1, keepdims=True) + 1e-3
        if (np.abs(converted - explained) > 1e-5 * scale).any():
            return None
        return np.eye(3) if np.allclose(matrix, np.eye(3), atol=1e-6) else matrix


@cache
def _read(name: str) -> oiio.ColorConfig:
    """Reading takes 70 ms, so once; the binding complains about objects that outlive the interpreter, so not longer."""
    atexit.register(_read.cache_clear)
    return oiio.ColorConfig(name)


def _declared_space(header: Header) -> str:
    """What a file says, or is by custom, as an interop ID or a name.

    Raises:
        InputError: it says something that cannot be used, or nothing where custom has no answer.
    """
    metadata: dict[str, Any] = dict(header.metadata)
    interop = str(metadata.get("colorInteropID", "unknown"))
    if interop != "unknown":
        return interop
    if header.file_format == "openexr":
        if COLOR_SPACE in metadata:
            return str(metadata[COLOR_SPACE])
        return _space_of_primaries(header, metadata.get("chromaticities"))
    declared = metadata.get("oiio:ColorSpace")
    if declared:
        return str(declared)
    if header.file_format in _LOG_FORMATS:
        raise InputError("does not state its colour space", where=header.path, remedy="set it with --color-space")
    return "srgb_rec709_scene" if header.parts[0].formats[0] in ("uint8", "uint16") else WORKING_SPACE


def _space_of_primaries(header: Header, chromaticities: Any) -> str:
    if chromaticities is None:
        return WORKING_SPACE
    for name, primaries in _PRIMARIES.items():
        if np.allclose(chromaticities, primaries, rtol=0, atol=_PRIMARIES_TOLERANCE):
            return name
    raise InputError(
        "its chromaticities match no known colour space",
        where=header.path,
        remedy="set it with --color-space",
    )
