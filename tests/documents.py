"""What the project's documents tell people to type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "samples/*.md")
    for path in ROOT.glob(pattern)
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}.*\n)+")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_EVALUATED = re.compile(r'^eval "\$\((.*)\)"$')


@dataclass(frozen=True)
class Page:
    """A document.

    Attributes:
        text: without what stands between fences.
        fenced: language and text of what does.
    """

    name: str
    text: str
    fenced: list[tuple[str, str]]

    @classmethod
    def read(cls, name: str) -> Page:
        whole = (ROOT / name).read_text(encoding="utf-8")
        return cls(name, _FENCE.sub("", whole), _FENCE.findall(whole))

    def commands(self) -> Iterator[list[str]]:
        """The indented lines, in order, as a shell would split them; redirections and comments are left out."""
        for block in _INDENTED.findall(self.text):
            for line in block.replace("\\\n", " ").splitlines():
                evaluated = _EVALUATED.match(line.strip())
                for part in re.split(r"\s&&\s", evaluated[1] if evaluated else line):
                    words = shlex.split(part, comments=True)
                    yield words[: words.index(">")] if ">" in words else words

    def spans(self) -> Iterator[str]:
        """What stands in the text as code."""
        yield from _SPAN.findall(_INDENTED.sub("", self.text))

    def programs(self) -> list[str]:
        """Its Python, in order."""
        return [text for language, text in self.fenced if language == "python"]

    def links(self) -> list[str]:
        """Where it leads, on this machine."""
        return [link for link in _LINK.findall(self.text) if "://" not in link]

    def anchors(self) -> set[str]:
        """Its headings, as links name them."""
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.text)}
