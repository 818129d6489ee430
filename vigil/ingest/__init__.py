"""Cameras to packets, packets to segments, fragments and frames. The only package that imports `av`."""
