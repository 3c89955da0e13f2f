"""A shot as a clip for an editor's timeline, in OpenTimelineIO."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vst_core.atomic_file import write_bytes
from vst_core.errors import InputError, SettingsError
from vst_core.pipeline.claim import shot_name
from vst_core.pipeline.journal import gather, manifest_path
from vst_core.sequence import FrameSequence

_SUFFIX = ".otio"


def write_clip(output: FrameSequence, path: Path, *, rate: Fraction, folder: Path | None = None) -> None:
    """Write a timeline with one clip, named as the shot, that shows its frames.

    Args:
        output: the frames, which have a manifest.
        path: the .otio to write.
        rate: frames a second.
        folder: where the frames will lie; where they are when left out.

    Raises:
        InputError: there is no manifest.
        SettingsError: the name is not .otio.
        OutputError: it could not be written.
    """
    import opentimelineio as otio

    if path.suffix.lower() != _SUFFIX:
        raise SettingsError("is not a timeline", where=path, remedy=f"end its name in {_SUFFIX}")
    manifest = gather(output)
    if not manifest.frames:
        raise InputError("there is no manifest for these frames", where=manifest_path(output))
    first, last = manifest.frames[0].frame, manifest.frames[-1].frame
    span = otio.opentime.TimeRange(
        otio.opentime.RationalTime(first, float(rate)), otio.opentime.RationalTime(last - first + 1, float(rate))
    )
    media = otio.schema.ImageSequenceReference(
        target_url_base=(folder or output.folder).absolute().as_uri() + "/",
        name_prefix=output.prefix,
        name_suffix=output.suffix,
        start_frame=first,
        frame_step=1,
        rate=float(rate),
        frame_zero_padding=max(output.padding, 1) if output.only is None else output.padding,
        missing_frame_policy=otio.schema.ImageSequenceReference.MissingFramePolicy.error,
        available_range=span,
    )
    name, run = shot_name(output), manifest.runs[-1]
    about = {"fingerprint": run.fingerprint, "color_space": run.color_space, "manifest": manifest_path(output).name}
    clip = otio.schema.Clip(name, media, span, metadata={"vst_render": about})
    track = otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video)
    timeline = otio.schema.Timeline(name, [track])
    data = str(otio.adapters.write_to_string(timeline, "otio_json"))
    write_bytes(path, data.encode())
