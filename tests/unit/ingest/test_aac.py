from __future__ import annotations

import io

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from tests.sounds import aac_units, sine, tone
from vigil.ingest import aac
from vigil.ingest.source import NoSound
from vigil.model.media import SoundCodec, SoundParameters


@pytest.mark.parametrize(
    ("config", "rate", "channels"),
    [("1408", 16_000, 1), ("1588", 8000, 1), ("1190", 48_000, 2), ("1210", 44_100, 2), ("17801f4008", 16_000, 1)],
)
def test_what_a_configuration_says(config: str, rate: int, channels: int) -> None:
    data = bytes.fromhex(config)
    assert aac.parameters_of(data) == SoundParameters(SoundCodec.AAC, rate, channels, data)


@pytest.mark.parametrize(
    "config",
    ["", "14", "2b11", "0c08", "1688", "1400", "1418", "1438", "140c", "1780" + "07d008", "1408" + 100 * "00"],
)
def test_what_is_not_recorded(config: str) -> None:
    """Nothing, half of it, HE-AAC, another profile, an unknown rate, channels that are described elsewhere, three, eight, short
    units, a rate of nobody's, and a configuration that never ends."""
    with pytest.raises(NoSound):
        aac.parameters_of(bytes.fromhex(config))


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16_000, 1), (44_100, 2), (48_000, 2)])
def test_its_own_configuration_is_understood(rate: int, channels: int) -> None:
    made = aac.parameters_of(aac.config_of(rate, channels))
    assert (made.rate, made.channels) == (rate, channels)
    with pytest.raises(NoSound):
        aac.config_of(rate + 1, channels)


def adts() -> bytes:
    """The frames as libav's own muxer writes them."""
    target = io.BytesIO()
    with av.open(target, "w", format="adts") as container:
        stream = container.add_stream("aac", rate=16_000)
        stream.layout = "mono"
        wave = sine(1000, 16_000, 1.0).astype(np.float32)
        for at in range(0, 15 * 1024, 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def test_frames_that_name_their_size_are_taken_apart() -> None:
    data = adts()
    units = list(aac.units(data))
    assert len(units) >= 15
    assert sum(map(len, units)) + 7 * len(units) == len(data)
    assert list(aac.units(data[:-1])) == units[:-1]
    assert list(aac.units(data + b"\xff\xf1")) == units


def test_units_without_such_a_header_are_themselves() -> None:
    unit = tone().pieces[3].data
    assert list(aac.units(unit)) == [unit]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44_100, 2)])
def test_nothing_is_heard_in_a_silent_unit(rate: int, channels: int) -> None:
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.extradata = aac.config_of(rate, channels)
    unit = aac.silent_unit(rate, channels)
    frames = [frame for _ in range(5) for frame in decoder.decode(av.Packet(unit))]
    assert frames[-1].samples == 1024
    assert frames[-1].sample_rate == rate
    assert np.abs(frames[-1].to_ndarray()).max() < 1e-4


def test_a_silent_unit_ends_a_tone() -> None:
    """The decoder lays units over each other; one of silence lets the last one of the tone fade."""
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.extradata = aac.config_of(16_000, 1)
    units = [*aac_units(sine(1000, 16_000, 0.7), 16_000), *[aac.silent_unit(16_000, 1)] * 3]
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit))]
    assert np.abs(frames[5].to_ndarray()).max() > 0.4
    assert np.abs(frames[-1].to_ndarray()).max() < 1e-4
