"""The vocabulary: frozen values that every layer speaks, without I/O and without a library's types.

`ids` names things, `site` describes halls, windows and cameras, `media` the packets and segments, `looks` what the
analytics saw, `tickets` what a ticket machine says, `alerts` what is said about people, `suspensions` when nobody need be
at a window, `people` who may see it.
"""
