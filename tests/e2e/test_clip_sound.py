"""A clip with sound in a real browser: it plays, it is heard, and it is heard when it is seen."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.media import AT, Footage, footage, fragmented
from tests.sounds import muxed, tone
from vigil.ingest.remux import Piece, remux
from vigil.model.media import Codec, SoundCodec

HZ = 1000.0
PLAY = """async (name) => {
  const video = document.createElement('video');
  video.src = name;
  document.body.append(video);
  await video.play();
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaElementSource(video).connect(analyser);
  analyser.connect(context.destination);
  await context.resume();
  const wave = new Float32Array(1024), bins = new Float32Array(analyser.frequencyBinCount), heard = [];
  let hz = 0, most = -Infinity;
  while (!video.ended && video.currentTime < 7.5) {
    await new Promise((done) => setTimeout(done, 20));
    analyser.getFloatTimeDomainData(wave);
    const loud = Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length) > 0.1;
    if (!heard.length || heard.at(-1)[1] !== loud) heard.push([video.currentTime, loud]);
    analyser.getFloatFrequencyData(bins);
    bins.forEach((one, index) => {
      if (one > most) [most, hz] = [one, index * context.sampleRate / analyser.fftSize];
    });
  }
  return {hz, heard, sound: video.webkitAudioDecodedByteCount, pictures: video.webkitVideoDecodedByteCount};
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, its own name
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("codec", list(SoundCodec))
def test_a_clip_is_heard_and_silence_keeps_its_place(browser: Browser, codec: SoundCodec, tmp_path: Path) -> None:
    """Two seconds with sound, two of a segment without, and sound again. A browser closes up a hole; this is none."""
    line = footage(Codec.H264)
    pieces = []
    for from_s, to_s, loud in ((0, 2, True), (2, 4, False), (4, 8, True)):
        part = Footage(line.parameters, line.between(from_s, to_s))
        path = tmp_path / f"{from_s}.mp4"
        path.write_bytes(muxed(part, tone(codec, hz=HZ)) if loud else fragmented(part))
        pieces.append(Piece(path, AT + timedelta(seconds=from_s)))
    remux(pieces, AT, AT + timedelta(seconds=8), tmp_path / "clip.mp4")
    with served(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/")
        played = page.evaluate(PLAY, "clip.mp4")
        page.close()
    assert played["pictures"] > 0
    assert played["sound"] > 0
    assert played["hz"] == pytest.approx(HZ, abs=6)  # a bin of the browser's spectrum
    silent_at_s, again_at_s = (at for at, _ in played["heard"][-2:])
    assert [loud for _, loud in played["heard"][-3:]] == [True, False, True]
    assert silent_at_s == pytest.approx(2.0, abs=0.4)  # it looks every 20 ms, on a busy machine more seldom
    assert again_at_s == pytest.approx(4.0, abs=0.4)
