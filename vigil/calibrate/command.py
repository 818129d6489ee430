"""`vigil calibrate`: from footage of cameras to the rates at which the detector errs at each window, for the configuration."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import structlog

from vigil.config import Configuration, load
from vigil.errors import CalibrationError, VigilError
from vigil.model.ids import CameraId

if TYPE_CHECKING:
    from vigil.analytics.detector import Detector
    from vigil.calibrate.estimate import Estimate, Estimates, Part
    from vigil.calibrate.footage import Place
    from vigil.calibrate.hidden import Looks
    from vigil.model.site import Site, Thresholds

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_LEAST_S: Final = 1800
"""Of looks at a window, where nobody labelled them: in less a clerk need not have left once."""
_STAFFED_S, _UNSTAFFED_S = 600, 120
"""Of looks in either state. With truth the clerk need not have left: false alarms are then the usual ones."""
_MOST_FALSE: Final = 0.2
"""Of looks at what seems an unstaffed window, without truth: somebody who is seen more often is a clerk who is seen badly."""


@click.command("calibrate")
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-c", "--config", "file", type=_FILE, required=True, help="Configuration with the cameras and their zones."
)
@click.option("--truth", type=_FILE, help="The truth of the one clip given.")
@click.option("--camera", help="Camera of clips of which nobody knows the truth.")
@click.option("--start-at", help="Time of the first picture of the one clip given without truth.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File for the lines of the configuration.")
def calibrate(
    clips: tuple[Path, ...], file: Path, truth: Path | None, camera: str | None, start_at: str | None, out: Path | None
) -> None:
    """Measure how often the detector misses a clerk, or sees one who is not there, at each window."""
    _log_warnings_alone()
    try:
        configuration = load(file)
        if configuration.site is None:
            raise CalibrationError(f"{file}: there is no site: in it, and so no zones and no thresholds")
        if camera is None:
            found, thresholds = _by_truth(clips, truth, configuration, configuration.site)
        else:
            found, thresholds = _by_looks(clips, CameraId(camera), start_at, configuration, configuration.site)
        told = list(_told(found, thresholds, labelled=camera is None))
        if out is not None:
            out.write_text("".join(f"{line}\n" for line in _lines(told)), encoding="utf-8")
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_HEAD_TRUTH if camera is None else _HEAD_LOOKS)
    for line in _table(told):
        click.echo(line)
    if out is None:
        for line in _lines(told):
            click.echo(line)
    if all(isinstance(one, str) for _, one in told):
        raise click.ClickException("No window could be calibrated.")


_HEAD_TRUTH: Final = "By the truth of the clips; brackets are 95 % intervals.\n"
_HEAD_LOOKS: Final = (
    "By the looks alone. This assumes that each window was staffed for some of the time and unstaffed for some, and that\n"
    "clerks are away for minutes while the detector misses them for seconds. A clerk whom it misses for minutes looks like\n"
    "one who has left: where it matters, label an hour (`vigil label`). Brackets are 95 % intervals.\n"
)

_Parts = dict["Place", list["Part"]]
_Told = tuple["Place", "Estimates | str"]
"""Of a place its estimates, or why there are none."""


def _by_truth(
    clips: Sequence[Path], truth: Path | None, configuration: Configuration, site: Site
) -> tuple[_Parts, Thresholds]:
    from vigil.calibrate.footage import with_truth  # noqa: PLC0415, only who calibrates loads detector and decoder
    from vigil.eval.clips import find, labelled  # noqa: PLC0415

    if truth is not None and (len(clips) != 1 or clips[0].is_dir()):
        raise CalibrationError("--truth is the truth of one clip: give one clip with it")
    found: _Parts = defaultdict(list)
    for clip in [labelled(clips[0], truth)] if truth else find(clips):
        watched = with_truth(clip, site, _detector(configuration, site, clip.header.camera))
        for place, parts in watched.parts.items():
            found[place] += parts
        click.echo(f"{clip.path.name}: {clip.header.seconds:.0f} s", err=True)
    return found, watched.thresholds


def _by_looks(
    clips: Sequence[Path], camera: CameraId, start_at: str | None, configuration: Configuration, site: Site
) -> tuple[_Parts, Thresholds]:
    from vigil.calibrate.footage import without_truth  # noqa: PLC0415, see `_by_truth`
    from vigil.calibrate.hidden import labelled  # noqa: PLC0415
    from vigil.label.subject import parse_start  # noqa: PLC0415

    if start_at is not None and len(clips) != 1:
        raise CalibrationError(
            "--start-at is the time of one clip: give one clip with it, or clips of service hours alone"
        )
    found: dict[Place, list[Looks]] = defaultdict(list)
    for path in clips:
        began = parse_start(start_at) if start_at else None
        looked = without_truth(path, camera, site, began, _detector(configuration, site, camera))
        for place, parts in looked.parts.items():
            found[place] += parts
        click.echo(f"{path.name}", err=True)
    _require_enough(found)
    return {place: labelled(parts, looked.thresholds) for place, parts in found.items()}, looked.thresholds


def _require_enough(found: dict[Place, list[Looks]]) -> None:
    longest_s = max((sum(part[-1][0] - part[0][0] for part in parts) for parts in found.values()), default=0.0)
    if longest_s < _LEAST_S:
        raise CalibrationError(
            f"there are {longest_s / 60:.0f} min in which a window could be looked at in service. Without truth it takes "
            f"{_LEAST_S // 60} min at least, better a day: give more clips, or label them with `vigil label`"
        )


def _detector(configuration: Configuration, site: Site, camera: CameraId) -> Callable[[], Detector]:
    """As the camera's node has it; where the file has no nodes, as a node is that is not told otherwise."""
    from vigil.analytics.detector import DetectorSettings, open_detector  # noqa: PLC0415, see `_by_truth`
    from vigil.node.detection import settings_of  # noqa: PLC0415

    node = next((one.node for _, one in site.cameras() if one.id == camera), None)
    settings = configuration.node(node) if node else next(iter(configuration.nodes), None)
    if settings is None:
        return lambda: open_detector(DetectorSettings())
    detector = settings_of(settings.detector, configuration.folder)
    return lambda: open_detector(detector)


