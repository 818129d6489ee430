"""Packets into fragmented MP4 by stream copy. Nothing is ever transcoded. Sound is a track of vigil/ingest/sound_track.py."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
from av.container import OutputContainer
from av.packet import Packet as AvPacket

from vigil.ingest.sound_track import SoundTrack
from vigil.model.media import CLOCK_RATE, Fragment, Packet, Sound, SoundParameters, StreamParameters

TIME_BASE: Final = Fraction(1, CLOCK_RATE)
_LAST: Final = (b"moov", b"mdat")
_NUMBER_AT: Final = 20
"""Of a fragment, in the header that its first box begins with (mfhd, section 8.8.5)."""


class _Boxes:
    """A file object for the muxer, handing out what it wrote in pieces that end with a movie header or with media data."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pending.append(data)
        return len(data)

    def take(self) -> list[tuple[bytes, bytes]]:
        """(type of the last box, boxes) of all pieces that are complete (ISO/IEC 14496-12, section 4.2)."""
        if not self._pending:
            return []
        data = b"".join(self._pending)
        pieces, begin, at = [], 0, 0
        while len(data) - at >= 8:
            size = int.from_bytes(data[at : at + 4], "big")
            if size < 8 or len(data) - at < size:
                break  # an mdat of 64-bit size (1) never comes: fragments are bounded by the packets' size
            kind, at = data[at + 4 : at + 8], at + size
            if kind in _LAST:
                pieces.append((kind, data[begin:at]))
                begin = at
        self._pending = [data[begin:]] if begin < len(data) else []
        return pieces


class FragmentMuxer:
    """Turns one time line's packets into an initialisation segment and fragments.

    With `fragment_s` a fragment is closed at each key frame and after that many seconds; with None each picture is a
    fragment, for live viewers. A picture leaves the muxer when the next one arrives, since only then is its duration known.
    With `sound` there is a second track, also when nothing of it ever comes; fragments of it lie between those of the
    pictures, which are the same as without. Not thread-safe. The first packet must be a key packet.
    """

    def __init__(
        self, parameters: StreamParameters, *, fragment_s: float | None, sound: SoundParameters | None = None
    ) -> None:
        self._boxes = _Boxes()
        self._sound_parameters = sound
        self._sound: SoundTrack | None = None
        """Once it is known when the first picture is shown."""
        self._number = 0
        """Of the newest fragment, where there are two tracks to count over."""
        self._first_is_key: bool | None = None
        self._container = self._open(fragment_s)
        self._stream = self._container.add_mux_stream(
            parameters.codec.value, width=parameters.width, height=parameters.height, time_base=TIME_BASE
        )

    def write(self, packet: Packet) -> list[Fragment]:
        """Returns the fragments that this packet completed: all that was written before it."""
        if self._sound is None and self._sound_parameters is not None:
            self._sound = SoundTrack(self._sound_parameters, packet.pts_90k)
        mux = AvPacket(packet.data)
        mux.dts, mux.pts, mux.time_base = packet.dts_90k, packet.pts_90k, TIME_BASE
        mux.is_keyframe = packet.key
        mux.stream = self._stream
        self._container.mux_one(mux)
        fragments = self._complete()
        if self._first_is_key is None or (fragments and not fragments[-1].init):
            self._first_is_key = packet.key
        return fragments

    def hear(self, sound: Sound) -> bool:
        """It is written with the next fragment of pictures. False where it has no place, as before the first picture."""
        return self._sound is not None and self._sound.add(sound)

    def close(self) -> list[Fragment]:
        """Returns what is left."""
        self._container.close()
        return self._complete()

    def _open(self, fragment_s: float | None) -> OutputContainer:
        # delay_moov: the header is made from the first picture's own parameter sets.
        flags = "delay_moov+default_base_moof+skip_trailer"
        options = {"flush_packets": "1"}
        if fragment_s is None:
            flags += "+frag_every_frame"
        else:
            flags += "+frag_keyframe"
            options["frag_duration"] = str(round(fragment_s * 1_000_000))
        return av.open(self._boxes, "w", format="mp4", options={"movflags": flags, **options})

    def _complete(self) -> list[Fragment]:
        fragments = []
        for kind, boxes in self._boxes.take():
            if kind == b"moov":
                # Apple's players refuse the muxer's own choice for H.265; PyAV cannot tell it another.
                fragments.append(Fragment(boxes.replace(b"hev1", b"hvc1", 1), key=False, init=True))
            else:
                fragments.append(Fragment(boxes, key=bool(self._first_is_key)))
                self._first_is_key = False
        return fragments if self._sound is None or not fragments else self._with_sound(self._sound, fragments)

    def _with_sound(self, track: SoundTrack, fragments: list[Fragment]) -> list[Fragment]:
        """All that was heard up to now stands behind the pictures' fragments: none of it waits for more than one of them."""
        made = []
        for fragment in fragments:
            data = fragment.data
            if fragment.init:
                data = track.with_track(data)
            else:
                self._number += 1
                data = data[:_NUMBER_AT] + self._number.to_bytes(4, "big") + data[_NUMBER_AT + 4 :]
            made.append(replace(fragment, data=data))
        if self._number:  # nothing comes before the header
            sound = track.fragments(self._number + 1)
            self._number += len(sound)
            made += [Fragment(data, key=False) for data in sound]
        return made
