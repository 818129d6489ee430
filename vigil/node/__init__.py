"""Composition root of a node: a share of the cameras, one detector, one uplink. Packets and frames never leave it.

`pipeline` is everything that depends on the site, `node` what stays when the site changes, `health` its metrics page.
"""
