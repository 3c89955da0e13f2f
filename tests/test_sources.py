"""Rules about the sources that no linter knows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("these sources are in no repository")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_is_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in tracked("*.py", "*.md", "Makefile", "*.toml")}
    assert len(lengths) > 300
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}
