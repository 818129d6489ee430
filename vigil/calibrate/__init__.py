"""How often does the detector err at each window? Footage of a camera through the very code of a node, and its looks counted.

A composition root: `footage` runs clips and cuts what they say of each window into parts, `hidden` tells when the clerk was
there where nobody labelled it, `estimate` counts, `command` is the command line and the table. What the rates are for is
vigil/analytics/belief.py.
"""
