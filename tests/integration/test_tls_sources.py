"""Whom vigil believes: cameras with certificates of their own, over RTSPS (GStreamer's server) and HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pytest

from tests.integration.certificates import Authority, authority, server
from tests.integration.test_gst_rtsp import GstCamera
from tests.integration.test_http_sources import remux
from tests.integration.web_camera import WebCamera
from tests.media import RATE, footage, fragmented, pictures_of, slices
from vigil.errors import SourceError
from vigil.ingest.connect import Connector
from vigil.ingest.source import StreamAddress
from vigil.model.media import Codec

CODEC = Codec.H264


@dataclass(frozen=True, slots=True)
class Papers:
    """Two authorities, and what the first says of two servers: ours, and one elsewhere."""

    believed: Authority
    other: Authority
    ours: Path
    elsewhere: Path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    believed, other = authority(folder, "believed"), authority(folder, "other")
    return Papers(believed, other, server(folder, believed), server(folder, believed, "IP:192.0.2.1"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(fragmented(footage(CODEC)))
    return path


@pytest.fixture(scope="module")
def rtsps(papers: Papers, clip: Path) -> Iterator[StreamAddress]:
    camera = GstCamera({CODEC: clip}, papers.ours)
    camera.start()
    yield camera.address("h264")
    camera.kill()


@pytest.fixture(scope="module")
def https(papers: Papers, clip: Path) -> Iterator[StreamAddress]:
    camera = WebCamera(clip.parent, papers.ours)
    camera.start()
    yield StreamAddress("hall-counter", camera.url(clip.name))
    camera.stop()


@pytest.fixture(params=["rtsps", "https"])
def address(request: pytest.FixtureRequest) -> StreamAddress:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, StreamAddress)
    return found


def read(address: StreamAddress) -> None:
    """Some pictures, each as it was sent."""
    with Connector(open_timeout_s=5.0)(address, number=1) as connection:
        packets = list(islice(connection.packets(), RATE // 2))
    sent = pictures_of(CODEC, footage(CODEC).packets)
    assert [slices(CODEC, packet.data) for packet in packets] == sent[: len(packets)]


def test_a_certificate_that_the_cameras_authority_vouches_for(address: StreamAddress, papers: Papers) -> None:
    read(replace(address, tls_ca=papers.believed.certificate))


def test_or_the_systems(address: StreamAddress, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.believed.certificate))
    read(address)


def test_its_own_certificate_will_do(address: StreamAddress, papers: Papers) -> None:
    """Cameras sign their own: the file of that certificate says which camera is meant."""
    read(replace(address, tls_ca=papers.ours))


def test_nobody_vouches_for_it(address: StreamAddress, papers: Papers) -> None:
    for ca in (None, papers.other.certificate):
        with pytest.raises(SourceError, match="no connection: its certificate is not believed: unable to get") as told:
            read(replace(address, tls_ca=ca))
        assert address.password is None or address.password not in str(told.value)


def test_unless_anybody_is_to_be_believed(address: StreamAddress) -> None:
    read(replace(address, tls_verify=False))


def test_a_file_that_is_not_there(address: StreamAddress, tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no connection: the certificates of .*none\.pem cannot be read: No such file"
    ):
        read(replace(address, tls_ca=tmp_path / "none.pem"))


def test_a_certificate_for_another_address(papers: Papers, clip: Path) -> None:
    camera = WebCamera(clip.parent, papers.elsewhere)
    camera.start()
    with pytest.raises(SourceError, match=r"not believed: IP address mismatch.*127\.0\.0\.1"):
        read(StreamAddress("hall-counter", camera.url(clip.name), tls_ca=papers.believed.certificate))
    camera.stop()


@pytest.mark.parametrize("secret", [True, False])
def test_who_is_sent_elsewhere_believes_no_more_there(papers: Papers, clip: Path, secret: bool) -> None:
    """Neither a certificate for another address nor a server without one."""
    elsewhere = WebCamera(clip.parent, papers.elsewhere if secret else None)
    ours = WebCamera(clip.parent, papers.ours)
    elsewhere.start()
    ours.start()
    ours.moved_to = elsewhere.url(clip.name)
    with pytest.raises(SourceError, match="no connection"):
        read(StreamAddress("hall-counter", ours.url(clip.name), tls_ca=papers.believed.certificate))
    assert elsewhere.asked == []
    ours.stop()
    elsewhere.stop()


def test_of_a_playlist_ffmpeg_verifies_the_playlist_alone(papers: Papers, clip: Path, tmp_path: Path) -> None:
    """Why vigil/config/sources.py wants `tls_verify: false` to be said. When this fails, FFmpeg has learnt it."""
    elsewhere, ours = WebCamera(clip.parent, papers.elsewhere), WebCamera(tmp_path, papers.ours)
    elsewhere.start()
    ours.start()
    remux(clip, clip.parent / "piece.ts")
    piece = elsewhere.url("piece.ts")
    (tmp_path / "all.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{piece}\n#EXT-X-ENDLIST\n")
    read(StreamAddress("hall-counter", ours.url("all.m3u8"), tls_ca=papers.believed.certificate))
    with pytest.raises(SourceError, match="not believed"):
        read(StreamAddress("hall-counter", ours.url("all.m3u8"), tls_ca=papers.other.certificate))
    ours.stop()
    elsewhere.stop()
