"""`vigil sim`: its commands read what was asked for and hand over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from vigil.errors import VigilError
from vigil.forward.rtsp.server import DEFAULT_PORT
from vigil.model.media import Codec
from vigil.process import die_with_supervisor

if TYPE_CHECKING:
    from vigil.simulator.job import StreamSettings

F = TypeVar("F", bound=Callable[..., None])

_CODECS: Final = {"h264": Codec.H264, "h265": Codec.H265}
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


class _SizeType(click.ParamType[tuple[int, int]]):
    """1280x720"""

    name = "WIDTHxHEIGHT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, cross, height = str(value).partition("x")
        if not (cross and width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r} is no size; write WIDTHxHEIGHT, for example 1280x720", param, ctx)
        return int(width), int(height)


_SIZE: Final = _SizeType()


def assets_option(command: F) -> F:
    path = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option(
        "--assets", type=path, help="Folder of halls and sprites; sample_streams/hall of the checkout."
    )(command)


def stream_options(fps: float, sub: str | None) -> Callable[[F], F]:
    """What `render` and `serve` say alike of a camera's streams."""

    def add(command: F) -> F:
        for option in reversed(
            (
                click.option("--fps", default=fps, show_default=True, help="Pictures a second; may be below 1."),
                click.option("--size", type=_SIZE, default="1280x720", show_default=True, help="Of the main stream."),
                click.option("--sub", type=_SIZE, default=sub, show_default=True, help="Of a second, smaller stream."),
                click.option("--codec", type=click.Choice(list(_CODECS)), default="h264", show_default=True),
                click.option("--crf", default=23, show_default=True, help="Quality of the encoder: less is finer."),
                click.option("--keyframe", default=2.0, show_default=True, help="Seconds between key pictures."),
            )
        ):
            command = option(command)
        return command

    return add


@contextmanager
def _told() -> Iterator[None]:
    """Errors that vigil foresees are told in words, without a traceback."""
    try:
        yield
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.group("sim")
def sim() -> None:
    """A simulated hall that we know the truth of: as clips, or as live cameras."""


@sim.command("render")
@click.argument("scenario", type=_FILE)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the clips.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="One seed, one scene.")
@click.option("--seconds", type=float, help="Only so much of the scene.")
@click.option("--camera", "cameras", multiple=True, help="Only this camera; may be given more than once.")
@stream_options(10.0, None)
@assets_option
def sim_render(
    scenario: Path,
    out: Path,
    seed: int,
    seconds: float | None,
    cameras: tuple[str, ...],
    assets: Path | None,
    **stream: Any,
) -> None:
    """Write the clips of a scenario's cameras, each with its truth beside it."""
    from vigil.sim.scenario import load_scenario  # noqa: PLC0415, no other command needs the simulator
    from vigil.simulator.job import RenderJob  # noqa: PLC0415
    from vigil.simulator.render import render  # noqa: PLC0415

    with _told():
        loaded = load_scenario(scenario)
        job = RenderJob(loaded, out, seed, cameras, _settings(**stream), seconds, assets)
        length = round(job.seconds or loaded.seconds)
        with click.progressbar(length=length, label=f"{loaded.name}, seed {seed}") as bar:
            written = render(job, lambda _: bar.update(1))
    for path in written:
        click.echo(str(path))


@sim.command("serve")
@click.argument("scenarios", nargs=-1, required=True, type=_FILE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="TCP port to listen on.")
@click.option("--user", help="Ask for this name; needs --password-file.")
@click.option("--password-file", type=click.Path(exists=True, path_type=Path), help="File with the password.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the first round; the next one takes the next seed.",
)
@stream_options(10.0, "640x360")
@assets_option
def sim_serve(
    scenarios: tuple[Path, ...],
    host: str,
    port: int,
    user: str | None,
    password_file: Path | None,
    seed: int,
    assets: Path | None,
    **stream: Any,
) -> None:
    """Show scenarios as live RTSP cameras, without an end."""
    from vigil.sim.scenario import load_scenario  # noqa: PLC0415, no other command needs the simulator
    from vigil.simulator.live import LIVE_STREAM, LiveConfig, run_live  # noqa: PLC0415

    if (user is None) != (password_file is None):
        raise click.UsageError("--user and --password-file go together.")
    users = {user: password_file.read_text().strip()} if user is not None and password_file is not None else {}
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    die_with_supervisor()
    with _told():
        loaded = tuple(load_scenario(path) for path in scenarios)
        run_live(
            LiveConfig(
                loaded, seed, replace(_settings(**stream), preset=LIVE_STREAM.preset), host, port, users, assets
            ),
            stop,
        )


@sim.command("halls")
@click.option("--zones", is_flag=True, help="Show each camera's zones as YAML for a configuration file.")
@assets_option
def sim_halls(zones: bool, assets: Path | None) -> None:
    """List the simulator's halls, their windows and cameras."""
    from vigil.sim.world import load_world  # noqa: PLC0415, no other command needs the simulator
    from vigil.simulator import listing  # noqa: PLC0415
    from vigil.simulator.job import default_assets  # noqa: PLC0415

    with _told():
        world = load_world(assets or default_assets())
    click.echo(listing.zones(world) if zones else listing.halls(world))


def _settings(
    fps: float, size: tuple[int, int], sub: tuple[int, int] | None, codec: str, crf: int, keyframe: float
) -> StreamSettings:
    from vigil.simulator.job import StreamSettings  # noqa: PLC0415, no other command needs the simulator

    return StreamSettings(size, fps, _CODECS[codec], crf, keyframe, sub)
