"""Fetches a secret that the configuration points at. The value is never put into a message."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from vigil.errors import SecretError
from vigil.model.site import Secret


def read_secret(secret: Secret, folder: Path) -> str:
    """The secret's text without surrounding white space. Raises SecretError when there is none."""
    if secret.env is not None:
        value = os.environ.get(secret.env, "").strip()
        if not value:
            raise SecretError(f"environment variable {secret.env} is not set. Set it before starting vigil")
        return value
    path = _path(secret, folder)
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"secret file {path} cannot be read ({error.strerror}). Create it with mode 600") from error
    except UnicodeDecodeError:
        # Without its cause, which would carry the bytes along.
        raise SecretError(f"secret file {path} is not UTF-8 text. Write the secret into it anew") from None
    if not value:
        raise SecretError(f"secret file {path} is empty. Write the secret into it")
    return value


def make_secret_file(secret: Secret, folder: Path) -> Path:
    """Writes 32 random bytes as hex where a secret's file is missing, readable by its owner alone. Which file it is.

    Raises SecretError for a secret that is not kept in a file.
    """
    path = _path(secret, folder)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(secrets.token_hex(32) + "\n")
        stream.flush()
        os.fsync(handle)
    return path


def secret_file(secret: Secret, folder: Path) -> Path | None:
    """Where it is kept; None of one that comes from the environment."""
    return None if secret.file is None else _path(secret, folder)


def _path(secret: Secret, folder: Path) -> Path:
    if secret.file is None:
        raise SecretError("a secret needs env: NAME or file: PATH")
    return folder / Path(secret.file).expanduser()
