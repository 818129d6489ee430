"""RTSP out of the centre: the server of vigil/forward/rtsp, given live pictures, recordings, users and the register.

`wanted` reads what a URL asks for, `accounts` says who may have it, `live` and `archive` make it a stream, `entries` writes
the register, `provider` puts the four together for one reader, `out` puts the server together.
"""
