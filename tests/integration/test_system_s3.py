"""The whole system with its archive in S3: segments by presigned PUT, clips and snapshots by the centre, ranges out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import S3Server
from tests.system import DemoSystem, wait_for
from vigil.archive.s3 import Bucket, S3Store

BUCKET = "vigil-system"


def test_footage_clips_and_snapshots_live_in_s3_and_leave_the_nodes_spool(s3_server: S3Server, tmp_path: Path) -> None:
    (tmp_path / "access").write_text(s3_server.access_key)
    (tmp_path / "secret").write_text(s3_server.secret_key)

    def in_s3(values: dict[str, Any]) -> None:
        values["center"]["objects"] = {
            "s3": {
                "endpoint": s3_server.endpoint,
                "bucket": BUCKET,
                "access_key": {"file": "access"},
                "secret_key": {"file": "secret"},
            }
        }

    with DemoSystem(tmp_path, change=in_s3) as system:

        def clip() -> dict[str, Any] | None:
            found = [alert["clip"] for alert in system.get("alerts")["items"] if alert["clip"]]
            return next((one for one in found if one["state"] in ("ready", "partial")), None)

        ready = wait_for(clip, 90, "a clip")

        video = system.api("supervisor").get(f"clips/{ready['id']}/video", headers={"Range": "bytes=4-7"})
        assert (video.status_code, video.content) == (206, b"ftyp")

        bucket = Bucket(s3_server.endpoint, BUCKET, s3_server.access_key, s3_server.secret_key)
        objects = [one.key for one in S3Store(bucket).list()]
        assert {key.partition("/")[0] for key in objects} == {"segments", "clips", "snapshots"}
        stored = [key.rpartition("/")[2] for key in objects if key.startswith("segments/")]
        spool = {path.name for path in (tmp_path / "node" / "spool").glob("*/*.mp4")}
        assert len(set(stored) - spool) >= 4  # the centre verified them, and the node let go


def test_a_centre_with_a_wrong_s3_secret_does_not_start_and_says_why(s3_server: S3Server, tmp_path: Path) -> None:
    (tmp_path / "access").write_text(s3_server.access_key)
    (tmp_path / "secret").write_text("not the secret")

    def wrong(values: dict[str, Any]) -> None:
        s3 = {
            "endpoint": s3_server.endpoint,
            "bucket": BUCKET,
            "access_key": {"file": "access"},
            "secret_key": {"file": "secret"},
        }
        values["center"]["objects"] = {"s3": s3}

    system = DemoSystem(tmp_path, change=wrong)
    with pytest.raises(AssertionError, match="center ended"):
        system.start_center()
    said = system.log_of("center")
    assert "Traceback" not in said
    assert "not the secret" not in said
    assert "Error:" in said
