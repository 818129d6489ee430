from __future__ import annotations

import pytest

from tests.media import Footage, footage
from vigil.model.media import Codec


@pytest.fixture(scope="session", params=[(codec, b_frames) for codec in Codec for b_frames in (0, 2)], ids=str)
def stream(request: pytest.FixtureRequest) -> Footage:
    """Eight seconds of each codec, without and with B-frames."""
    codec, b_frames = request.param
    return footage(codec, b_frames=b_frames)


@pytest.fixture(scope="session")
def h264() -> Footage:
    """Eight seconds as most cameras send them: H.264 without B-frames, a key picture a second."""
    return footage(Codec.H264)
