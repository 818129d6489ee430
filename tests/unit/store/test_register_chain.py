from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.store.samples import at
from tests.unit.store.test_register import LI
from vigil.model.ids import CameraId
from vigil.model.register import Action, Entry
from vigil.store.register_chain import FIRST, Head, link, verify
from vigil.store.stores import Stores

TIME = datetime(2026, 3, 2, 1, 2, 3, 4, tzinfo=UTC)
ENTRY = Entry(1, TIME, "li", "李明", "中心", Action.PULL, "clip c1", "投诉", CameraId("cam"))


def chained(count: int) -> tuple[list[Entry], Head]:
    entries, sha256 = [], FIRST
    for number in range(1, count + 1):
        entry = replace(ENTRY, number=number, subject=f"clip {number}")
        sha256 = link(sha256, entry)
        entries.append(replace(entry, sha256=sha256))
    return entries, Head(count, sha256)


def test_the_link_is_what_its_description_says() -> None:
    """Written out, so that another program can be made after it."""
    text = (
        '{"action":"pull","at":"2026-03-02T01:02:03.000004+00:00","camera":"cam","name":"李明","number":1,'
        '"reason":"投诉","subject":"clip c1","unit":"中心","username":"li"}'
    )
    assert link("ab", ENTRY) == hashlib.sha256(f"ab\n{text}".encode()).hexdigest()


def test_the_zone_in_which_a_time_is_told_changes_nothing() -> None:
    there = replace(ENTRY, at=TIME.astimezone(timezone(timedelta(hours=8))))
    assert link("", there) == link("", ENTRY)


def test_a_whole_chain() -> None:
    entries, head = chained(5)
    assert verify(entries, head).fault is None
    assert verify([], Head(0, FIRST)).fault is None


@pytest.mark.parametrize(
    "change",
    [
        {"reason": None},
        {"reason": ""},
        {"subject": "clip 30"},
        {"username": "wang"},
        {"name": "x"},
        {"unit": "x"},
        {"action": Action.PLAY},
        {"camera": None},
        {"at": TIME + timedelta(microseconds=1)},
    ],
)
def test_whatever_is_changed_is_found(change: dict[str, Any]) -> None:
    entries, head = chained(5)
    entries[2] = replace(entries[2], **change)
    verdict = verify(entries, head)
    assert (verdict.entries, verdict.fault) == (2, "entry 3 is not what was entered")


@given(st.integers(1, 8), st.data())
def test_an_entry_that_is_gone_is_found_wherever_it_was(count: int, data: st.DataObject) -> None:
    entries, head = chained(count)
    gone = data.draw(st.integers(1, count))
    verdict = verify([entry for entry in entries if entry.number != gone], head)
    assert verdict.entries == gone - 1
    expected = f"entry {gone} is missing" if gone < count else f"ends at entry {count - 1} and not at {count}"
    assert expected in (verdict.fault or "")


def test_an_end_that_was_cut_off_with_its_head_is_found_by_a_head_that_was_kept() -> None:
    entries, head = chained(5)
    shorter, its_head = entries[:3], Head(3, entries[2].sha256)
    assert verify(shorter, its_head).fault is None
    assert verify(shorter, its_head, kept=[head]).fault == "entry 5, whose hash was kept, is missing"


def test_a_chain_made_anew_is_found_by_a_head_that_was_kept() -> None:
    entries, _ = chained(5)
    forged, sha256 = [], FIRST
    for entry in entries:
        sha256 = link(sha256, replace(entry, reason="x"))
        forged.append(replace(entry, reason="x", sha256=sha256))
    head = Head(5, sha256)
    assert verify(forged, head).fault is None
    kept = Head(3, entries[2].sha256)
    assert verify(forged, head, kept=[kept]).fault == "entry 3 is not the one whose hash was kept"


def test_a_head_as_text() -> None:
    head = Head(7, "ab" * 32)
    assert Head.of(str(head)) == head
    for text in ("7", "x:" + "ab" * 32, "7:ab", ""):
        with pytest.raises(ValueError, match="is no head"):
            Head.of(text)


def test_the_store_makes_it(stores: Stores) -> None:
    for number in range(5):
        stores.register.append(LI, Action.PLAY, f"clip {number}", at=at(number), camera=CameraId("c"))
    entries = list(stores.register.all())
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert verify(entries, stores.register.head()).fault is None
    assert stores.register.head() == Head(5, entries[-1].sha256)


def test_entries_of_many_threads_make_one_chain(stores: Stores) -> None:
    def append(name: int) -> None:
        for number in range(10):
            stores.register.append(LI, Action.PLAY, f"clip {name}-{number}", at=at(number))

    threads = [threading.Thread(target=append, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(stores.register.all(), stores.register.head())
    assert (verdict.entries, verdict.fault) == (40, None)


def test_an_entry_of_a_transaction_that_failed_leaves_no_hole(stores: Stores) -> None:
    stores.register.append(LI, Action.PLAY, "clip 1", at=at(0))
    with pytest.raises(RuntimeError), stores.database.write():
        stores.register.append(LI, Action.PLAY, "clip 2", at=at(0))
        raise RuntimeError
    stores.register.append(LI, Action.PLAY, "clip 3", at=at(0))
    verdict = verify(stores.register.all(), stores.register.head())
    assert (verdict.entries, verdict.fault) == (2, None)


def test_two_entries_in_one_transaction(stores: Stores) -> None:
    with stores.database.write():
        stores.register.append(LI, Action.PLAY, "clip 1", at=at(0))
        stores.register.append(LI, Action.PLAY, "clip 2", at=at(0))
    verdict = verify(stores.register.all(), stores.register.head())
    assert (verdict.entries, verdict.fault) == (2, None)
