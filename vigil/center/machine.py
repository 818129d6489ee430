"""What the centre's machine has left, as metrics: room on the disk of its data, and time of its certificate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class MachineMeasures(Collector):
    """The certificate is read once: the server goes on with the one that it began with, whatever the file is by then."""

    def __init__(self, data: Path, certificate: Path | None) -> None:
        """Raises OSError for a file that cannot be read, or holds no certificate."""
        self._data = data
        self._ends_at = None if certificate is None else _end_of(certificate)

    def collect(self) -> Iterator[Metric]:
        free = shutil.disk_usage(self._data).free
        yield GaugeMetricFamily("vigil_data_free_bytes", "Room on the disk of center.data", free)
        if self._ends_at is not None:
            yield GaugeMetricFamily(
                "vigil_certificate_expiry_timestamp_seconds",
                "When the certificate that is served ends",
                self._ends_at.timestamp(),
            )


def _end_of(certificate: Path) -> datetime:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except ValueError as error:
        raise OSError(f"{certificate} holds no certificate (PEM)") from error
