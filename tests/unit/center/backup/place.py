"""Where a centre stands whose database and archive are backed up, or to which they are brought back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from click.testing import CliRunner, Result

from tests.postgres import PASSWORD, PostgresServer
from tests.unit.config.files import GOOD
from tests.unit.store.samples import segment
from vigil import cli
from vigil.archive.folder import FolderStore
from vigil.center.sections import open_database
from vigil.config import load
from vigil.model.people import Role, everywhere
from vigil.store.stores import Stores
from vigil.store.users import User

OBJECTS = "objects: {folder: objects}"
KEY = "k" * 64
LI = User("li", "李明", "政务服务中心", everywhere(Role.INVESTIGATOR))


@dataclass
class Place:
    """A folder with a configuration; its key of second factors is in `sealing.key`."""

    folder: Path
    server: PostgresServer | None
    archive: str = OBJECTS

    def __post_init__(self) -> None:
        self.folder.mkdir()
        section = "identity: {key: {file: secrets/sealing.key}}"
        if self.server is not None:
            address = self.server.address(self.server.create())
            section += f"\n  database: {{url: '{address}', password: {{file: db.password}}}}"
            (self.folder / "db.password").write_text(PASSWORD)
        self.file.write_text(GOOD.replace(OBJECTS, f"{self.archive}\n  {section}"), encoding="utf-8")

    @property
    def file(self) -> Path:
        return self.folder / "vigil.yaml"

    @property
    def key(self) -> Path:
        return self.folder / "secrets" / "sealing.key"

    def write_key(self, key: str = KEY) -> None:
        self.key.parent.mkdir(exist_ok=True)
        self.key.write_text(key)

    @contextmanager
    def stores(self) -> Iterator[Stores]:
        with closing(open_database(load(self.file))) as database:
            yield Stores.over(database)

    def run(self, command: str, *arguments: str | Path) -> Result:
        return CliRunner().invoke(cli.main, [command, "-c", str(self.file), *map(str, arguments)])

    def backup(self, *options: str) -> Path:
        done = self.run("backup", "--out", self.folder / "backups", *options)
        assert done.exit_code == 0, done.output
        return Path(done.stdout.strip())


def kept_objects(place: Place) -> None:
    store = FolderStore(place.folder / "objects")
    for key, data in (("snapshots/alert-1.jpg", b"jpeg"), ("segments/one.mp4", bytes(segment(1).size))):
        store.put(key, BytesIO(data), size=len(data), sha256=hashlib.sha256(data).hexdigest())
