"""Five procedural paintings, one a module, on shared fields and strokes.

Lengths and positions are in points: the picture is 512 points wide and high at every size, x right and y down.
"""
