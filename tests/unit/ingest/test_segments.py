from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media import AT, Footage
from vigil.ingest.segments import SegmentFile, segment_id, start_of
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Fragment

CAMERA = CameraId("hall_a-counter")


@pytest.fixture
def file(tmp_path: Path, h264: Footage) -> SegmentFile:
    return SegmentFile(tmp_path, CAMERA, AT, h264.parameters)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestId:
    @given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
    def test_can_be_read_back(self, at: datetime) -> None:
        assert start_of(segment_id(CAMERA, at)) == (CAMERA, at)

    def test_is_in_utc_and_sorts_by_time(self) -> None:
        shanghai = timezone(timedelta(hours=8))
        assert segment_id(CAMERA, AT.astimezone(shanghai)) == "hall_a-counter_20260302T010000.000000Z"
        assert segment_id(CAMERA, AT) < segment_id(CAMERA, AT + timedelta(microseconds=1))

    @pytest.mark.parametrize("text", ["", "x", "camera_2026", "camera_20260302T010000Z"])
    def test_other_text_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="match"):
            start_of(SegmentId(text))


class TestFile:
    def test_gets_its_name_only_when_it_is_whole(self, file: SegmentFile, tmp_path: Path) -> None:
        name = f"{segment_id(CAMERA, AT)}.mp4"
        file.write(Fragment(b"one", key=True))
        assert names(tmp_path) == [f"{name}.part"]
        file.close(AT, "")
        assert names(tmp_path) == [name]

    def test_its_row_tells_what_is_in_it(self, file: SegmentFile, h264: Footage) -> None:
        file.write(Fragment(b"one", key=True))
        file.write(Fragment(b"two", key=False))
        file.packets += 2
        closed = file.close(AT + timedelta(seconds=2), "before")
        segment = closed.segment
        assert closed.path.read_bytes() == b"onetwo"
        assert segment.sha256 == hashlib.sha256(b"onetwo").hexdigest()
        assert (segment.size, segment.packets, segment.previous_sha256) == (6, 2, "before")
        assert (segment.start_at, segment.end_at) == (AT, AT + timedelta(seconds=2))
        assert (segment.codec, segment.width, segment.height) == ("h264", 160, 96)
        assert segment.id == segment_id(CAMERA, AT)
        assert not segment.recovered

    def test_a_disk_that_takes_little_at_a_time_gets_all(
        self, file: SegmentFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
        file.write(Fragment(b"0123456789", key=True))
        closed = file.close(AT, "")
        assert closed.path.read_bytes() == b"0123456789"
        assert closed.segment.sha256 == hashlib.sha256(b"0123456789").hexdigest()

    def test_is_on_the_disk_before_it_has_its_name(
        self, file: SegmentFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = []
        fsync = os.fsync

        def spy(handle: int) -> None:
            seen.append((Path(os.readlink(f"/proc/self/fd/{handle}")).name, [path[-5:] for path in names(tmp_path)]))
            fsync(handle)

        monkeypatch.setattr(os, "fsync", spy)
        file.write(Fragment(b"one", key=True))
        file.close(AT, "")
        part = f"{segment_id(CAMERA, AT)}.mp4.part"
        assert seen == [(part, [".part"]), (tmp_path.name, ["Z.mp4"])]

    def test_never_writes_over_another(self, file: SegmentFile, tmp_path: Path, h264: Footage) -> None:
        with pytest.raises(FileExistsError):
            SegmentFile(tmp_path, CAMERA, AT, h264.parameters)

    def test_nobody_else_may_read_it(self, file: SegmentFile, tmp_path: Path) -> None:
        (part,) = tmp_path.iterdir()
        assert part.stat().st_mode & 0o007 == 0


class TestAbandon:
    def test_leaves_what_was_written(self, file: SegmentFile, tmp_path: Path) -> None:
        file.write(Fragment(b"one", key=True))
        part = file.abandon()
        assert part is not None
        assert part.read_bytes() == b"one"

    def test_an_empty_file_goes(self, file: SegmentFile, tmp_path: Path) -> None:
        """A full disk must not fill with their names."""
        assert file.abandon() is None
        assert names(tmp_path) == []

    def test_after_a_close_that_failed(self, file: SegmentFile, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(handle: int) -> None:
            raise OSError(5, "Input/output error")

        file.write(Fragment(b"one", key=True))
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fail)
            with pytest.raises(OSError, match="Input/output"):
                file.close(AT, "")
        closed: list[int] = []
        monkeypatch.setattr(os, "close", closed.append)
        assert file.abandon() is not None
        assert closed == [], "that number may be somebody else's file by now"

    def test_never_raises(self, file: SegmentFile, monkeypatch: pytest.MonkeyPatch) -> None:
        close = os.close

        def fail(handle: int) -> None:
            close(handle)
            raise OSError(5, "Input/output error")

        file.write(Fragment(b"one", key=True))
        monkeypatch.setattr(os, "close", fail)
        assert file.abandon() is not None

    def test_nothing_is_written_afterwards(self, file: SegmentFile) -> None:
        file.abandon()
        with pytest.raises(ValueError, match="was closed"):
            file.write(Fragment(b"one", key=True))
