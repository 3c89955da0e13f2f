"""What a benchmark found, as a table for the terminal and for the page of comparisons."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from tabulate import tabulate

_WIDTH = 118


@dataclass
class Table:
    """One comparison.

    Attributes:
        title: what is compared.
        note: how, and what the columns are.
        columns: their heads; the first is of names.
        rows: a name and its figures, each as it is to be read.
        values: the figures that a plot is drawn of, by name of the row.
    """

    title: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    values: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, name: str, *cells: str, **values: float) -> None:
        """Add a row, and say so: a whole table can take long."""
        print("  ".join((name, *cells)), file=sys.stderr, flush=True)
        self.rows.append((name, *cells))
        self.values[name] = values

    def as_text(self) -> str:
        """For a terminal."""
        return f"{self.title}\n{self._drawn('simple')}\n"

    def as_markdown(self) -> str:
        """For a page, below a heading of its own."""
        note = textwrap.fill(" ".join(self.note.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
        return f"### {self.title}\n\n{note}\n\n{self._drawn('github')}\n"

    def _drawn(self, form: str) -> str:
        sides = ("left", *("right" for _ in self.columns[1:]))
        return tabulate(self.rows, self.columns, tablefmt=form, colalign=sides, disable_numparse=True)


def show(tables: Iterable[Table]) -> None:
    """Print tables as they come."""
    for table in tables:
        print(table.as_text(), flush=True)
