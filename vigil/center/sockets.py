"""The server's end of a WebSocket, for peers that send what is none, or go while they are greeted.

uvicorn 0.54 takes a malformed or closing frame that comes before the handshake was answered for a mistake of its own
(AssertionError), and tells of a text that is no UTF-8 with a traceback: whoever reaches the port could fill the log with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

_NO_TEXT: Final = 1007


class SocketProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: ASGISendEvent) -> None:
        if self.transport.is_closing() and not self.handshake_complete:
            raise ClientDisconnected
        await super().send(message)

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:  # there is no socket yet to close with a code
            self.transport.abort()
        else:
            super().handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(_NO_TEXT)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
