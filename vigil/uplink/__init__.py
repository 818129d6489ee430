"""One outbound WebSocket from node to centre, and what both ends keep so that a broken link loses nothing.

`protocol` is what is said (docs/design/uplink.md), `local`, `outbox` and `spool` are the node's disk, `client` is the node's end,
`hub` and `live` the centre's.
"""
