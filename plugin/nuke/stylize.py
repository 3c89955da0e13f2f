"""Stylises the nodes of a script: ``nuke -t stylize.py shot.nk --frames=1001-1100``; ``--help`` tells the rest."""

import sys

from vst_nodes.nuke.batch import main

sys.exit(main(sys.argv[1:]))
