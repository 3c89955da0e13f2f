"""Runs beside Nuke's window: a thread waits for the worker, and everything on nodes is done in the main thread."""

from __future__ import annotations

import atexit
import threading

import nuke

from ..errors import WorkerError
from .dump import DumpCancelledError
from .group import is_ours
from .prepare import finish, prepare, tell
from .run import FAILED, Outcome, Run

_TITLE = "VST_Stylize"
_EXIT_PATIENCE = 20.0  # seconds; the worker itself is ended before

_current: _Beside | None = None


def register() -> None:
    """Have runs end with the script or the node that they are for."""
    nuke.addOnDestroy(_on_destroy, nodeClass="Group")
    nuke.addOnScriptClose(close)


def start(node: nuke.Node) -> None:
    """Write the plate, and stylise it beside the window; what is wrong is told in a box."""
    global _current
    if _current is not None:
        nuke.message(f"{_current.name} is at work; wait for it, or cancel it.")
        return
    try:
        run = prepare(node)
    except DumpCancelledError:
        tell(node, "cancelled before the first stylised frame")
    except WorkerError as error:
        tell(node, str(error))
        nuke.message(str(error))
    else:
        tell(node, "at work")
        _current = _Beside(node, run)
        _current.start()


def cancel(node: nuke.Node) -> None:
    """Stop the run of a node."""
    if _current is not None and _current.node == node:
        _current.run.cancel()


def close() -> None:
    """The script goes: what runs belongs to it."""
    if _current is not None:
        _current.abandon()


class _Beside:
    """A run, the thread that follows it, and the node that it is for."""

    def __init__(self, node: nuke.Node, run: Run) -> None:
        self.node, self.run, self.name = node, run, node.fullName()
        self._gone = False
        self._thread = threading.Thread(target=self._follow, name="vst-run", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def abandon(self) -> None:
        """Stop; there is no node any more that could show anything."""
        self._gone = True
        self.run.cancel()

    def join(self, patience: float) -> None:
        """Wait for the end of the thread."""
        self._thread.join(patience)

    def _follow(self) -> None:
        bar = _Bar(f"{_TITLE}: {self.name}", self.run)
        outcome = self.run.follow(bar.show)
        del bar  # which closes it
        nuke.executeInMainThread(self._finish, (outcome,))

    def _finish(self, outcome: Outcome) -> None:
        global _current
        _current = None
        try:
            if not self._gone:
                finish(self.node, self.run, outcome)
        except ValueError:  # what Nuke raises for a node that was deleted
            self._gone = True
        if self._gone:
            nuke.tprint(f"{self.name} is gone; {outcome.message}; the frames are in {self.run.version.folder}")
        elif outcome.state == FAILED:
            nuke.message(outcome.message)


class _Bar:
    """Nuke's progress bar, whose button cancels the run. It is made in the thread that moves it."""

    def __init__(self, title: str, run: Run) -> None:
        self._task, self._run = nuke.ProgressTask(title), run

    def show(self, fraction: float, text: str) -> None:
        """Move it."""
        self._task.setMessage(text)
        self._task.setProgress(int(100 * fraction))
        if self._task.isCancelled():
            self._run.cancel()


def _on_destroy() -> None:
    node = nuke.thisNode()
    if _current is not None and is_ours(node) and _current.node == node:
        _current.abandon()


def _at_exit() -> None:
    if _current is not None:
        _current.abandon()
        _current.join(_EXIT_PATIENCE)


atexit.register(_at_exit)
