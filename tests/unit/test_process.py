"""What a process tells its C library, in a process of its own: it holds for all of its life."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from tests.system import ROOT

THREADS = 6
COUNT = f"""
import ctypes, sys, threading
from vigil.process import share_memory
if sys.argv[1] == "shared":
    share_memory()
libc = ctypes.CDLL(None)
libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
libc.fopen.restype, libc.malloc_info.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
together = threading.Barrier({THREADS + 1})
def take():
    libc.malloc(1000)
    together.wait()
    together.wait()
threads = [threading.Thread(target=take) for _ in range({THREADS})]
for thread in threads:
    thread.start()
together.wait()
out = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, out)
libc.fclose(out)
together.wait()
"""


def arenas(how: str, **environment: str) -> int:
    inherited = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, how],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library than glibc")
class TestMemory:
    def test_all_threads_share_two_arenas(self) -> None:
        assert arenas("alone") > THREADS
        assert arenas("shared") == 2

    def test_who_runs_it_may_say_otherwise(self) -> None:
        assert arenas("shared", MALLOC_ARENA_MAX="4") == 4


END = """
import sys, threading
from vigil.process import end_beneath
threading.Thread(target=threading.Event().wait, name=sys.argv[1], daemon=True).start()
end_beneath("analytics", "detector")
print("went on")
"""


@pytest.mark.parametrize(("name", "said"), [("detector_0", ""), ("read hall-one", "went on\n")])
def test_a_thread_that_is_within_a_library_ends_with_the_process(name: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", END, name], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == said
