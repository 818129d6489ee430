from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.uplink.samples import at
from vigil.node import startup
from vigil.node.startup import Disk

GOOD = Disk("ext4", 100 * 2**30, 0.1)
WANTED = 20 * 2**30


@pytest.mark.parametrize(
    ("disk", "events"),
    [
        (GOOD, []),
        (replace(GOOD, kind="nfs4"), ["data_not_on_a_local_disk"]),
        (replace(GOOD, kind="tmpfs"), ["data_in_memory"]),
        (replace(GOOD, free_bytes=WANTED), ["disk_smaller_than_its_bounds"]),
        (replace(GOOD, took_s=2.1), ["disk_is_slow"]),
        (Disk("cifs", 0, 60), ["data_not_on_a_local_disk", "disk_smaller_than_its_bounds", "disk_is_slow"]),
    ],
)
def test_what_is_wrong_with_a_disk(disk: Disk, events: list[str]) -> None:
    assert [one.event for one in startup.of_disk(disk, Path("/spool"), wanted_bytes=WANTED)] == events


def test_a_real_disk_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    disk = startup.look_at(tmp_path)
    assert disk.kind
    assert disk.free_bytes > 0
    assert 0 < disk.took_s < 60
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        startup.look_at(tmp_path / "none")


@pytest.mark.parametrize(
    ("newest_s", "synchronised", "events"),
    [
        (None, True, []),
        (-5.0, True, []),
        (29.0, True, []),
        (31.0, True, ["clock_went_back"]),
        (86_400.0, False, ["clock_went_back", "clock_not_synchronised"]),
    ],
)
def test_what_is_wrong_with_a_clock(newest_s: float | None, synchronised: bool, events: list[str]) -> None:
    newest_at = None if newest_s is None else at(newest_s)
    assert [one.event for one in startup.of_clock(at(0), newest_at, synchronised=synchronised)] == events


def test_the_kernel_says_whether_its_clock_is_held() -> None:
    assert startup.is_synchronised() in (True, False)


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
server:/export /mnt/with\\040space nfs4 rw 0 0
/dev/sdb1 /data ext4 rw 0 0
/dev/sdc1 /data xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/run/vigil", "tmpfs"),
        ("/runner", "ext4"),
        ("/mnt/with space/a", "nfs4"),
        ("/data/b", "xfs"),
    ],
)
def test_the_kind_is_that_of_the_nearest_mount(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert startup._kind_of(Path(folder), mounts) == kind
