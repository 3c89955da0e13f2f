"""The worker: one process that renders for a host program, which talks to it in lines of JSON."""

from vst_core.worker.server import serve

__all__ = ["serve"]
