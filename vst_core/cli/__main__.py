"""``python -m vst_core.cli``: the command line where ``vst`` is not on the path."""

from vst_core.cli import main

main()
