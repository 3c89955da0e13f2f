"""Text that a user or a farm gives in a file."""

from __future__ import annotations

from pathlib import Path

from vst_core.errors import VstError


def read_text(path: str | Path, error: type[VstError], *, encoding: str = "utf-8", remedy: str = "") -> str:
    """What a file says.

    Args:
        path: the file.
        error: what is raised where it cannot be read: the kind decides the exit code.
        encoding: ``utf-8``, or ``utf-8-sig`` where a mark may stand at its beginning.
        remedy: what to do where it is text of another encoding.

    Raises:
        VstError: of that kind; the file is missing, refused by the system, or no such text.
    """
    try:
        return Path(path).read_text(encoding=encoding)
    except FileNotFoundError:
        raise error("no such file", where=path) from None
    except OSError as reason:
        raise error(f"cannot be read ({reason.strerror})", where=path) from None
    except UnicodeDecodeError as reason:
        raise error(f"cannot be read ({reason})", where=path, remedy=remedy) from None
