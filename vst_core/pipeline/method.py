"""The method of a render, with its network loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vst_core import weights
from vst_core.device import Device, resolve_device
from vst_core.features import Features
from vst_core.methods import FeedForward, Method, Optimization, read_style
from vst_core.networks import find_checkpoint, load_checkpoint
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.manifest import Asset, asset
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class LoadedMethod:
    """A method with its network, and what decided its numbers."""

    method: Method
    device: Device
    weights: Asset


def open_device(settings: RenderSettings) -> Device:
    """The device that is asked for.

    Raises:
        ModelError: it cannot be used.
    """
    return resolve_device(settings.device, settings.precision, settings.threads)


def open_method(settings: RenderSettings, device: Device, cache: RenderCache | None = None) -> LoadedMethod:
    """The method with its network; style images are yet to be given to it by ``prepare_style``.

    Args:
        settings: the shot.
        device: where the network is to live, and in which precision.
        cache: has the network of an earlier render, and keeps this one.

    Raises:
        ModelError: there are no weights, or they are not usable.
        SettingsError: the network has no such style.
    """
    kept = (cache or RenderCache()).network
    home = device.torch_device, device.dtype
    if settings.method == "feedforward":
        name, digest = settings.network, weights.file_sha256(find_checkpoint(settings.network))
        checkpoint = kept.keep(lambda: load_checkpoint(name), name, digest, *home)
        method = FeedForward(checkpoint, settings.style.styles, settings.style.blend, device, settings.tile)
        return LoadedMethod(method, device, asset(checkpoint.path, checkpoint.sha256))
    loaded = weights.load(settings.features, settings.weights)
    options = settings.optimization
    layers = list(dict.fromkeys((*options.content_layers, *options.style_layers)))
    features = kept.keep(
        lambda: Features(settings.features, loaded, layers, dtype=device.dtype, device=device.torch_device),
        *(settings.features, loaded.sha256, *layers, *home),
    )
    return LoadedMethod(Optimization(options, features, settings.passes), device, asset(loaded.path, loaded.sha256))


def style_images(settings: RenderSettings) -> tuple[Path, ...]:
    """The style images of a render; none where its styles are a network's own."""
    return settings.style.images if settings.method == "optimization" else ()


def prepare_style(settings: RenderSettings, loaded: LoadedMethod) -> None:
    """Give the style images to a method that takes some.

    Raises:
        InputError: one is no image.
        SettingsError: their colour space is unknown.
    """
    if isinstance(loaded.method, Optimization):
        images = [read_style(path, settings.style_color_space) for path in style_images(settings)]
        styles = [image.to(loaded.device.torch_device) for image in images]
        loaded.method.prepare(styles, settings.style.blend, settings.style.scale)
