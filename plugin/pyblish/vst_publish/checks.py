"""What ``vst verify`` finds out about a shot, each validator's share of it, and how it is repaired."""

from __future__ import annotations

from typing import Any

import pyblish.api

from . import engine, shots


class FoundError(Exception):
    """Something is wrong with the shot: what, and with which frames."""


def refuse(instance: Any, *checks: str) -> None:
    """Fail if anything was found by some of the checks of ``vst verify --full``, which is run once for a shot.

    Raises:
        FoundError: naming all of it.
        EngineError, ShotError: it cannot be found out.
    """
    if "vst_findings" not in instance.data:
        limits = instance.context.data.get("vst_limits", {})
        given = [word for name, value in limits.items() for word in (f"--{name}", str(value))]
        target = instance.data["vst_pattern"]
        events = engine.run(instance.context, "verify", target, "--full", "--json", *given)
        instance.data["vst_findings"] = [event for event in events if event["event"] == "finding"]
        shots.refresh(instance)  # so that what is published are the frames that were looked at
    found = [each["message"] for each in instance.data["vst_findings"] if each["check"] in checks]
    if found:
        raise FoundError("; ".join(found))


class MakeAgain(pyblish.api.Action):  # type: ignore[misc]
    """Make broken and missing frames again, and what was made from them where that changes; nothing else."""

    label = "Make broken frames again"
    on = "failed"
    icon = "wrench"

    def process(self, context: Any, plugin: Any) -> None:
        """Repair every shot that a validator failed on; one that cannot be keeps no other from it."""
        failed = [each["instance"] for each in context.data["results"] if each["plugin"] is plugin and each["error"]]
        refused = []
        for instance in {each.id: each for each in failed if each is not None}.values():
            instance.data.pop("vst_findings", None)
            try:
                engine.run(context, "verify", instance.data["vst_pattern"], "--repair", "--json")
            except engine.EngineError as error:
                refused.append(str(error))
        if refused:
            raise engine.EngineError("; ".join(refused))
