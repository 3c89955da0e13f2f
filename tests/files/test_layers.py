import pytest

from vst_core.errors import InputError
from vst_core.files.layers import PartChannels, choose_color_layer


def rgb(prefix: str, components: str = "RGBA") -> tuple[str, ...]:
    return tuple(f"{prefix}.{c}" if prefix else c for c in components)


def chosen(parts: list[PartChannels], wanted: str | None = None) -> tuple[int, list[str], str | None]:
    layer = choose_color_layer(parts, wanted, "plate.exr")
    names = parts[layer.part].channels
    return layer.part, [names[i] for i in layer.color], None if layer.alpha is None else names[layer.alpha]


@pytest.mark.parametrize(
    ("channels", "prefix", "components"),
    [
        (("A", "B", "G", "R"), "", "RGBA"),
        (("Z", *rgb("diffuse"), *rgb("", "BGR")), "", "RGB"),
        ((*rgb("ViewLayer.Albedo"), *rgb("ViewLayer.Combined")), "ViewLayer.Combined", "RGBA"),
        ((*rgb("albedo"), *rgb("beauty")), "beauty", "RGBA"),
        ((*rgb("albedo"), *rgb("Image")), "Image", "RGBA"),
        ((*rgb("CryptoObject00", "rgba"), *rgb("spec", "rgb")), "spec", "rgb"),
        ((*rgb("crypto_material01", "rgba"), *rgb("", "rgba")), "", "rgba"),
        (("Y", *rgb("normal", "XYZ"), *rgb("key")), "key", "RGBA"),
    ],
)
def test_likeliest_picture(channels: tuple[str, ...], prefix: str, components: str) -> None:
    names = list(rgb(prefix, components))
    expected = 0, names[:3], names[3] if len(names) > 3 else None
    assert chosen([PartChannels(channels)]) == expected


def test_spelt_out_components() -> None:
    assert chosen([PartChannels(("l.alpha", "l.blue", "l.green", "l.red"))]) == (
        0,
        ["l.red", "l.green", "l.blue"],
        "l.alpha",
    )


def test_alpha_of_another_layer_is_not_taken() -> None:
    assert chosen([PartChannels((*rgb("a", "RGB"), *rgb("b")))]) == (0, ["a.R", "a.G", "a.B"], None)


def test_first_plain_part_and_combined_in_a_later_part() -> None:
    depth = PartChannels(("Z",), "depth")
    assert chosen([depth, PartChannels(rgb(""), "rgba"), PartChannels(rgb(""), "matte")])[0] == 1
    assert chosen([depth, PartChannels(rgb("V.Albedo")), PartChannels(rgb("V.Combined"))])[0] == 2


def test_views_of_a_single_part() -> None:
    part = [PartChannels((*rgb(""), *rgb("right")), view="left")]
    assert chosen(part)[1] == ["R", "G", "B"]
    assert chosen(part, "left")[1] == ["R", "G", "B"]
    assert chosen(part, "right")[1] == ["right.R", "right.G", "right.B"]


def test_layer_within_a_named_part() -> None:
    parts = [PartChannels(rgb("diffuse"), "left.light", "left"), PartChannels(rgb("diffuse"), "right.light", "right")]
    assert chosen(parts, "diffuse")[0] == 0
    assert chosen(parts, "right.diffuse")[0] == 1
    assert chosen(parts, "right.light")[0] == 1
    assert chosen(parts, "right")[0] == 1


def test_unknown_layer_lists_the_known() -> None:
    with pytest.raises(
        InputError, match=r"plate\.exr: has no colour layer 'Spec'; its colour layers are plain RGB, spec"
    ):
        chosen([PartChannels((*rgb(""), *rgb("spec")))], "Spec")


def test_no_colour_lists_the_channels() -> None:
    with pytest.raises(InputError, match=r"no red, green and blue channels; its channels are R, G, Z"):
        chosen([PartChannels(("R", "G", "Z"))])
