"""The error that a host shows to the artist."""

from __future__ import annotations


class WorkerError(Exception):
    """One line: what went wrong, and what to do about it."""
