"""Puts VST_Stylize into the toolbar and the Tab menu of Nuke's window."""

import nuke
from vst_nodes import nuke as vst

nuke.menu("Nodes").addMenu("VST").addCommand("VST_Stylize", vst.create)
vst.register()
