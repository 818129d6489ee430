"""GStreamer as a reader that trusts one certificate, run by the system's own Python, which has the bindings.

    /usr/bin/python3 gst_reader.py rtsps://host/live/camera user password [cert.pem]

Prints how many pictures of the first fifteen it got over TCP; without a certificate it trusts what the system trusts.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gio, Gst  # noqa: E402

PICTURES = 15
WITHIN_S = 15


def main(url: str, user: str, password: str, certificate: str = "") -> None:
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "rtspsrc name=source protocols=tcp latency=0 ! rtph264depay ! video/x-h264,stream-format=avc,alignment=au "
        f"! fakesink name=sink num-buffers={PICTURES} signal-handoffs=true"
    )
    source, sink = pipeline.get_by_name("source"), pipeline.get_by_name("sink")
    for name, value in (("location", url), ("user-id", user), ("user-pw", password)):
        source.set_property(name, value)
    if certificate:
        source.set_property("tls-database", Gio.TlsFileDatabase.new(certificate))
    pictures: list[object] = []
    sink.connect("handoff", lambda _, picture, __: pictures.append(picture))
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    pipeline.get_bus().timed_pop_filtered(WITHIN_S * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    print(len(pictures))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
