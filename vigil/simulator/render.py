"""Clips with their truth: NAME.mp4 and NAME.truth.jsonl for each stream of each camera of a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from vigil.ingest.encode import ClipWriter, PictureEncoder
from vigil.model.media import CLOCK_RATE
from vigil.model.truth import TruthHeader, VisitTruth
from vigil.sim.assets import Picture, load_assets
from vigil.sim.camera import HallCamera, substream
from vigil.sim.figures import Moment
from vigil.simulator.job import RenderJob, Size, StreamSettings, default_assets
from vigil.simulator.scene import Scene, Tick, timeline
from vigil.truth.lines import Line, encode, truth_path

Progress = Callable[[float], None]
"""Told the seconds of the scene that are done, once for each."""


def render(job: RenderJob, progress: Progress | None = None) -> tuple[Path, ...]:
    """Write the clips, one after the other in time but all cameras together. Returns their paths, main streams and subs.

    The same job always gives the same truth and the same pictures. Existing files are replaced; where it does not come
    to an end nothing is left. Raises ScenarioError, and OSError for a folder that cannot be written.
    """
    assets = load_assets(job.assets or default_assets())
    scene = Scene(assets, job.scenario, job.seed, job.cameras, job.stream.size)
    seconds = job.seconds or job.scenario.seconds
    job.out.mkdir(parents=True, exist_ok=True)
    visits: list[VisitTruth] = []
    with ExitStack() as open_clips:
        recordings = [_Recording(scene, camera, job, seconds) for camera in scene.cameras]
        for recording in recordings:
            open_clips.callback(recording.end)
            recording.begin()
        for tick in timeline(seconds, job.stream.fps):
            moment = scene.hall.at(tick.t_s)
            visits += moment.visits
            for recording in recordings:
                recording.take(moment, tick)
            if tick.second and progress is not None:
                progress(tick.t_s)
        visits = sorted((*visits, *scene.hall.unfinished()), key=lambda visit: (visit.entered_s, visit.id))
        for recording in recordings:
            recording.finish(visits)
    return tuple(path for recording in recordings for path in recording.paths)


class _Recording:
    """One camera on its way to disk."""

    def __init__(self, scene: Scene, camera: HallCamera, job: RenderJob, seconds: float) -> None:
        self._camera = camera
        self._streams = []
        for suffix, size in job.stream.streams():
            path = job.out / f"{job.scenario.hall}-{camera.name}{suffix}.mp4"
            header = scene.header(camera, suffix=suffix, size=size, fps=job.stream.fps, seconds=seconds)
            self._streams.append(_StreamFile(path, size, header, job.stream))
        self._finished = False

    def begin(self) -> None:
        """Raises OSError."""
        for stream in self._streams:
            stream.begin()

    def end(self) -> None:
        """Close all files, whatever one of them says, and remove them where they were not finished."""
        with ExitStack() as last:
            for stream in self._streams:
                if not self._finished:
                    last.callback(stream.remove)
                last.callback(stream.close)

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(stream.path for stream in self._streams)

    def take(self, moment: Moment, tick: Tick) -> None:
        second = self._camera.second(moment, looked=tick.looked) if tick.second else None
        picture = self._camera.picture(moment) if tick.picture else None
        for stream in self._streams:
            if second is not None:
                stream.tell(second)
            if picture is not None:
                stream.show(picture, tick.t_90k)

    def finish(self, visits: Sequence[VisitTruth]) -> None:
        for stream in self._streams:
            for visit in visits:
                stream.tell(visit)
        self._finished = True


class _StreamFile:
    """A clip and its truth. A day of them is written line by line."""

    def __init__(self, path: Path, size: Size, header: TruthHeader, settings: StreamSettings) -> None:
        self.path = path
        self._size = size
        self._header = header
        self._shown_90k = round(CLOCK_RATE / settings.fps)
        self._encoder = PictureEncoder(
            settings.codec,
            size,
            fps=settings.fps,
            start_at=header.start_at,
            crf=settings.crf,
            keyframe_s=settings.keyframe_s,
            preset=settings.preset,
        )
        self._clip: ClipWriter | None = None
        self._truth: TextIO | None = None

    def begin(self) -> None:
        self._truth = truth_path(self.path).open("w", encoding="utf-8")
        self.tell(self._header)

    def tell(self, line: Line) -> None:
        assert self._truth is not None  # noqa: S101, `begin` comes first
        self._truth.write(encode(line) + "\n")

    def show(self, picture: Picture, t_90k: int) -> None:
        if (picture.shape[1], picture.shape[0]) != self._size:
            picture = substream(picture, self._size)
        packet = self._encoder.encode(picture, t_90k)
        if self._clip is None:
            assert self._encoder.parameters is not None  # noqa: S101, known with the first packet
            self._clip = ClipWriter(self.path, self._encoder.parameters)
        self._clip.write(packet, self._shown_90k)

    def close(self) -> None:
        if self._truth is not None:
            self._truth.close()
        if self._clip is not None:
            self._clip.close()

    def remove(self) -> None:
        if self._truth is None:
            return
        self.path.unlink(missing_ok=True)
        truth_path(self.path).unlink(missing_ok=True)
