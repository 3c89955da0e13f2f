"""A marked block of lines in a file that belongs to somebody else; all other bytes of it stay as they are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_FIRST = b"# >>> vst: 'vst install nuke' wrote this, 'vst install nuke --uninstall' takes it out >>>"
_LAST = b"# <<< vst <<<"
_LAST_JOINED = b"# <<< vst, and the line end before it <<<"
_BLOCK = re.compile(
    rb"# >>> vst: [^\r\n]+ >>>\r?\n.*?(?:%s|(?P<joined>%s))\r?\n" % (re.escape(_LAST), re.escape(_LAST_JOINED)),
    re.DOTALL,
)


def with_block(content: bytes, lines: str) -> bytes:
    """The content with the block at its end, in place of one that is there.

    Args:
        content: of the file, empty for a new one.
        lines: what the block says, each line with its end.
    """
    content = without_block(content)
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    joint = newline if content and not content.endswith(b"\n") else b""
    block = b"%s\n%s%s\n" % (_FIRST, lines.encode(), _LAST_JOINED if joint else _LAST)
    return content + joint + block.replace(b"\n", newline)


def without_block(content: bytes) -> bytes:
    """The content as it was before."""
    found = _BLOCK.search(content)
    if found is None:
        return content
    before, after = content[: found.start()], content[found.end() :]
    if found["joined"] and not after:  # the line end was not there before; what came later needs it
        before = before.removesuffix(b"\r\n" if found[0].endswith(b"\r\n") else b"\n")
    return before + after


def has_block(content: bytes) -> bool:
    """Whether there is a block."""
    return _BLOCK.search(content) is not None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is another's, so that it is never half written, whatever happens on the way."""
    path = path.resolve()  # a link stays one
    beside = path.with_name(f".{path.name}.vst")
    try:
        beside.write_bytes(content)
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
