"""Objects that go along with a backup, and their way back into the archive."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.center.backup.evidence import (
    CLIP,
    EVIDENCE,
    FILE,
    FOOTAGE,
    PACK,
    SEGMENT,
    archive_of,
    fill,
    has,
    pull,
    put,
    sha256,
)
from tests.unit.center.backup.place import LI, Place
from tests.unit.store.samples import at
from vigil.center.backup import manifest as form
from vigil.center.backup.carry import Along
from vigil.center.backup.gather import Gatherer, Plan
from vigil.center.backup.make import Made, make
from vigil.center.backup.pool import Pool
from vigil.center.backup.restore import Restored, restore
from vigil.clock import FakeClock
from vigil.config import load
from vigil.errors import ArchiveError, BackupError
from vigil.model.register import Action
from vigil.store.named_objects import NamedObject


@dataclass
class Nights:
    """Backups of one place, one after the other; `plans` is what each said before it copied."""

    place: Place
    clock: FakeClock = field(default_factory=FakeClock)
    plans: list[Plan] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.place.folder / "backups"

    def backup(self, along: Along = Along.EVIDENCE, keep: int | None = None) -> Made:
        self.clock.advance(86400)
        return make(
            load(self.place.file), self.out, self.clock, with_key=False, keep=keep, along=along, tell=self.plans.append
        )

    def pooled(self) -> set[str]:
        return {path.name for path in (self.out / "objects").glob("??/*")}


@pytest.fixture
def nights(embedded: Place) -> Nights:
    fill(embedded)
    return Nights(embedded)


def brought_back(target: Place, backup: Path, *, check: bool = False) -> Restored:
    target.write_key()
    return restore(load(target.file), backup, FakeClock(), with_key=False, check=check)


def test_evidence_goes_along_and_is_in_the_archive_again(place: Place, target: Place) -> None:
    fill(place)
    nights = Nights(place)
    made = nights.backup()
    assert nights.plans[0].bytes == sum(map(len, EVIDENCE.values()))
    assert made.carried is not None
    assert (made.carried.count, made.carried.copied, made.carried.gone) == (4, 4, ())
    restored = brought_back(target, made.folder)
    assert restored.brought is not None
    assert (restored.brought.put, restored.brought.damaged, restored.entered) == (4, [], True)
    archive = archive_of(target)
    assert all(has(archive, key, data) for key, data in EVIDENCE.items())
    assert set(restored.missing.gone) == {SEGMENT, "segments/one.mp4"}, "footage does not go along unasked"


def test_the_commands_say_how_much_and_what_came_back(nights: Nights, empty: Place) -> None:
    done = nights.place.run("backup", "--out", nights.out, "--objects")
    assert "Of 4 objects 4 are to be copied, 0.6 MiB." in done.stderr
    assert "4 objects are with it, 4 of them copied now." in done.stderr
    backup = Path(done.stdout.strip())
    empty.write_key()
    assert "4 objects of the backup are as they were copied." in empty.run("restore", "--check", backup).stdout
    restored = empty.run("restore", backup)
    assert "4 objects of the backup are in the archive, 4 of them by this." in restored.stdout


def test_footage_goes_along_when_asked_for_and_what_the_archive_lacks_is_named(nights: Nights, empty: Place) -> None:
    made = nights.backup(Along.FOOTAGE)
    assert made.carried is not None
    assert (made.carried.count, made.carried.gone) == (5, ("segments/one.mp4",))
    brought_back(empty, made.folder)
    assert has(archive_of(empty), SEGMENT, FOOTAGE)


def test_what_an_earlier_backup_has_is_not_copied_again(nights: Nights) -> None:
    nights.backup()
    pull(nights.place, "second", b"another clip", "clips/cam/second.mp4")
    again = nights.backup()
    assert [one.key for one in nights.plans[1].wanted] == ["clips/cam/second.mp4"]
    assert again.carried is not None
    assert (again.carried.count, again.carried.copied) == (5, 1)


def test_bytes_that_are_under_two_keys_are_kept_once(nights: Nights, empty: Place) -> None:
    pull(nights.place, "second", EVIDENCE[CLIP], "clips/cam/second.mp4")
    made = nights.backup()
    assert len(nights.pooled()) == 4
    brought_back(empty, made.folder)
    assert has(archive_of(empty), "clips/cam/second.mp4", EVIDENCE[CLIP])


def test_a_backup_that_was_interrupted_goes_on_where_it_was(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_of(nights.place)
    opened = archive.open

    def fails_at_the_last(key: str, start: int = 0, length: int | None = None) -> object:
        if key == PACK:
            raise ArchiveError("the line broke")
        return opened(key, start, length)

    monkeypatch.setattr(type(archive), "open", lambda _, *arguments: fails_at_the_last(*arguments))
    with pytest.raises(ArchiveError, match="the line broke"):
        nights.backup()
    monkeypatch.undo()
    assert form.whole_backups(nights.out) == []
    nights.plans.clear()
    nights.backup()
    assert {one.key for one in nights.plans[0].there} == {FILE, CLIP}


def test_what_no_backup_names_any_more_goes_with_the_last_that_did(nights: Nights) -> None:
    nights.backup(keep=2)
    with nights.place.stores() as stores:
        (expired,) = stores.expiry.clips(at(100 * 86400), at(100 * 86400), 10)
        stores.expiry.forget_clip(expired)
    archive_of(nights.place).delete(CLIP)
    assert nights.backup(keep=2).swept == 0
    assert sha256(EVIDENCE[CLIP]) in nights.pooled()
    assert nights.backup(keep=2).swept == 1
    assert nights.pooled() == {sha256(data) for key, data in EVIDENCE.items() if key != CLIP}


def test_nothing_is_swept_while_a_list_is_not_as_it_was_written(nights: Nights) -> None:
    first = nights.backup()
    (first.folder / "objects.jsonl").write_text("")
    with pytest.raises(BackupError, match="not as it was written"):
        nights.backup(keep=2)
    assert len(nights.pooled()) == 4


def test_the_archives_altered_object_is_not_taken_for_the_one_that_the_database_names(nights: Nights) -> None:
    put(archive_of(nights.place), CLIP, b"A CLIP" * 100_000)
    made = nights.backup()
    assert made.carried is not None
    assert (made.carried.altered, made.carried.count) == ((CLIP,), 3)


@pytest.mark.parametrize("how", ["altered", "shorter", "gone"])
def test_an_object_that_is_damaged_in_the_backup_is_named_and_all_else_comes_back(
    nights: Nights, empty: Place, how: str
) -> None:
    backup = nights.backup().folder
    path = Pool(nights.out).path(sha256(EVIDENCE[CLIP]))
    data = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(b"?" + data[1:] if how == "altered" else data[:-1])
    empty.write_key()
    checked = empty.run("restore", "--check", backup)
    assert (checked.exit_code, f"damaged in the backup: {CLIP}" in checked.stderr) == (1, True)
    assert f"missing: {CLIP}" in checked.stderr
    restored = brought_back(empty, backup)
    assert restored.brought is not None
    assert (restored.brought.damaged, restored.brought.put) == ([CLIP], 3)
    with empty.stores() as stores:
        assert stores.users.all() != []


def test_what_is_in_the_archive_as_it_should_be_is_left_and_what_was_altered_is_put_right(
    nights: Nights, empty: Place
) -> None:
    backup = nights.backup().folder
    archive = archive_of(empty)
    put(archive, FILE, EVIDENCE[FILE])
    put(archive, CLIP, b"another")
    restored = brought_back(empty, backup)
    assert restored.brought is not None
    assert restored.brought.put == 3
    assert has(archive, CLIP, EVIDENCE[CLIP])


def test_a_check_leaves_the_archive_alone(nights: Nights, empty: Place) -> None:
    restored = brought_back(empty, nights.backup(Along.FOOTAGE).folder, check=True)
    assert set(restored.missing.gone) == {"segments/one.mp4"}, "what comes with the backup is not missing"
    assert list(archive_of(empty).list()) == []


def test_the_register_has_an_entry_of_the_list_and_the_head_of_the_backup_proves_it(
    nights: Nights, empty: Place
) -> None:
    made = nights.backup()
    manifest = form.read(made.folder)
    with nights.place.stores() as stores:
        last = list(stores.register.all())[-1]
    listed = manifest.file("objects.jsonl")
    assert listed is not None
    assert (last.action, last.subject) == (
        Action.BACKUP,
        f"{made.folder.name}, 4 objects, sha256 of their list {listed.sha256}",
    )
    assert manifest.register == f"{last.number}:{last.sha256}"
    assert brought_back(empty, made.folder).entered


def test_a_list_that_was_made_anew_is_found_out_by_the_register(nights: Nights, empty: Place) -> None:
    """By somebody who may write to the backup and puts each hash right, as far as the backup has it."""
    backup = nights.backup().folder
    forged = b"A forged clip"
    other = Pool(nights.out).path(sha256(forged))
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(forged)
    lists = backup / "objects.jsonl"
    lines = [json.loads(line) for line in lists.read_text().splitlines()]
    changed = [one | {"sha256": sha256(forged), "size": len(forged)} if one["key"] == CLIP else one for one in lines]
    lists.write_text("".join(json.dumps(one) + "\n" for one in changed))
    values = json.loads((backup / "manifest.json").read_text())
    made = form.describe(lists)
    values["files"] = [
        {"name": made.name, "size": made.size, "sha256": made.sha256} if one["name"] == made.name else one
        for one in values["files"]
    ]
    (backup / "manifest.json").write_text(json.dumps(values))
    empty.write_key()
    found = empty.run("restore", "--check", backup)
    assert found.exit_code == 1
    assert "The register has no entry of this list" in found.stderr


def test_what_comes_to_be_named_meanwhile_goes_along_too(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the list was entered and before the database is copied."""
    gather = Gatherer.gather

    def and_then_a_clip(gatherer: Gatherer, named: tuple[NamedObject, ...], tell: object = None) -> object:
        gathered = gather(gatherer, named)
        if tell is not None:
            pull(nights.place, "late", b"a late clip", "clips/cam/late.mp4")
        return gathered

    monkeypatch.setattr(Gatherer, "gather", and_then_a_clip)
    made = nights.backup()
    assert (made.folder / "objects-later.jsonl").read_text().count("clips/cam/late.mp4") == 1
    assert (made.folder / "objects.jsonl").read_text().count("late") == 0


def test_a_backup_without_objects_writes_nothing_into_the_register(nights: Nights) -> None:
    with nights.place.stores() as stores:
        before = list(stores.register.all())
        nights.backup(Along.NOTHING)
        assert list(stores.register.all()) == before
        stores.register.append(LI, Action.PLAY, "clip one", at=at(1))
    assert not (nights.out / "objects").exists()


def test_only_its_owner_may_read_what_went_along(nights: Nights) -> None:
    nights.out.mkdir()
    nights.out.chmod(0o755)
    nights.backup()
    assert (nights.out / "objects").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (nights.out / "objects").glob("??/*")} == {0o600}


def test_a_disk_without_room_is_told_before_anything_is_copied(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(BackupError, match="room for 1000"):
        nights.backup()
    assert nights.pooled() == set()
