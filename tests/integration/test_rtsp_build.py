"""The centre's RTSP server as its configuration wants it: addresses, certificate, passwords, and the way it stops."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from tests.tls import make_certificate
from tests.unit.config.files import GOOD
from vigil.archive.folder import FolderStore
from vigil.center.rtsp.out import RtspOut, build_rtsp
from vigil.clock import SystemClock
from vigil.config import load_text
from vigil.errors import SecretError
from vigil.gateway.live_source import LiveSubscription
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.store.database import Database
from vigil.store.stores import Stores

PLAIN = "    listen: 127.0.0.1:0\n"
TLS = PLAIN + "    tls_listen: 127.0.0.1:0\n"


def nobody(_: CameraId, __: StreamKind) -> LiveSubscription:
    raise AssertionError


def build(folder: Path, database: Database, section: str, center: str = "", password: str = "a long one") -> RtspOut:
    (folder / "password").write_text(password)
    user = "{name: platform, password: {file: password}, unit: 中心, reason: 接入, halls: [gongan]}"
    text = GOOD.replace("nodes:", f"{center}  rtsp:\n    users: [{user}]\n{section}nodes:")
    configuration = load_text(text, folder / "vigil.yaml")
    assert configuration.site is not None
    objects = FolderStore(folder / "objects")
    out = build_rtsp(configuration, configuration.site, nobody, Stores.over(database), objects, SystemClock())
    assert out is not None
    return out


@pytest.mark.parametrize("own", [True, False], ids=["its own certificate", "that of the centre"])
async def test_serves_over_tls(tmp_path: Path, database: Database, own: bool) -> None:
    make_certificate(tmp_path)
    keys = "tls_certificate: cert.pem\n{0}tls_key: key.pem\n"
    rtsp, center = (f"{TLS}    {keys.format('    ')}", "") if own else (TLS, f"  {keys.format('  ')}")
    out = build(tmp_path, database, rtsp, center)
    await out.start()
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        reader, writer = await asyncio.open_connection("127.0.0.1", out.ports[1], ssl=trust)
        writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)) == b"RTSP/1.0 200 OK\r\n"
        assert out.figures().server.connections == 1
        writer.transport.abort()
    finally:
        await out.stop()
        await out.stop()


async def test_an_address_that_is_taken_is_named(tmp_path: Path, database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        out = build(tmp_path, database, f"    listen: 127.0.0.1:{port}\n")
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port} for RTSP"):
            await out.start()
        await out.stop()


async def test_stops_with_a_reader(tmp_path: Path, database: Database) -> None:
    out = build(tmp_path, database, PLAIN)
    await out.start()
    reader, _ = await asyncio.open_connection("127.0.0.1", out.ports[0])
    await asyncio.wait_for(out.stop(), 5)
    assert await asyncio.wait_for(reader.read(), 5) == b""


def test_without_its_password_it_does_not_start(tmp_path: Path, database: Database) -> None:
    with pytest.raises(SecretError):
        build(tmp_path, database, PLAIN, password="")
    with pytest.raises(SecretError, match="less than 10"):
        build(tmp_path, database, PLAIN, password="short")


def test_a_certificate_that_is_none_is_told(tmp_path: Path, database: Database) -> None:
    with pytest.raises(OSError, match=r"cert\.pem with key .* cannot be used: No such file"):
        build(tmp_path, database, TLS, "  tls_certificate: cert.pem\n  tls_key: key.pem\n")
