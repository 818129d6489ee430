"""Composition root of the centre: gateway, uplink, database and archive in one process. No video is decoded here.

`intake` enters what nodes send, `clips` makes clips of stored segments, `center` puts all together.
"""
