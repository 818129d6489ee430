from __future__ import annotations

from pathlib import Path

from benchmarks.uplink_faults.site import write


def test_halls_are_repeated_until_all_cameras_have_a_place(tmp_path: Path) -> None:
    files = write(tmp_path, 5)
    site = files.configuration.site
    assert site is not None
    assert [camera.id for _, camera in site.cameras()] == list(files.clips)
    assert list(files.clips)[-1] == "gongan-counter-2"
    assert all(clip.exists() for clip in files.clips.values())
    assert all(camera.substream is None and camera.url.endswith(f"/{camera.id}") for _, camera in site.cameras())


def test_fewer_cameras_than_the_demonstration_has(tmp_path: Path) -> None:
    assert list(write(tmp_path, 1).clips) == ["gongan-counter"]