def _told(found: _Parts, thresholds: Thresholds, *, labelled: bool) -> Iterator[_Told]:
    from vigil.calibrate.estimate import estimate  # noqa: PLC0415, see `_by_truth`

    for place, parts in sorted(found.items(), key=lambda one: (one[0].camera, one[0].window)):
        if not any(parts):
            yield place, "never looked at while in service"
            continue
        estimates = estimate(parts, thresholds)
        why = _too_little(estimates) if labelled else _too_little(estimates) or _not_told_apart(estimates, thresholds)
        yield place, why or estimates


def _too_little(found: Estimates) -> str | None:
    if found.staffed_s >= _STAFFED_S:
        return None
    return f"looked at for {found.staffed_s:.0f} s while staffed; it takes {_STAFFED_S} s"


def _not_told_apart(found: Estimates, thresholds: Thresholds) -> str | None:
    """Why looks alone do not tell this window's two states from each other."""
    if found.unstaffed_s < _UNSTAFFED_S:
        return f"unstaffed for {found.unstaffed_s:.0f} s at most; without truth it takes {_UNSTAFFED_S} s"
    if found.run_s.value > thresholds.absent_after_s or found.false_alarm.value > _MOST_FALSE:
        return "looks alone do not tell whether the clerk was away or missed: label an hour of it (`vigil label`)"
    return None


def _table(told: Sequence[_Told]) -> Iterator[str]:
    yield "| camera | window | looks | staffed | unstaffed | miss | false alarm | run |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for place, one in told:
        if isinstance(one, str):
            yield f"| {place.camera} | {place.window} | {one} |"
            continue
        cells = (
            place.camera,
            place.window,
            str(one.looks),
            f"{one.staffed_s / 60:.0f} min",
            f"{one.unstaffed_s / 60:.0f} min",
            _cell(one.miss, 3),
            _cell(one.false_alarm, 3),
            f"{_cell(one.run_s, 1)} s",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _cell(one: Estimate, digits: int) -> str:
    return f"{one.value:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]"


def _lines(told: Sequence[_Told]) -> Iterator[str]:
    """What goes into the configuration, each line into a zone of its own."""
    for place, one in told:
        if isinstance(one, str):
            yield f"# camera {place.camera}, window {place.window}: {one}"
            continue
        rates = one.rates
        yield f"# camera {place.camera}, staff area of window {place.window}:"
        yield f"rates: {{miss: {rates.miss}, false_alarm: {rates.false_alarm}, run_s: {rates.run_s}}}"


def _log_warnings_alone() -> None:
    """Alerts of footage are nobody's news."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
