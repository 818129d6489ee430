"""Certificates for tests, made by openssl: an authority, and what it says of a server at 127.0.0.1."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: Path
    key: Path


def authority(folder: Path, name: str) -> Authority:
    made = Authority(folder / f"{name}.pem", folder / f"{name}.key")
    command = ["req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}"]
    _openssl(*command, "-keyout", str(made.key), "-out", str(made.certificate))
    return made


def server(folder: Path, signed_by: Authority, name: str = "IP:127.0.0.1") -> Path:
    """One file with a certificate for `name` and its key."""
    key, request, certificate = (folder / f"server{name[-3:]}.{suffix}" for suffix in ("key", "csr", "crt"))
    names = ["-subj", "/CN=camera", "-addext", f"subjectAltName={name}"]
    _openssl("req", *_KEY, *names, "-keyout", str(key), "-out", str(request))
    signing = ["-CA", str(signed_by.certificate), "-CAkey", str(signed_by.key), "-days", "2"]
    _openssl("x509", "-req", "-in", str(request), *signing, "-copy_extensions", "copy", "-out", str(certificate))
    both = folder / f"{certificate.stem}.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
