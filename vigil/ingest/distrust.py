"""Why a camera's certificate is not believed. FFmpeg refuses it without a word of the reason."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"rtsps": 322, "https": 443}
_DEADLINE_S: Final = 3.0


def reason_for_distrust(url: str, ca: Path | None) -> str | None:
    """Asks the server for its certificate once more, at most for some seconds. None where that is not what is wrong."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # SSLError is one
        return f"the certificates of {ca} cannot be read: {error.strerror or error}"
    # A camera's own certificate may be a little beside the rules; FFmpeg's library takes such, too.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        with (
            socket.create_connection((host, port), _DEADLINE_S) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not believed: {error.verify_message.rstrip('.')}"
    except OSError:
        return None
