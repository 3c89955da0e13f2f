"""What a training needs, opened: device, feature network, styles, pictures, and a digest of all that decides it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from vst_core import weights
from vst_core.device import Device, resolve_device
from vst_core.errors import SettingsError
from vst_core.features import Features
from vst_core.methods import read_style, scaled_to_area
from vst_core.networks import ARCHITECTURES, Checkpoint, load_checkpoint
from vst_core.training.data import PictureFolder, Pictures, Scenes
from vst_core.training.recipe import Recipe
from vst_core.training.settings import TrainingSettings

_SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a training needs.

    Attributes:
        device: where, in which precision, with how many threads.
        features: the feature network of the losses.
        styles: (1, 3, h, w) each, display [0, 1], at the size they are measured at.
        pictures: what is trained on.
        start: weights that it begins with; None for random ones.
        about: what the model card says of all these: plain data without paths.
        fingerprint: SHA-256 over everything that decides the network's bits.
    """

    device: Device
    features: Features
    styles: tuple[Tensor, ...]
    pictures: Pictures
    start: Mapping[str, Tensor] | None
    about: dict[str, Any]
    fingerprint: str


def open_inputs(settings: TrainingSettings, on_skip: Callable[[Path], object]) -> Inputs:
    """Open everything that a training needs.

    Args:
        settings: the training's.
        on_skip: called once with the path of each picture that does not decode.

    Raises:
        VstError: the first thing that is wrong.
    """
    recipe = settings.recipe
    start = None if recipe.start is None else _start(recipe, recipe.start)
    styles = [scaled_to_area(read_style(path), recipe.style_side) for path in recipe.styles]
    pictures = Scenes(recipe.seed) if recipe.data == _SYNTHETIC else PictureFolder(Path(recipe.data), on_skip)
    device = resolve_device(settings.device, settings.precision, settings.threads)
    loaded = weights.load(recipe.features, settings.weights)
    layers = list(dict.fromkeys((*recipe.content_layers, *recipe.style_layers)))
    features = Features(recipe.features, loaded, layers, dtype=device.dtype, device=device.torch_device)
    data = _description(pictures, recipe)
    style_hashes = [weights.file_sha256(path) for path in recipe.styles]
    named = [{"file": path.name, "sha256": sha256} for path, sha256 in zip(recipe.styles, style_hashes, strict=True)]
    # What has paths says the same by content, so that the same files under other paths are the same training.
    bare = recipe.model_copy(
        update={
            "styles": tuple(Path(path.name) for path in recipe.styles),
            "data": data["source"],
            "start": start and Path(start.path.name),
        }
    )
    begun = start.sha256 if start else ""
    fingerprint = bare.digest(*style_hashes, loaded.sha256, data.get("sha256", ""), begun, str(device))
    about = {
        "recipe": bare.model_dump(mode="json") | {"styles": named},
        "start": {"card": start.card, "sha256": start.sha256} if start else None,
        "data": data,
        "features": {"network": recipe.features, "sha256": loaded.sha256},
        "device": str(device),
        "fingerprint": fingerprint,
    }
    on_device = tuple(style.to(device.torch_device) for style in styles)
    weights_to_begin_with = start.network.state_dict() if start else None
    return Inputs(device, features, on_device, pictures, weights_to_begin_with, about, fingerprint)


def _start(recipe: Recipe, path: Path) -> Checkpoint:
    """The network to go on from.

    Raises:
        ModelError: it cannot be read.
        SettingsError: it is of another size, or of other styles.
    """
    checkpoint = load_checkpoint(str(path))
    if checkpoint.network.architecture != ARCHITECTURES[recipe.size] or checkpoint.styles != recipe.style_names:
        raise SettingsError(
            f"has other styles or another size: {', '.join(checkpoint.styles)}",
            where=path,
            remedy=f"give one of size {recipe.size} with the styles {', '.join(recipe.style_names)}, in this order",
        )
    return checkpoint


def _description(pictures: Pictures, recipe: Recipe) -> dict[str, Any]:
    """What is said of the pictures; a folder's hash is that of its files' names and sizes."""
    if not isinstance(pictures, PictureFolder):
        return {"source": _SYNTHETIC, "pictures": len(pictures)}
    folder = Path(recipe.data)
    sizes = [path.stat().st_size if path.exists() else 0 for path in pictures.paths]  # 0 for a link to nothing
    lines = [f"{path.relative_to(folder).as_posix()} {size}" for path, size in zip(pictures.paths, sizes, strict=True)]
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return {"source": "folder", "pictures": len(pictures), "sha256": digest}
