"""The knobs that each class of node has in Nuke, as far as the tests meet them: from its reference and its scripts."""

from __future__ import annotations

from collections.abc import Callable

from ._knobs import (
    Boolean_Knob,
    Channel_Knob,
    Double_Knob,
    Enumeration_Knob,
    File_Knob,
    Int_Knob,
    Knob,
    Script_Knob,
    String_Knob,
)

Maker = Callable[[str], Knob]


def _of(kind: type[Knob], default: object = None) -> Maker:
    def make(name: str) -> Knob:
        knob = kind(name)
        if default is not None:
            knob._value = knob._empty = default
        return knob

    return make


def _choice(*choices: str, default: int = 0) -> Maker:
    def make(name: str) -> Knob:
        knob = Enumeration_Knob(name, None, list(choices))
        knob._value = knob._default = choices[default]
        return knob

    return make


_COMMON: dict[str, Maker] = {
    "name": _of(String_Knob),
    "label": _of(String_Knob),
    "xpos": _of(Int_Knob),
    "ypos": _of(Int_Knob),
    "selected": _of(Boolean_Knob),
    "tile_color": _of(Int_Knob),
}
_DISABLE: dict[str, Maker] = {"disable": _of(Boolean_Knob)}
_FILE: dict[str, Maker] = {"file": _of(File_Knob), "proxy": _of(File_Knob), "raw": _of(Boolean_Knob)}
_COPIES: dict[str, Maker] = {
    f"{way}{index}": _of(Channel_Knob, "rgba.alpha" if index == 0 else "none")
    for index in range(4)
    for way in ("from", "to")
}

CLASSES: dict[str, dict[str, Maker]] = {
    "Root": {
        "name": _of(String_Knob),
        "first_frame": _of(Int_Knob, 1),
        "last_frame": _of(Int_Knob, 100),
        "frame": _of(Int_Knob, 1),
        "proxy": _of(Boolean_Knob),
        "colorManagement": _choice("Nuke", "OCIO"),
        "OCIO_config": _choice("nuke-default", "aces_1.2", "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "custom"),
        "customOCIOConfigPath": _of(File_Knob),
        "workingSpaceLUT": _of(String_Knob, "linear"),
    },
    "Group": _COMMON | _DISABLE,
    "Input": _COMMON | {"number": _of(Int_Knob)},
    "Output": _COMMON,
    "Read": _COMMON
    | _DISABLE
    | _FILE
    | {
        "first": _of(Int_Knob, 1),
        "last": _of(Int_Knob, 1),
        "origfirst": _of(Int_Knob, 1),
        "origlast": _of(Int_Knob, 1),
        "origset": _of(Boolean_Knob),
        "before": _choice("hold", "loop", "bounce", "black"),
        "after": _choice("hold", "loop", "bounce", "black"),
        "on_error": _choice("error", "black", "checkerboard", "nearestframe"),
        "colorspace": _of(String_Knob, "default"),
        "premultiplied": _of(Boolean_Knob),
        "localizationPolicy": _choice("on", "fromAutoLocalizePath", "onDemand", "off"),
        "reload": _of(Script_Knob),
    },
    "Write": _COMMON
    | _DISABLE
    | _FILE
    | {
        "channels": _of(Channel_Knob, "rgb"),
        "file_type": _of(String_Knob),
        "colorspace": _of(String_Knob, "default"),
        "create_directories": _of(Boolean_Knob),
        "views": _of(String_Knob),
    },
    "Copy": _COMMON
    | _DISABLE
    | _COPIES
    | {"bbox": _choice("union", "B side", "A side"), "channels": _of(Channel_Knob), "mix": _of(Double_Knob, 1.0)},
    "Remove": _COMMON
    | _DISABLE
    | {"operation": _choice("remove", "keep"), "channels": _of(Channel_Knob, "all")}
    | {f"channels{index}": _of(Channel_Knob) for index in (2, 3, 4)},
    "Switch": _COMMON | _DISABLE | {"which": _of(Double_Knob)},
    "Dissolve": _COMMON | _DISABLE | {"channels": _of(Channel_Knob, "all"), "which": _of(Double_Knob)},
    "Keymix": _COMMON
    | _DISABLE
    | {
        "channels": _of(Channel_Knob, "all"),
        "maskChannel": _of(Channel_Knob, "rgba.alpha"),
        "invertMask": _of(Boolean_Knob),
        "mix": _of(Double_Knob, 1.0),
        "bbox": _choice("union", "B", "A"),
    },
    "NoOp": _COMMON | _DISABLE,
}

EXR_KNOBS: dict[str, Maker] = {
    "write_ACES_compliant_EXR": _of(Boolean_Knob),
    "autocrop": _of(Boolean_Knob),
    "datatype": _choice("16 bit half", "32 bit float"),
    "compression": _choice(
        "none", "Zip (1 scanline)", "Zip (16 scanlines)", "PIZ Wavelet (32 scanlines)", "RLE", default=1
    ),
    "metadata": _choice(
        "no metadata",
        "default metadata",
        "default metadata and exr/*",
        "all metadata except input/*",
        "all metadata",
        default=1,
    ),
    "noprefix": _of(Boolean_Knob),
    "interleave": _choice("channels, layers and views", "channels and layers", "channels"),
    "heroview": _of(String_Knob),
    "first_part": _of(Channel_Knob),
    "write_full_layer_names": _of(Boolean_Knob),
    "truncateChannelNames": _of(Boolean_Knob),
}
"""What a Write has more, once its file type is exr."""

INPUTS = {"Input": 0, "Read": 0, "Root": 0, "Group": 0, "Switch": 10, "Dissolve": 10, "Copy": 2, "Keymix": 3}
"""How many inputs a class takes, where it is not one."""
