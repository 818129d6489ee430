"""What the commands share: where a configuration is named, and how errors are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from vigil.errors import ConfigError, VigilError

F = TypeVar("F", bound=Callable[..., None])


def config_option(command: F) -> F:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("-c", "--config", "file", type=path, required=True, help="Configuration file (YAML).")(command)


@contextmanager
def told(otherwise: str = "nothing was started") -> Iterator[None]:
    """Errors that vigil foresees are told in words, without a traceback."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        click.echo(f"{len(error.faults)} fault(s); {otherwise}.", err=True)
        sys.exit(1)
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error
