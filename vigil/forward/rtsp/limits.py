"""How much a peer may ask of the server. Every bound of the RTSP server stands here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    connections: int = 256
    """More are closed as they come in, and counted."""
    strangers: int = 32
    """Connections of one address that have not logged in yet, where there are users; more are closed as they come in."""
    user_connections: int = 16
    """Connections of one user; more are answered with 453."""
    requests_per_minute: int = 120
    """Of one connection; players send about ten to begin and one each half minute after that."""
    failed_logins: int = 5
    """Wrong credentials on one connection before it is closed."""
    header_bytes: int = 8 * 1024
    body_bytes: int = 4 * 1024
    inbox_bytes: int = 8 * 1024 * 1024
    """Packets of one mount on their way from the publishing thread to the server's loop."""
    gop_bytes: int = 4 * 1024 * 1024
    """The current GOP of one mount, kept for new readers; a longer GOP is not kept."""
    reader_bytes: int = 8 * 1024 * 1024
    """Packets that wait for one reader."""
    handshake_s: float = 10.0
    """From the connection, or the last complete request, to a session."""
    tls_handshake_s: float = 5.0
    """From the connection to the end of TLS's handshake."""
    open_s: float = 8.0
    """For a provider to open a stream: a node has to be asked, and to send a key picture."""
    session_s: int = 60
    """From the last request or receiver report to the end of the session (RFC 2326, section 12.37)."""
