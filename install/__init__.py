"""Puts nodes and plug-ins into host programs, and takes them out again as if they had never been there.

Needs nothing but the standard library, so that it also runs where there is no engine: ``python -m install`` in the
sources does what ``vst install`` does. ``places`` finds the hosts, ``blender`` and ``nuke`` say what belongs where,
``plan`` carries that out, and ``record`` remembers how to undo it.
"""

from .command import main

__all__ = ["main"]
