"""What computes, and with which networks."""

from __future__ import annotations

from collections.abc import Iterator

from vst_core.doctor.finding import Finding
from vst_core.errors import ExitCode, ModelError


def look_at_device() -> Iterator[Finding]:
    """What ``auto`` stands for."""
    import torch

    from vst_core.device import free_memory, resolve_device

    try:
        device = resolve_device()
    except ModelError as error:
        yield Finding.wrong("device", error)
    else:
        yield Finding("device", f"{device}, {free_memory(device.torch_device) / 2**30:.1f} GiB free")
        if device.torch_device.type == "cpu" and torch.cuda.is_available():
            text = "the GPU is not used: this torch does not support it"
            remedy = "install a torch that supports it: pytorch.org has builds for older versions of CUDA"
            yield Finding("device", text, "note", remedy)


def look_at_networks() -> Iterator[Finding]:
    """The networks that are shipped."""
    from vst_core.networks import ARCHITECTURES, load_checkpoint

    for name in ARCHITECTURES:
        try:
            styles = load_checkpoint(name).styles
        except ModelError as error:
            remedy = "install vst again"
            yield Finding("network", f"{name}: {error.what}", "wrong", remedy, ExitCode.MODEL)
        else:
            yield Finding("network", f"{name}: {', '.join(styles)}")


def look_at_weights() -> Iterator[Finding]:
    """The pretrained networks, which trained ones do without; a network is there if one of its files is."""
    from vst_core import weights

    for network in dict.fromkeys(known.network for known in weights.KNOWN):
        found = [weights.status(known) for known in weights.KNOWN if known.network == network]
        whole = [path for state, path in found if state == "ok"]
        for state, path in found:
            if state == "corrupt":
                yield Finding(
                    "weights", f"{path}: is corrupt", "wrong", "delete it and download it again", ExitCode.MODEL
                )
        if whole:
            yield Finding("weights", f"{network}: {whole[0]}")
        else:
            need = "--flow raft needs" if network == "raft" else "optimisation, training and measures of style need"
            text = f"{network}: not found; only {need} it"
            yield Finding("weights", text, "note", "vst weights pull --to FOLDER, then VST_WEIGHTS=FOLDER")
