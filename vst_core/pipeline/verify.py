"""A shot on disk against its manifest: is every frame there, whole, unchanged, and made from the one before it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from vst_core.digest import sha256_of
from vst_core.errors import ExitCode, InputError, VstError
from vst_core.pipeline.findings import Check, Finding, in_order
from vst_core.pipeline.journal import gather, manifest_path
from vst_core.pipeline.look import look_at
from vst_core.pipeline.manifest import FrameRecord, Manifest, Run, read_manifest, rectangle
from vst_core.sequence import FrameSequence
from vst_core.threads import usable_cores

_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        output: the frames.
        manifest: what they are to be.
        expected: the frames that there are to be.
        findings: what is wrong, in order.
    """

    output: FrameSequence
    manifest: Manifest
    expected: tuple[int, ...]
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[int, ...]:
        """The frames with something wrong beside their being missing."""
        return tuple(sorted({each.frame for each in self.findings if each.frame is not None and not each.missing}))

    @property
    def missing(self) -> tuple[int, ...]:
        """The frames that are not there."""
        return tuple(each.frame for each in self.findings if each.frame is not None and each.missing)

    @property
    def exit_code(self) -> ExitCode:
        """4 where anything is wrong; 6 where only frames, or their lines in the manifest, are missing."""
        if all(each.missing for each in self.findings):
            return ExitCode.PARTIAL if self.findings else ExitCode.OK
        return ExitCode.OUTPUT


def verify_shot(output: FrameSequence, on_frame: Callable[[int], object] = lambda _: None) -> Verification:
    """Read every frame of a shot whole, and compare all there is with the manifest.

    Args:
        output: the frames.
        on_frame: called with the number of each frame that was looked at.

    Raises:
        InputError: nothing is known of these frames.
    """
    manifest = gather(output)
    if not manifest.frames:
        if manifest_path(output).is_file():
            read_manifest(manifest_path(output))  # says what is wrong with it
        remedy = "a render writes one; were they made by vst?"
        raise InputError("there is no manifest for these frames", where=manifest_path(output), remedy=remedy)
    expected = sorted({frame for run in manifest.runs for frame in run.shot})
    records = manifest.by_frame
    files = {record.file for record in manifest.frames}  # a name without a number can be that of any frame
    on_disk = [frame for frame in output.frames_on_disk() if output.path(frame).name not in files]
    strangers = [frame for frame in on_disk if frame not in records]
    findings = [*_chain(output, manifest)]
    with ThreadPoolExecutor(min(_MOST_THREADS, usable_cores())) as pool:
        looks = {frame: pool.submit(_look, output, manifest, records[frame]) for frame in records}
        for frame, look in looks.items():
            findings += look.result()
            on_frame(frame)
    findings += [_unknown(output, frame) for frame in strangers]
    absent = {frame for frame in expected if frame not in records and frame not in strangers}
    findings += [Finding("complete", "is missing", frame, str(output.path(frame))) for frame in absent]
    findings += _beside(output, manifest)
    return Verification(output, manifest, tuple(expected), in_order(findings))


def _beside(output: FrameSequence, manifest: Manifest) -> Iterator[Finding]:
    """Whether the manifest beside the frames says all that the journals know. Of a render that is at work or was killed
    it does not, and is incomplete, as the frames are.
    """
    path, known = manifest_path(output), manifest.by_frame
    try:
        said = read_manifest(path) if path.exists() else Manifest(files=manifest.files, runs=(), frames=())
    except VstError as error:
        yield Finding("manifest", error.what, None, str(path))
        return
    if said != manifest:
        lacks = all(run in manifest.runs for run in said.runs) and len(said.frames) < len(known)
        lacks = lacks and all(known.get(record.frame) == record for record in said.frames)
        yield Finding("complete" if lacks else "manifest", "is older than the frames", None, str(path))


def _unknown(output: FrameSequence, frame: int) -> Finding:
    return Finding("manifest", "is in no manifest", frame, str(output.path(frame)))


def _look(output: FrameSequence, manifest: Manifest, record: FrameRecord) -> list[Finding]:
    """What is wrong with one file."""
    path = output.folder / record.file

    def found(check: Check, what: str) -> Finding:
        return Finding(check, what, record.frame, str(path))

    if path != output.path(record.frame):
        return [found("manifest", "is not the file of that frame")]
    if not path.is_file():
        return [found("complete", "is missing")]
    findings = []
    try:
        if sha256_of(path) != record.sha256:
            findings.append(found("content", "is not what was written: its SHA-256 differs"))
        look = look_at(path, written_layer(manifest.run_of(record)))
    except OSError as error:
        return [*findings, found("decode", f"cannot be read ({error.strerror})")]
    except VstError as error:
        return [*findings, found("decode", error.what)]
    if look.not_finite:
        findings.append(found("finite", look.not_finite))
    for name, window, written in (
        ("data", look.part.data_window, record.data_window),
        ("display", look.part.display_window, record.display_window),
    ):
        if rectangle(window) != written:
            findings.append(found("window", f"has the {name} window {rectangle(window)}, not {written}"))
    if look.channels != record.channels:
        findings.append(found("channels", difference(look.channels, record.channels)))
    return findings


def difference(found: Sequence[str], wanted: Sequence[str]) -> str:
    """What is wrong with a file's channels, in words."""
    lacks, more = [name for name in wanted if name not in found], [name for name in found if name not in wanted]
    parts = [f"lacks {', '.join(lacks)}"] if lacks else []
    parts += [f"has {', '.join(more)} beside them"] if more else []
    return " and ".join(parts) or "has its channels in another order"


def _chain(output: FrameSequence, manifest: Manifest) -> Iterator[Finding]:
    """The records against one another."""
    for before, record in pairwise(manifest.frames):
        run = manifest.run_of(record)
        if record.frame != before.frame + 1 or _begins(run, record.frame):
            continue
        where = str(output.path(record.frame))
        if run.fingerprint != manifest.run_of(before).fingerprint:
            yield Finding("chain", "was made with different settings from the frame before it", record.frame, where)
        elif record.previous != (before.state if run.settings.get("temporal", True) else ""):
            yield Finding("chain", "was not made from the frame before it", record.frame, where)


def _begins(run: Run, frame: int) -> bool:
    """Whether a frame has none before it that it could depend on."""
    draft = run.settings.get("preroll") is not None
    return frame == (run.frames.first if draft else run.shot.first)


def written_layer(run: Run) -> str | None:
    """The layer that has the colour of a run's frames."""
    output = run.settings.get("output") or {}
    return run.settings.get("layer") if output.get("layers", "plate") == "plate" else None
