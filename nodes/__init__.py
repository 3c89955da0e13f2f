"""What an artist sees of the engine inside a host program.

A host's Python loads this package, so it needs nothing but the standard library of Python 3.9, finds its own modules by
relative imports, and never loads the engine: that runs in a process of its own, ``vst worker``, which ``client`` starts
and ``job`` gives work to. ``knobs`` says what there is to set, ``folders`` where results go, and ``exr_header`` whether
a frame is whole.
"""
