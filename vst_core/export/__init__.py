"""A feed-forward network's styles for other programs: TorchScript, a kit for Nuke's .cat, ONNX."""

from vst_core.export.run import export
from vst_core.export.settings import ExportSettings

__all__ = ["ExportSettings", "export"]
