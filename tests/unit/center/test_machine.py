from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography import x509
from prometheus_client import CollectorRegistry

from tests.tls import make_certificate
from vigil.center.machine import MachineMeasures


def told(measures: MachineMeasures, name: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(measures)
    return registry.get_sample_value(name)


def test_room_and_the_end_of_the_certificate_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=12345))
    certificate, _ = make_certificate(tmp_path)
    measures = MachineMeasures(tmp_path, certificate)
    ends_at = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    certificate.unlink()  # a new one that lies there by now is not served before the next start
    assert told(measures, "vigil_data_free_bytes") == 12345
    assert told(measures, "vigil_certificate_expiry_timestamp_seconds") == ends_at.timestamp()


def test_without_a_certificate_its_end_is_not_told(tmp_path: Path) -> None:
    assert told(MachineMeasures(tmp_path, None), "vigil_certificate_expiry_timestamp_seconds") is None


def test_a_file_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(OSError, match="holds no certificate"):
        MachineMeasures(tmp_path, tmp_path / "cert.pem")
