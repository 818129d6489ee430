"""The archive that the configuration names: a folder or a bucket."""

from __future__ import annotations

from vigil.archive.folder import FolderStore
from vigil.archive.objects import ObjectStore
from vigil.archive.s3 import Bucket, S3Store
from vigil.center.sections import center_of
from vigil.config import Configuration, read_secret


def open_objects(configuration: Configuration, *, alone: bool = False) -> ObjectStore:
    """`alone`: nobody else writes to it, so that what was left unfinished may go. Raises SecretError, ArchiveError."""
    objects = center_of(configuration).objects
    s3 = objects.s3
    if s3 is None:
        assert objects.folder is not None  # noqa: S101, vigil/config/check.py holds it
        return FolderStore(configuration.path(objects.folder), alone=alone)
    store = S3Store(
        Bucket(
            endpoint=s3.endpoint,
            name=s3.bucket,
            access_key=read_secret(s3.access_key, configuration.folder),
            secret_key=read_secret(s3.secret_key, configuration.folder),
            region=s3.region,
            public_endpoint=s3.public_endpoint,
        )
    )
    store.ensure_bucket()
    return store


def where_objects_are(configuration: Configuration) -> str:
    """In words, without secrets."""
    objects = center_of(configuration).objects
    if objects.s3 is not None:
        return f"the bucket {objects.s3.bucket} at {objects.s3.endpoint}"
    assert objects.folder is not None  # noqa: S101, see above
    return f"the folder {configuration.path(objects.folder)}"
