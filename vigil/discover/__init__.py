"""`vigil discover`: cameras of a hall's network, found and read by ONVIF, as entries of the configuration.

`probe` finds them, `reader` asks one what it is (`soap`, `login`, `document` and `media` are the language), `choice` decides
what vigil would make of it, `entry` writes that down. What a camera says is hostile until it was read: bounded, without
document types, never an instruction to go elsewhere. Why there is no ONVIF library in here: docs/design/discovery.md.
"""
