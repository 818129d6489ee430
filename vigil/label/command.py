"""The command `vigil label`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from vigil.config import load
from vigil.errors import VigilError
from vigil.label import subject
from vigil.label.desk import Desk, write_truth
from vigil.label.subject import Recording, Subject
from vigil.model.media import Codec
from vigil.model.truth import Truth
from vigil.process import run_until_signal
from vigil.truth import intervals, lines
from vigil.truth.coco import read_coco
from vigil.truth.footage import Footage
from vigil.truth.mot import read_mot

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Labels:
    """Files of labels, at most one of them; `fps` goes with COCO's."""

    table: Path | None
    mot: Path | None
    coco: Path | None
    fps: float | None


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a file is told in words, without a traceback."""
    try:
        yield
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command("label")
@click.argument("clip", type=_FILE)
@click.option("-c", "--config", "file", type=_FILE, required=True, help="Configuration with the clip's camera.")
@click.option("--camera", required=True, help="Which camera of the configuration it comes from.")
@click.option("--start-at", required=True, help="Time of the first picture, e.g. 2026-03-02T09:00:00+08:00.")
@click.option("--group", help="Which queue's windows; may be left out when the picture shows one.")
@click.option("--scene", help="Common name of clips that show a hall at one time. Default: the clip's.")
@click.option("--tag", "tags", multiple=True, help="A word that holds for the whole clip; figures are given for each.")
@click.option("--csv", "table", type=_FILE, help="Take labels from a table instead of the keyboard.")
@click.option("--mot", type=_FILE, help="Take people from a MOTChallenge gt.txt.")
@click.option("--coco", type=_FILE, help="Take people from COCO annotations.")
@click.option(
    "--fps", type=click.FloatRange(min=0, min_open=True), help="Rate at which COCO numbers. Default: the clip's."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; 0: a free one.")
def label(
    clip: Path,
    file: Path,
    camera: str,
    start_at: str,
    group: str | None,
    scene: str | None,
    tags: tuple[str, ...],
    table: Path | None,
    mot: Path | None,
    coco: Path | None,
    fps: float | None,
    port: int,
) -> None:
    """Say what is true in a clip: from the keyboard, in a page on this machine, or from a file of labels."""
    if sum(given is not None for given in (table, mot, coco)) > 1:
        raise click.UsageError("One of --csv, --mot and --coco.")
    with _told():
        site = load(file).site
        if site is None:
            raise click.UsageError(f"{file} has no site: with halls and cameras.")
        chosen = subject.choose(site, camera, group)
        footage = chosen.footage(scene or clip.stem, subject.parse_start(start_at), tags)
        recording = subject.measure(clip)
        truth = _converted(footage, recording, _Labels(table, mot, coco, fps))
        if truth is None:
            _work(clip, chosen, footage, recording, port)
            return
        write_truth(lines.truth_path(clip), truth)
        click.echo(f"{lines.truth_path(clip)}: {len(truth.seconds)} seconds.")


def _converted(footage: Footage, recording: Recording, given: _Labels) -> Truth | None:
    """The truth of a file of labels; None where none was given."""
    if given.table is not None:
        header = subject.header_of(footage, recording)
        return intervals.to_truth(intervals.read(given.table, header), header)
    if given.mot is not None:
        return subject.fitted(read_mot(given.mot, footage), recording, given.mot)
    if given.coco is not None:
        return subject.fitted(read_coco(given.coco, footage, fps=given.fps or recording.fps), recording, given.coco)
    return None


def _work(clip: Path, chosen: Subject, footage: Footage, recording: Recording, port: int) -> None:
    from vigil.label import server  # noqa: PLC0415, a node must not load the web framework

    desk = Desk(clip.resolve(), subject.header_of(footage, recording))
    with server.listen(port) as listener:
        token = server.new_token()
        shown = server.Shown(chosen.windows, recording.codec)
        app = server.create_app(desk, shown, token, listener.getsockname()[1])
        click.echo(f"Open in a browser on this machine: {server.address(listener, token)}")
        click.echo(f"Labels are kept in {desk.table} with each change. Ctrl-C ends.")
        if recording.codec is Codec.H265:
            click.echo(_H265.format(clip=clip, copy=clip.with_name(f"{clip.stem}-h264.mp4")))
        run_until_signal(lambda stop: server.serve(app, listener, stop))


_H265 = """\
This clip is H.265, which many browsers do not play. If yours shows no picture, label a copy:
  ffmpeg -i {clip} -an -c:v libx264 -crf 20 -fps_mode passthrough {copy}
and give its table to this clip with --csv."""
