"""How right is a node? Clips with truth through the very code of a node, and what it said held against what was so.

A composition root: `clips` pairs clips with their truth, `site` makes the site they are seen in, `replay` runs the node's
analytics over them, `evaluation` is one scene from clip to result. `scene` (filled by `merge`) and `statements` are the
two sides, `expected` and `verdicts` judge the alerts, `seconds`, `queues` and `measures` count, `bootstrap` says how sure
a figure is, `report`, `table` and `drawing` show it, `command` is the command line.
"""
