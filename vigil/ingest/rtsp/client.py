"""The talk with a camera over one TCP connection: describe, set up, play, stay alive, tear down. Knows nothing of pictures."""

from __future__ import annotations

import re
import select
import socket
import time
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from vigil.errors import VigilError
from vigil.ingest.rtsp.message import Inbox, Message, NotUnderstood, request
from vigil.ingest.rtsp.sdp import Track, video_track
from vigil.ingest.rtsp.sound_sdp import SoundTrack, sound_track
from vigil.ingest.source import NoSound, StreamAddress
from vigil.login import Login

_PORT: Final = 554
_CHUNK: Final = 64 * 1024
_USUAL_TIMEOUT_S: Final = 60  # of a session, RFC 2326, 12.37
_REFUSALS: Final = frozenset({401, 403, 404, 453, 500, 503})
"""Answers that FFmpeg would get, too."""


class Refused(VigilError):
    """The camera does not give the stream, and says so: status and reason."""


class Ended(VigilError):
    """The camera hung up."""


class Client:
    """Waits for nothing longer than it is told. Raises OSError where the network fails, TimeoutError among them, and Ended."""

    def __init__(self, address: StreamAddress, until_mono: float) -> None:
        self.inbox = Inbox()
        self.sound: SoundTrack | None = None
        """What comes beside the pictures, once it plays."""
        self.no_sound: NoSound | None = None
        """Why nothing does, where the address asks for it."""
        self.asking_for_sound = False
        """True where a connection broke because of that."""
        self._sound_wanted = address.sound
        self._url = address.url
        self._login = None if address.username is None else Login(address.username, address.password or "")
        self._until_mono = until_mono
        """By when each answer must be there."""
        self._cseq = 0
        self._session: tuple[tuple[str, str], ...] = ()
        self._alive_uri = address.url
        self._alive_method = "OPTIONS"
        self._alive_every_s = _USUAL_TIMEOUT_S / 3
        self._alive_again_mono = 0.0
        self._socket = _dial(address.url, until_mono)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def play(self) -> Track:
        """Asks for the video, and for sound where it is wanted and there is some. RTP may be in the inbox when this returns.

        Raises Refused and NotUnderstood, too.
        """
        options = self._ask("OPTIONS", self._url)
        if "GET_PARAMETER" in options.headers.get("public", ""):
            self._alive_method = "GET_PARAMETER"
        described = self._ask("DESCRIBE", self._url, ("Accept", "application/sdp"))
        base = described.headers.get("content-base") or described.headers.get("content-location") or self._url
        text = described.body.decode("utf-8", "replace")
        track = video_track(text, base)
        self._set_up(self._ask("SETUP", track.uri, _transport((0, 1))))
        self._alive_uri = track.session_uri
        if self._sound_wanted:
            self._ask_for_sound(text, base)
        self._ask("PLAY", track.session_uri, ("Range", "npt=0.000-"))
        self._alive_again_mono = time.monotonic() + self._alive_every_s
        return track

    def has_more(self) -> bool:
        """False when nothing is there to receive."""
        return bool(self._poll.poll(0))

    def wait(self, until_mono: float) -> None:
        """Until something has come. Raises TimeoutError."""
        if not self._poll.poll(max(0.0, until_mono - time.monotonic()) * 1000):
            raise TimeoutError

    def receive(self) -> None:
        """Takes what has come, or the first part of it, into the inbox. Must follow `wait`."""
        data = self._socket.recv(_CHUNK)
        if not data:
            raise Ended("the stream ended")
        self.inbox.add(data)

    def stay_alive(self) -> None:
        """Tells the camera now and then that somebody is there, and reads what it answered to that."""
        answers, self.inbox.messages = self.inbox.messages, []
        for answer in answers:
            if answer.status == 401:  # the camera has let the old challenge expire
                self._challenged(answer)
        if time.monotonic() >= self._alive_again_mono:
            self._send(self._alive_method, self._alive_uri)
            self._alive_again_mono = time.monotonic() + self._alive_every_s

    def close(self) -> None:
        with suppress(OSError):  # nobody waits for the answer
            if self._session:
                self._send("TEARDOWN", self._alive_uri)
        self._socket.close()

    def _ask(self, method: str, uri: str, *headers: tuple[str, str]) -> Message:
        self._send(method, uri, *headers)
        answer = self._answer()
        if answer.status == 401 and self._challenged(answer):
            self._send(method, uri, *headers)
            answer = self._answer()
        if answer.status == 200 or method == "OPTIONS":  # who does not know OPTIONS may know the others
            return answer
        said = f"{answer.status} {answer.reason}"
        if answer.status in _REFUSALS:
            raise Refused(said)
        raise NotUnderstood(f"{method}: {said}")

    def _challenged(self, answer: Message) -> bool:
        """False when it cannot be answered."""
        return self._login is not None and self._login.challenged(answer.headers.get("www-authenticate", ""))

    def _send(self, method: str, uri: str, *headers: tuple[str, str]) -> None:
        self._cseq += 1
        login = self._login.authorization(method, uri) if self._login is not None else None
        whole = [("CSeq", str(self._cseq)), ("User-Agent", "vigil"), *self._session, *headers]
        if login is not None:
            whole.append(("Authorization", login))
        data = request(method, uri, whole)
        if self._socket.send(data) < len(data):
            raise TimeoutError  # what the kernel has no room for, the camera has not taken for a long time

    def _answer(self) -> Message:
        while True:
            while self.inbox.messages:
                message = self.inbox.messages.pop(0)
                if message.status and message.headers.get("cseq", str(self._cseq)) == str(self._cseq):
                    return message
            self.wait(self._until_mono)
            self.receive()

    def _ask_for_sound(self, text: str, base: str) -> None:
        """A camera that gives none is told of and no less read."""
        after = max(self.inbox.channels) + 1
        try:
            track = sound_track(text, base)
            self.asking_for_sound = True
            answer = self._ask("SETUP", track.uri, _transport((after, after + 1)))
        except NoSound as error:
            self.no_sound = error
        except (Refused, NotUnderstood) as error:
            self.no_sound = NoSound(f"the camera refuses it: {error}")
        else:
            self.sound, self.inbox.sound_channels = track, _channels(answer) or (after, after + 1)
        self.asking_for_sound = False
        if set(self.inbox.sound_channels or ()) & set(self.inbox.channels):
            raise NotUnderstood("sound and pictures in one channel")

    def _set_up(self, answer: Message) -> None:
        session, _, timeout = answer.headers.get("session", "").partition(";")
        if not session:
            raise NotUnderstood("SETUP: an answer without a session")
        self._session = (("Session", session.strip()),)
        told_s = re.search(r"timeout\s*=\s*(\d{1,5})", timeout)
        self._alive_every_s = max(1, int(told_s[1]) if told_s else _USUAL_TIMEOUT_S) / 3
        self.inbox.channels = _channels(answer) or self.inbox.channels


def _transport(channels: tuple[int, int]) -> tuple[str, str]:
    return "Transport", "RTP/AVP/TCP;unicast;interleaved={}-{}".format(*channels)


def _channels(answer: Message) -> tuple[int, int] | None:
    """Those that the camera has chosen, where it says so."""
    channels = re.search(r"interleaved\s*=\s*(\d+)\s*-\s*(\d+)", answer.headers.get("transport", ""))
    return (int(channels[1]), int(channels[2])) if channels else None


def _dial(url: str, until_mono: float) -> socket.socket:
    place = urlsplit(url)
    connected = socket.create_connection((place.hostname or "", place.port or _PORT), until_mono - time.monotonic())
    connected.setblocking(False)
    return connected
