from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.unit.uplink.samples import T0
from vigil import metrics
from vigil.errors import StoreError
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import MOST_ASIDE, Outbox


def ids(outbox: Outbox) -> list[str]:
    return [record.id for record in outbox.pending(0, 1000)]


def test_what_goes_in_comes_out_in_order(outbox: Outbox) -> None:
    for name in ("c", "a", "b"):
        outbox.put(name, "gap", T0, {"name": name, "text": "窗口"})
    first, second, third = outbox.pending(0, 10)
    assert (first.id, second.id, third.id) == ("c", "a", "b")
    assert first.seq < second.seq < third.seq
    assert (first.kind, first.made_at, first.body, first.backfilled) == (
        "gap",
        T0,
        {"name": "c", "text": "窗口"},
        False,
    )
    assert [record.id for record in outbox.pending(first.seq, 1)] == ["a"]


def test_the_same_id_again_replaces_what_waits_under_a_new_number(outbox: Outbox) -> None:
    outbox.put("x", "alert", T0, {"revision": 1})
    old = outbox.pending(0, 1)[0].seq
    outbox.put("y", "alert", T0, {})
    outbox.put("x", "alert", T0, {"revision": 2})
    assert ids(outbox) == ["y", "x"]
    outbox.acknowledge([old])  # of the one that was replaced on its way
    assert [(record.id, record.body) for record in outbox.pending(0, 10)] == [("y", {}), ("x", {"revision": 2})]


def test_what_is_acknowledged_goes_and_nothing_else(outbox: Outbox) -> None:
    for name in "abc":
        outbox.put(name, "gap", T0, {})
    seqs = [record.seq for record in outbox.pending(0, 10)]
    outbox.acknowledge([seqs[0], seqs[2], 999])
    outbox.acknowledge([seqs[0]])
    assert ids(outbox) == ["b"]


def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    database = LocalDatabase(tmp_path / "node.db")
    first = Outbox(database, max_bytes=1000)
    first.put("a", "alert", T0, {"x": 1})
    first.acknowledge([first.pending(0, 1)[0].seq])
    first.put("b", "alert", T0, {"x": 2})
    seq = first.pending(0, 1)[0].seq
    database.close()
    again = LocalDatabase(tmp_path / "node.db")
    assert [(record.id, record.seq) for record in Outbox(again, max_bytes=1000).pending(0, 9)] == [("b", seq)]
    Outbox(again, max_bytes=1000).put("c", "alert", T0, {})
    assert Outbox(again, max_bytes=1000).pending(seq, 9)[0].id == "c"  # numbers are never used twice
    again.close()


def test_a_full_outbox_loses_observations_and_nothing_else(database: LocalDatabase) -> None:
    outbox = Outbox(database, max_bytes=2000)
    outbox.put("alert", "alert", T0, {"x": "y" * 500})
    outbox.put("gap", "gap", T0, {"x": "y" * 500})
    for number in range(40):
        outbox.put(f"observation-{number}", "observation", T0, {"x": "y" * 100})
    left = ids(outbox)
    assert left[:2] == ["alert", "gap"]
    assert len(left) < 20
    for number in range(20):
        outbox.put(f"alert-{number}", "alert", T0, {"x": "y" * 500})
    assert [name for name in ids(outbox) if name.startswith("observation")] == []
    assert len(ids(outbox)) == 22


def test_a_full_outbox_loses_minutes_before_observations(database: LocalDatabase) -> None:
    outbox = Outbox(database, max_bytes=2500)
    for number in range(10):
        outbox.put(f"observation-{number}", "observation", T0, {"x": "y" * 100})
    for number in range(40):
        outbox.put(f"minutes-{number}", "minutes", T0, {"x": "y" * 100})
    left = ids(outbox)
    assert left[:10] == [f"observation-{number}" for number in range(10)]
    assert len(left) < 30


def test_kinds_that_are_not_asked_for_stay_where_they_are(outbox: Outbox) -> None:
    for kind in ("gap", "minutes", "alert"):
        outbox.put(kind, kind, T0, {})
    assert [record.id for record in outbox.pending(0, 2, ("alert", "gap"))] == ["gap", "alert"]
    assert ids(outbox) == ["gap", "minutes", "alert"]


def test_the_bound_counts_what_an_earlier_process_left(tmp_path: Path) -> None:
    database = LocalDatabase(tmp_path / "node.db")
    Outbox(database, max_bytes=10_000).put("old", "observation", T0, {"x": "y" * 1000})
    Outbox(database, max_bytes=500).put("new", "alert", T0, {})
    assert ids(Outbox(database, max_bytes=500)) == ["new"]
    database.close()


def test_what_the_centre_declines_is_set_aside(database: LocalDatabase, outbox: Outbox) -> None:
    before = metrics.records_declined.labels("gap")._value.get()
    outbox.put("bad", "gap", T0, {})
    outbox.put("good", "gap", T0, {})
    seq = outbox.pending(0, 1)[0].seq
    outbox.set_aside(seq, "not of this node")
    outbox.set_aside(seq, "again")
    outbox.set_aside(999, "never was")
    assert ids(outbox) == ["good"]
    assert outbox.aside() == [("bad", "not of this node")]
    assert metrics.records_declined.labels("gap")._value.get() == before + 1
    assert Outbox(database, max_bytes=1000).aside() == [("bad", "not of this node")]


def test_what_is_set_aside_is_bounded(outbox: Outbox) -> None:
    for number in range(MOST_ASIDE + 3):
        outbox.put(f"r{number}", "gap", T0, {})
        outbox.set_aside(outbox.pending(0, 1)[0].seq, "no")
    assert len(outbox.aside()) == MOST_ASIDE
    assert outbox.aside()[0][0] == "r3"


def test_the_count_is_right_whatever_threads_do(outbox: Outbox) -> None:
    def work(name: str) -> None:
        for number in range(30):
            outbox.put(f"{name}-{number % 7}", "gap", T0, {"x": "y" * number})
            outbox.acknowledge([record.seq for record in outbox.pending(0, 2)])

    threads = [threading.Thread(target=work, args=(str(index),)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.acknowledge([record.seq for record in outbox.pending(0, 1000)])
    assert outbox._bytes == 0
    assert metrics.outbox_records._value.get() == 0


def test_a_failing_disk_changes_nothing_and_says_so(database: LocalDatabase, outbox: Outbox) -> None:
    outbox.put("a", "gap", T0, {"x": "y"})
    held = outbox._bytes
    with database.write() as connection:
        connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="node's database"):
        outbox.put("b", "gap", T0, {})
    with pytest.raises(StoreError):
        outbox.acknowledge([1])
    with database.read() as connection:
        connection.execute("PRAGMA query_only = OFF")
    assert (ids(outbox), outbox._bytes) == (["a"], held)
    outbox.put("b", "gap", T0, {})
    assert ids(outbox) == ["a", "b"]
