"""Our tables against libav's decoders, which are not ours."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from vigil.ingest.g711 import Law, expanded

EVERY = bytes(range(256))


@pytest.mark.parametrize(("law", "decoder"), [(Law.A, "pcm_alaw"), (Law.MU, "pcm_mulaw")])
def test_every_byte_stands_for_what_others_hear_in_it(law: Law, decoder: str) -> None:
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout = 8000, "mono"
    (frame,) = context.decode(av.Packet(EVERY))
    assert np.frombuffer(expanded(law, EVERY), "<i2").tolist() == frame.to_ndarray()[0].tolist()


@pytest.mark.parametrize(("law", "silence"), [(Law.A, 8), (Law.MU, 0)])
def test_silence(law: Law, silence: int) -> None:
    """A-law knows no zero."""
    byte = b"\xd5" if law is Law.A else b"\xff"
    assert np.frombuffer(expanded(law, byte * 3), "<i2").tolist() == [silence] * 3


def test_nothing_is_nothing() -> None:
    assert expanded(Law.A, b"") == b""
