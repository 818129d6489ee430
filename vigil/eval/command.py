"""`vigil eval`: from clips on the command line to a table, and to a folder with the report and its pictures."""

from __future__ import annotations

import logging
import multiprocessing
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import structlog

from vigil.errors import TruthError, VigilError
from vigil.process import configure_logs

if TYPE_CHECKING:
    from vigil.eval.clips import LabelledClip
    from vigil.eval.evaluation import SceneResult
    from vigil.model.site import Site

_FORMATS: Final = ("markdown", "json")


@click.command("eval")
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--truth", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The truth of the one clip given."
)
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Thresholds, calendars and, where it has halls, the zones to judge by.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the report and its pictures.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="markdown", help="What is printed.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Scenes at a time, a process each.")
def eval_command(
    clips: tuple[Path, ...], truth: Path | None, file: Path | None, out: Path | None, form: str, jobs: int
) -> None:
    """Measure how right a node is, over clips whose truth is known."""
    from vigil.eval import report, table  # noqa: PLC0415, only who evaluates loads detector and decoder

    _log_warnings_alone()
    try:
        results = _results(clips, truth, file, jobs)
        told = report.summarise(results)
        if out is not None:
            _write(out, results, report.as_json(told), table.markdown(told))
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(report.as_json(told) if form == "json" else table.markdown(told), nl=False)


def _results(clips: Sequence[Path], truth: Path | None, file: Path | None, jobs: int) -> list[SceneResult]:
    from vigil.eval.clips import find, labelled, scenes  # noqa: PLC0415, see `eval_command`
    from vigil.eval.site import from_file, standard  # noqa: PLC0415

    if truth is not None and (len(clips) != 1 or clips[0].is_dir()):
        raise TruthError(
            "--truth is the truth of one clip: give one clip with it, and lay other truths beside their clips"
        )
    rules = from_file(file) if file else standard()
    found = scenes([labelled(clips[0], truth)] if truth else find(clips))
    results = []
    for result in _evaluated(found, rules, jobs):
        results.append(result)
        click.echo(f"{result.truth.scene}: {result.truth.seconds} s ({len(results)} of {len(found)})", err=True)
    return results


def _evaluated(found: Sequence[tuple[LabelledClip, ...]], rules: Site, jobs: int) -> Iterator[SceneResult]:
    from vigil.eval.evaluation import evaluate_scene  # noqa: PLC0415, see `eval_command`

    if jobs == 1 or len(found) == 1:
        for scene in found:
            yield evaluate_scene(scene, rules)
        return
    # New processes rather than forked ones: the detector's library has threads.
    context = multiprocessing.get_context("spawn")
    workers = min(jobs, len(found))
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker) as pool:
        yield from pool.map(partial(evaluate_scene, rules=rules), found)


def _write(out: Path, results: Sequence[SceneResult], as_json: str, as_markdown: str) -> None:
    from vigil.eval import drawing  # noqa: PLC0415, see `eval_command`

    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(as_json, encoding="utf-8")
    (out / "report.md").write_text(as_markdown, encoding="utf-8")
    for result in results:
        name = re.sub(r"[^\w.-]+", "-", result.truth.scene)
        (out / f"{name}-windows.svg").write_text(drawing.windows_svg(result), encoding="utf-8")
        queue = drawing.queue_svg(result)
        if queue is not None:
            (out / f"{name}-queue.svg").write_text(queue, encoding="utf-8")


def _begin_worker() -> None:
    configure_logs()
    _log_warnings_alone()


def _log_warnings_alone() -> None:
    """Each alert of a scene is in the report; a line in the log for each would bury what matters."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
