import pytest

from vst_core.errors import InputError
from vst_core.files.layers import PartChannels, choose_color_layer, view_channels


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


def named(parts: list[PartChannels], wanted: str) -> dict[str, str]:
    """The names of a view, and the part and channel behind each."""
    found = view_channels(parts, choose_color_layer(parts, wanted, "plate.exr"))
    return {name: f"{parts[part].name}:{parts[part].channels[index]}" for name, (part, index) in found.items()}


def nuke_parts() -> list[PartChannels]:
    """What Nuke writes with a part for each layer and view: no layer in the names, and in the order of the alphabet."""
    colors = ("blue", "green", "red")
    return [
        part
        for view in ("left", "right")
        for part in (
            PartChannels(colors, f"diffuse.{view}", view),
            PartChannels(("u", "v"), f"forward.{view}", view),
            PartChannels(("A", "B", "G", "R"), f"rgba.{view}", view),
        )
    ]


def test_nukes_parts_for_each_layer() -> None:
    parts = nuke_parts()
    assert chosen(parts) == (2, ["R", "G", "B"], "A")
    assert chosen(parts, "right") == (5, ["R", "G", "B"], "A")
    assert chosen(parts, "right.diffuse")[0] == 3
    names = named(parts, "right")
    assert names["forward.u"] == "forward.right:u"
    assert names["diffuse.red"] == "diffuse.right:red"
    assert names["R"] == "rgba.right:R"
    assert len(names) == 9


@pytest.mark.parametrize("vectors", ["right.forward.u", "forward.right.u"])
def test_the_channels_of_a_view_in_a_single_part(vectors: str) -> None:
    channels = (*rgb(""), "forward.u", *rgb("right"), vectors)
    parts = [PartChannels(channels, view="left", other_views=("right",))]
    assert named(parts, "left") == {"R": ":R", "G": ":G", "B": ":B", "A": ":A", "forward.u": ":forward.u"}
    assert named(parts, "right")["forward.u"] == f":{vectors}"
    assert named(parts, "right")["R"] == ":right.R"


def test_what_belongs_to_no_view_is_that_of_each() -> None:
    parts = [PartChannels(rgb(""), "left", "left"), PartChannels(rgb(""), "right", "right"), PartChannels(("Z",), "z")]
    assert named(parts, "left")["Z"] == named(parts, "right")["Z"] == "z:Z"
    assert named(parts, "right")["R"] == "right:R"


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
