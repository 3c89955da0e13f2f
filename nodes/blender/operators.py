"""The buttons that take time: Stylize Shot and Test Worker, each beside the window or, without one, in one go."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import bpy  # type: ignore[import-not-found]
from bpy import props

from ..errors import WorkerError
from .batch import follow
from .mending import MENDS
from .properties import UID, with_properties
from .run import CANCELLED, Run, running, spell
from .tree import find_node
from .trial import Trial
from .versions import scene_of

LOOK = 0.1
"""Seconds between two looks at what runs."""


class _Polling:
    """An operator around something that has ``step``, ``over``, ``cancel``, ``message`` and ``exit_code``."""

    _task: Any
    _timer: Any = None
    _shown: Any = None
    report: Callable[[set[str], str], None]

    def begin(self, context: Any, *, windowed: bool) -> Any:
        """What is to be polled."""
        raise NotImplementedError

    def state(self) -> Any:
        """What there is to show."""

    def show(self, context: Any) -> None:
        """Show it; called where it has changed."""

    def wait(self) -> None:
        """Wait for the end, where there is no window."""
        raise NotImplementedError

    def execute(self, context: Any) -> set[str]:
        """Called by Blender where there is no window: waits for the end."""
        try:
            self._task = self.begin(context, windowed=False)
        except WorkerError as error:
            return self._refuse(error)
        self.wait()
        return self._close()

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Called by Blender for a press of the button."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._task = self.begin(context, windowed=True)
        except WorkerError as error:
            return self._refuse(error)
        self._timer = context.window_manager.event_timer_add(LOOK, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Called by Blender for every event of the window, which all go on to where they belong."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        self._task.step()
        if self._shown != (state := self.state()):
            self._shown = state
            self.show(context)
        if not self._task.over:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        _clear_status()
        return self._close()

    def cancel(self, context: Any) -> None:
        """Called by Blender where the window goes away."""
        context.window_manager.event_timer_remove(self._timer)
        _clear_status()
        self._task.cancel()
        bpy.app.timers.register(partial(_wind_down, self._task))

    def _close(self) -> set[str]:
        failed = self._task.exit_code not in (0, CANCELLED)
        self.report({"WARNING" if failed else "INFO"}, self._task.message)
        return {"CANCELLED"} if self._task.exit_code else {"FINISHED"}

    def _refuse(self, error: WorkerError) -> set[str]:
        self.report({"WARNING"}, str(error))
        return {"CANCELLED"}


def _clear_status() -> None:
    """The artist may have gone from one workspace to another meanwhile."""
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(None)


def _wind_down(task: Any) -> float | None:
    """Let something come to its end without a window."""
    if not task.over:
        task.step()
    return None if task.over else LOOK


@with_properties(
    uid=UID,
    resume=props.BoolProperty(name="Resume", description="Resume a version that was not finished", default=True),
)
class VST_OT_stylize(_Polling, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Render what is linked to the node, stylise every frame, and show the result in the node."""

    bl_idname = "vst.stylize"
    bl_label = "Stylize Shot"

    def begin(self, context: Any, *, windowed: bool) -> Run:
        """The run of the node."""
        found = find_node(self.uid)
        if found is None:
            raise WorkerError("there is no such node; press the button on the node")
        if running(self.uid) is not None:
            raise WorkerError("this node is already running; cancel that run first")
        scene = scene_of(found[0], context.scene)
        return Run(scene, *found, windowed=windowed, resume=self.resume)

    def state(self) -> tuple[str, int]:
        """What it is at, and the percents."""
        return spell(self._task), round(100 * self._task.progress)

    def show(self, context: Any) -> None:
        """A line below the window, and the progress on the node."""
        context.workspace.status_text_set(spell(self._task))
        for window in context.window_manager.windows:
            for area in window.screen.areas:
                if area.type == "NODE_EDITOR":
                    area.tag_redraw()

    def wait(self) -> None:
        """Print what it is at."""
        follow(self._task)

    def _close(self) -> set[str]:
        bpy.ops.ed.undo_push(message=self.bl_label)  # or undoing what comes next would take the frames out of the node
        return super()._close()


class VST_OT_test_worker(_Polling, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Start the worker, and stylise one frame of a picture that it makes."""

    bl_idname = "vst.test_worker"
    bl_label = "Test Worker"

    def begin(self, context: Any, *, windowed: bool) -> Trial:  # noqa: ARG002 - it needs neither
        """The trial."""
        return Trial()

    def wait(self) -> None:
        """Nothing to tell before the end."""
        while not self._task.over:
            self._task.step()
            time.sleep(LOOK)

    def _close(self) -> set[str]:
        bpy.context.window_manager.vst_trial = self._task.message
        return super()._close()


@with_properties(uid=UID)
class VST_OT_cancel(bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Stop the run; the frames that are done stay, and the next run goes on from there."""

    bl_idname = "vst.cancel"
    bl_label = "Cancel"

    def execute(self, _context: Any) -> set[str]:
        """Called by Blender."""
        run = running(self.uid)
        if run is None:
            return {"CANCELLED"}
        run.cancel()
        return {"FINISHED"}


@with_properties(uid=UID, mend=props.StringProperty(options={"HIDDEN", "SKIP_SAVE"}))
class VST_OT_mend(bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Mend this."""

    bl_idname = "vst.mend"
    bl_label = "Mend"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: Any) -> set[str]:
        """Called by Blender."""
        found = find_node(self.uid)
        if found is None or self.mend not in MENDS:
            return {"CANCELLED"}
        MENDS[self.mend](scene_of(found[0], context.scene), *found)
        return {"FINISHED"}


CLASSES = (VST_OT_stylize, VST_OT_test_worker, VST_OT_cancel, VST_OT_mend)
