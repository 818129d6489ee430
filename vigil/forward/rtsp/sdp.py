"""The session description (RFC 8866) of one video track, in the form that RTSP players read (RFC 2326, appendix C)."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from vigil.forward.rtsp.rtp import PAYLOAD_TYPE
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, StreamParameters

CONTROL: Final = "trackID=0"
"""Control URL of the only track, relative to the mount's."""

_ENCODINGS: Final = {Codec.H264: "H264", Codec.H265: "H265"}


def describe(
    parameters: StreamParameters, *, host: str, session: int, control: str = CONTROL, duration_s: float | None = None
) -> str:
    """SDP of a stream, a live one where it has no duration.

    `control` is the track's URL, whole or relative to the stream's. `host` is the server's own address as the client
    reached it, an IPv4 or IPv6 literal; `session` makes the description's origin unique (RFC 8866, section 5.2). Raises
    ValueError when `parameters` lack a sequence parameter set.
    """
    family = "IP6" if ":" in host else "IP4"
    anywhere = "::" if family == "IP6" else "0.0.0.0"  # noqa: S104  the peer learns the address by SETUP
    lines = (
        "v=0",
        f"o=- {session} {parameters.connection} IN {family} {host}",
        "s=vigil",
        f"c=IN {family} {anywhere}",
        "t=0 0",
        "a=control:*",
        f"a=range:npt={'now-' if duration_s is None else f'0-{duration_s:.3f}'}",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {_ENCODINGS[parameters.codec]}/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} {_format(parameters)}",
        f"a=control:{control}",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _format(parameters: StreamParameters) -> str:
    if parameters.codec is Codec.H264:
        return _h264_format(parameters.parameter_sets)
    return _h265_format(parameters.parameter_sets)


def _h264_format(sets: tuple[bytes, ...]) -> str:
    """RFC 6184, section 8.2.1: profile-level-id is the SPS's profile_idc, constraint flags and level_idc."""
    profile = nal.find_sps(Codec.H264, sets)[1:4].hex().upper()
    sprop = ",".join(_base64(unit) for unit in sets)
    return f"packetization-mode=1; profile-level-id={profile}; sprop-parameter-sets={sprop}"


def _h265_format(sets: tuple[bytes, ...]) -> str:
    """RFC 7798, section 7.1: one parameter for each kind, several sets of a kind separated by commas."""
    nal.find_sps(Codec.H265, sets)
    kinds = (("sprop-vps", nal.H265_VPS), ("sprop-sps", nal.H265_SPS), ("sprop-pps", nal.H265_PPS))
    values = {
        name: ",".join(_base64(unit) for unit in sets if nal.nal_type(Codec.H265, unit) == kind) for name, kind in kinds
    }
    return "; ".join(f"{name}={value}" for name, value in values.items() if value)


def _base64(unit: bytes) -> str:
    return b64encode(unit).decode("ascii")
