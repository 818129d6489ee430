"""A camera that is not ours: an RTSP server of GStreamer, run by the system's own Python, which has the bindings.

    /usr/bin/python3 gst_camera.py --port 0 --user viewer --password secret /h264=clip.mp4 /h265=clip265.mp4 /aac=scene.mp4

Serves each file once through, from its beginning, to each client; /aac, /pcma and /pcmu serve a file's H.264 with its AAC, as
it is or as G.711. /live is noise that all clients share, so that they come into the middle of a GOP. Asks for digest
authentication. Prints its port when it is ready. With --certificate FILE, a PEM of the certificate and its key, it speaks TLS
(rtsps://) and nothing else.
"""

from __future__ import annotations

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = "viewer"
LIVE = (
    "( videotestsrc is-live=true pattern=snow ! video/x-raw,width=160,height=96,framerate=25/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 threads=1 "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
FILE = "( filesrc location={path} ! qtdemux ! {kind}parse ! rtp{kind}pay name=pay0 pt=96 config-interval=-1 )"

G711 = "avdec_aac ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! {law}enc ! rtppcm{letter}pay pt={type}"
SOUND = {
    "aac": "aacparse ! rtpmp4gpay pt=97",
    "pcma": G711.format(law="alaw", letter="a", type=8),
    "pcmu": G711.format(law="mulaw", letter="u", type=0),
}
SCENE = (
    "( filesrc location={path} ! qtdemux name=file "
    "file.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 "
    "file.audio_0 ! queue ! {sound} name=pay1 )"
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--certificate")
    parser.add_argument("mounts", nargs="*", metavar="/NAME=FILE", help="the name is h264, h265, aac, pcma or pcmu")
    options = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    auth = digest(options.user, options.password)
    if options.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.certificate))
    server.set_auth(auth)
    mounts = server.get_mount_points()
    mounts.add_factory("/live", factory(LIVE, shared=True))
    for mount in options.mounts:
        name, _, path = mount.partition("=")
        kind = name.lstrip("/")
        launch = SCENE.format(path=path, sound=SOUND[kind]) if kind in SOUND else FILE.format(path=path, kind=kind)
        mounts.add_factory(name, factory(launch, shared=False))
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


def factory(launch: str, *, shared: bool) -> GstRtspServer.RTSPMediaFactory:
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(launch)
    made.set_shared(shared)
    permissions = GstRtspServer.RTSPPermissions()
    for what in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, what, allowed=True)
    made.set_permissions(permissions)
    return made


if __name__ == "__main__":
    main()
