"""A client for cameras that send H.264 or H.265 over RTSP and TCP, which is nearly all of them.

FFmpeg asks the kernel six times for each RTP packet, and that is more than half of what its demultiplexer costs. This
client asks twice for all that has come. It knows the usual way of doing things and no other: whatever it does not
understand, it says so, and vigil/ingest/connect.py lets FFmpeg read that camera.
"""
