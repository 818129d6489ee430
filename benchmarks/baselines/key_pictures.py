"""The key-frame decode floor: what a camera takes of which nothing is done but decoding the key pictures of its substream.

Over RTSP: PyAV reads the substream, as it would have to of a real camera, and decodes each key picture; the main stream is not
even asked for. From files: both streams are demultiplexed, but nothing comes over a network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

ROOT = Path(__file__).resolve().parent.parent.parent


def from_files(clips: Iterable[tuple[Path, Path]]) -> float:
    """Share of a core for a camera in real time; `clips` are pairs of main stream and substream."""
    began = time.process_time()
    seconds = 0.0
    for main_stream, substream in clips:
        with av.open(str(main_stream)) as container:
            for _ in container.demux(video=0):
                pass
        with av.open(str(substream)) as container:
            for _ in _key_pictures(container):
                pass
            stream = container.streams.video[0]
            assert stream.duration is not None
            assert stream.time_base is not None
            seconds += float(stream.duration * stream.time_base)
    return (time.process_time() - began) / seconds


def over_rtsp(urls: Sequence[str], *, warm_up_s: float, seconds: float) -> float:
    """Share of a core for a camera. One process reads all the substreams, each on a thread."""
    command = [sys.executable, "-m", "benchmarks.baselines.key_pictures", *urls]
    command += ["--warm-up", str(warm_up_s), "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["pictures"] < len(urls) * seconds / 4:
        raise RuntimeError(f"{found['pictures']} key pictures of {len(urls)} substreams in {seconds:.0f} s")
    return float(found["cpu_s"] / seconds / len(urls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--warm-up", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    stop, pictures = threading.Event(), [0] * len(given.urls)

    def read(number: int) -> None:
        with av.open(given.urls[number], options={"rtsp_transport": "tcp"}) as container:
            for _ in _key_pictures(container):
                pictures[number] += 1
                if stop.is_set():
                    return

    readers = [threading.Thread(target=read, args=(number,)) for number in range(len(given.urls))]
    for reader in readers:
        reader.start()
    time.sleep(given.warm_up)
    before_s, before = time.process_time(), sum(pictures)
    time.sleep(given.seconds)
    cpu_s, seen = time.process_time() - before_s, sum(pictures) - before
    stop.set()
    for reader in readers:
        reader.join()
    print(json.dumps({"cpu_s": cpu_s, "pictures": seen}))


def _key_pictures(container: InputContainer) -> Iterable[VideoFrame]:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    stream.codec_context.skip_frame = "NONKEY"
    return container.decode(stream)


if __name__ == "__main__":
    main()
