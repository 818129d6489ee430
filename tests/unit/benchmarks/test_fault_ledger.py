from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.uplink_faults import ledger
from benchmarks.uplink_faults.cameras import Journal, read
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Gap, GapCause, Segment
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool

START = datetime(2026, 3, 3, 1, tzinfo=UTC)
CAMERA = CameraId("gongan-hall")


def test_what_was_promised_is_still_known_when_it_is_gone(tmp_path: Path) -> None:
    ledger.install(tmp_path / "node.db")
    database = LocalDatabase(tmp_path / "node.db")
    outbox = Outbox(database, max_bytes=10**6)
    spool = Spool(database, outbox, tmp_path / "spool", max_bytes=10**6)
    for name, revision in (("a", 1), ("a", 2), ("b", 1)):
        body = {"alert": {"id": name, "revision": revision}}
        outbox.put(f"{name}/{revision}", "alert", START, body)
    spool.add_gap(Gap(CAMERA, START, START + timedelta(seconds=3), GapCause.NODE))
    one = Segment(SegmentId("one"), CAMERA, START, START + timedelta(seconds=10), 7, "", "", 9, Codec.H264, 64, 36)
    spool.add_segment(one, spool.folder / "one.mp4")

    database.set_note("analyst-memory", '{"open": {"window gongan-1": {"id": "b", "revision": 1}}}')

    waiting = ledger.backlog(tmp_path)
    outbox.acknowledge([1, 2, 4])
    spool.release(one.id)

    assert (waiting.segments, waiting.records, waiting.empty) == (1, 4, False)
    assert ledger.backlog(tmp_path).records == 1
    assert ledger.read(tmp_path / "node.db") == ledger.Ledger(
        alerts={"a": 2, "b": 1},
        waiting=frozenset({"b"}),
        open=frozenset({"b"}),
        aside=(),
        segments=frozenset({"one"}),
        segments_waiting=frozenset(),
        gaps=((CAMERA, START, START + timedelta(seconds=3), "node"),),
    )
    database.close()


def test_the_cameras_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal.txt"
    journal.write_text("hall 0 10.0\ncounter 0 10.0\nhall 1 10.1\ndropped_gops 2\n")
    assert read(journal) == Journal({"hall": {0: 10.0, 1: 10.1}, "counter": {0: 10.0}}, 2)


def test_when_the_node_reads_a_camera(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    line = '{"camera": "hall", "stream": "main", "event": "camera_connected", "timestamp": "1970-01-01T00:00:12.5Z"}'
    log.write_text(f'{{"event": "gap", "camera": "hall"}}\n{line}\n{line[:-9]}\n')
    assert ledger.reads(log) == {"hall": [12.5]}
