"""A media server that is not ours: GStreamer's RTSP server taking streams (RECORD), run by the system's own Python.

    /usr/bin/python3 gst_recorder.py --port 0 --user publisher --password secret /h264=out.h264 /h265=out.h265

Writes the pictures of each stream to its file, as Annex B. Asks for digest authentication. Prints its port when it is ready.
"""

from __future__ import annotations

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = "publisher"
FILE = (
    "( rtp{kind}depay name=depay0 ! {kind}parse config-interval=-1 ! video/x-{kind},stream-format=byte-stream "
    "! filesink location={path} buffer-mode=unbuffered async=false sync=false )"
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("mounts", nargs="*", metavar="/NAME=FILE", help="the name is h264 or h265")
    options = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    server.set_auth(digest(options.user, options.password))
    for mount in options.mounts:
        name, _, path = mount.partition("=")
        server.get_mount_points().add_factory(name, factory(FILE.format(path=path, kind=name.lstrip("/"))))
    if server.attach(None) == 0:
        raise SystemExit(f"port {options.port} is not to be had")
    print(server.get_bound_port(), flush=True)  # noqa: T201
    GLib.MainLoop().run()


def digest(user: str, password: str) -> GstRtspServer.RTSPAuth:
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.add_digest(user, password, token)
    return auth


def factory(launch: str) -> GstRtspServer.RTSPMediaFactory:
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(launch)
    made.set_shared(False)
    made.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    permissions = GstRtspServer.RTSPPermissions()
    for what in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, what, allowed=True)
    made.set_permissions(permissions)
    return made


if __name__ == "__main__":
    main()
