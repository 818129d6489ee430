"""The vocabulary: frozen values that every layer speaks, without I/O and without a library's types.

`ids` names things, `site` describes halls, windows and cameras, `media` the packets and segments, `looks` what the
analytics saw, `alerts` what it says about people, `people` who may see it.
"""
