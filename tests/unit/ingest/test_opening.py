from __future__ import annotations

from pathlib import Path

import pytest

from vigil.errors import SourceError
from vigil.ingest.opening import HLS_SETTLE_S, opening_of
from vigil.ingest.source import SETTLE_S, StreamAddress
from vigil.model.site import Transport


def address(url: str, transport: Transport = Transport.TCP) -> StreamAddress:
    return StreamAddress("hall-counter", url, transport)


@pytest.mark.parametrize(("transport", "may_rest"), [(Transport.TCP, True), (Transport.UDP, False)])
def test_over_udp_what_nobody_fetches_is_lost(transport: Transport, may_rest: bool) -> None:
    opening = opening_of(address("rtsp://camera/1", transport))
    assert opening.may_rest is may_rest
    assert opening.options["rtsp_transport"] == transport.value
    assert "protocol_whitelist" not in opening.options


def test_a_server_that_must_wait_may_hang_up() -> None:
    assert not opening_of(address("http://camera/live.ts")).may_rest
    assert not opening_of(address("http://camera/live.m3u8")).may_rest


@pytest.mark.parametrize(
    "url", ["http://camera/live.ts?a=b", "http://camera/live.flv", "http://camera/playlist.m3u8.ts"]
)
def test_what_is_no_playlist_by_name_is_none(url: str) -> None:
    opening = opening_of(address(url))
    assert opening.format is None
    assert "hls" not in opening.options["format_whitelist"].split(",")
    assert (opening.finished, opening.settle_s) == (True, SETTLE_S)


@pytest.mark.parametrize("url", ["http://camera/live.m3u8", "https://camera/LIVE.M3U8?token=1"])
def test_a_playlist_is_nothing_else(url: str) -> None:
    opening = opening_of(address(url))
    assert opening.format == "hls"
    assert opening.settle_s == HLS_SETTLE_S


@pytest.mark.parametrize("name", ["live.ts", "live.m3u8"])
def test_nothing_but_http_is_followed_and_from_tls_no_way_back(name: str) -> None:
    plain = opening_of(address(f"http://camera/{name}")).options["protocol_whitelist"].split(",")
    secret = opening_of(address(f"https://camera/{name}")).options["protocol_whitelist"].split(",")
    assert set(plain) == {"http", "https", "tls", "tcp", "crypto"}
    assert set(secret) == set(plain) - {"http"}


@pytest.mark.parametrize("url", ["rtsps://camera/1", "https://camera/live.ts"])
class TestCertificates:
    def test_are_verified_by_those_of_the_system(
        self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        believed = tmp_path / "system.pem"
        believed.touch()
        monkeypatch.setenv("SSL_CERT_FILE", str(believed))
        options = opening_of(address(url)).options
        assert (options["tls_verify"], options["ca_file"]) == ("1", str(believed))

    def test_or_by_the_cameras_own(self, url: str) -> None:
        options = opening_of(StreamAddress("hall-counter", url, tls_ca=Path("/etc/vigil/ca.pem"))).options
        assert (options["tls_verify"], options["ca_file"]) == ("1", "/etc/vigil/ca.pem")

    def test_or_not_at_all(self, url: str) -> None:
        options = opening_of(StreamAddress("hall-counter", url, tls_verify=False)).options
        assert options["tls_verify"] == "0"
        assert "ca_file" not in options


@pytest.mark.parametrize("url", ["rtsp://camera/1", "http://camera/live.ts"])
def test_where_nothing_is_encrypted_there_is_none(url: str) -> None:
    assert not {"tls_verify", "ca_file"} & set(opening_of(address(url)).options)


@pytest.mark.parametrize(
    "url", ["concat:a.ts|b.ts", "pipe:0", "/etc/passwd", "file:clip.mp4", "exec:ls", "ftp://camera/a.ts"]
)
def test_ffmpeg_is_given_no_other_scheme(url: str) -> None:
    with pytest.raises(SourceError, match="nothing is read by this scheme"):
        opening_of(address(url))


def test_the_credentials_are_in_no_repr() -> None:
    opening = opening_of(StreamAddress("hall-counter", "http://camera/1.ts", username="viewer", password="s3cret"))
    assert opening.url == "http://viewer:s3cret@camera/1.ts"
    assert "s3cret" not in repr(opening)
