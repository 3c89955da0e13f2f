"""What stands in the way of a plan's tasks is told before any is begun, and once."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_network import with_network
from small_shot import SmallShot

from vst_core.farm.check import check_plan
from vst_core.farm.plan import plan_shots
from vst_core.farm.settings import FarmSettings


@pytest.mark.parametrize("chunks", ["whole", "exact", "draft"])
def test_damage_in_any_chunk_is_told_once(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, chunks: str
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1003).write_bytes(b"")
    settings = shot.settings(tmp_path / "out", **with_network(small_network))
    plan = plan_shots([("a", settings)], FarmSettings.of({"chunks": chunks, "chunk_size": 1}))
    ((name, complaint),) = check_plan(plan, here=True)
    assert (name, "frame 1003" in complaint.where, complaint.what) == ("a", True, "is empty (0 bytes)")
