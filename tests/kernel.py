"""What a test may ask of the machine's kernel: tried, since root in a container may do less than root elsewhere."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path


@cache
def refuses_namespaces() -> str | None:
    """Why no network namespace can be made here; None where one can."""
    if os.geteuid() != 0:
        return "network namespaces are for root"
    name = f"vigil-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"no network namespace: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", name], check=True)
    return None


@cache
def refuses_loop_devices() -> str | None:
    """Why no file can be mounted as a disk here; None where one can."""
    if os.geteuid() != 0:
        return "mounting is for root"
    with tempfile.TemporaryDirectory() as folder:
        image, place = Path(folder) / "disk.img", Path(folder) / "disk"
        place.mkdir()
        with image.open("wb") as file:
            file.truncate(16 * 2**20)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
        command = ["mount", "-o", "loop", str(image), str(place)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            return f"no loop device: {mounted.stderr.strip()}"
        subprocess.run(["umount", str(place)], check=True)
    return None
