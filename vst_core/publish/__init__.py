"""The publish gate, run without a host."""

from vst_core.publish.gate import Outcome, Row, RunVst, publish_shot
from vst_core.publish.plugins import plugin_folder
from vst_core.publish.settings import PublishSettings

__all__ = ["Outcome", "PublishSettings", "Row", "RunVst", "plugin_folder", "publish_shot"]
