"""Where machines are let loose: the filled site, fresh for each test, behind one application and its document."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from tests.postgres import PostgresServer
from tests.unit.gateway.contents import Contents, desk, fill, plan
from tests.unit.gateway.test_stills import FakeStills
from tests.unit.gateway.world import TWO_HALLS, World, make_world, populate
from vigil.gateway.deps import ACCOUNT_TRIES
from vigil.gateway.playbacks import Playbacks
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.throttle import Throttle

HOST: Final = "http://testserver"
"""Under which schemathesis calls an application."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """`server` is None where databases are files."""

    world: World
    contents: Contents
    schema: BaseSchema
    template: str
    server: PostgresServer | None = None

    @classmethod
    def make(cls, folder: Path, server: PostgresServer | None) -> Grounds:
        template = str(folder / "template.db") if server is None else server.create()
        database = Database(_url(template, server))
        populate(database)
        world = make_world(folder, database, site=TWO_HALLS)
        world = _with(world, notices=desk(world), retention=lambda: plan(world), stills=FakeStills())
        contents = fill(world)
        world.deps.events.close()  # so that an event stream ends
        database.close()
        config = SchemathesisConfig.from_dict({"seed": 1})
        return cls(
            world, contents, schemathesis.openapi.from_dict(world.app.openapi(), config=config), template, server
        )

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[World]:
        """The site as it was filled. Objects of the archive are those of all."""
        name = self._copy(folder)
        database = Database(_url(name, self.server))
        try:
            yield _with(
                self.world,
                stores=Stores.over(database),
                playbacks=Playbacks(),
                throttle=Throttle(),
                account_throttle=Throttle(ACCOUNT_TRIES),
            )
        finally:
            database.close()
            if self.server is not None:
                self.server.drop(name)

    def _copy(self, folder: Path) -> str:
        if self.server is not None:
            return self.server.create(template=self.template)
        return str(shutil.copy(self.template, folder / "vigil.db"))


def _url(name: str, server: PostgresServer | None) -> str:
    return f"sqlite:///{name}" if server is None else server.url(name)


def _with(world: World, **changes: Any) -> World:
    deps = replace(world.deps, **changes)
    world.app.state.deps = deps
    return replace(world, deps=deps, stores=deps.stores)
