from __future__ import annotations

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from vigil.queues import ByteQueue, Mailbox


def test_what_goes_in_comes_out_in_order() -> None:
    queue = ByteQueue[bytes](10, len)
    assert [queue.put(item) for item in (b"a", b"bb", b"ccc")] == [True, True, True]
    assert [queue.get(), queue.get(), queue.get(), queue.get()] == [b"a", b"bb", b"ccc", None]


def test_a_full_queue_refuses_until_something_is_taken() -> None:
    queue = ByteQueue[bytes](4, len)
    assert queue.put(b"abc")
    assert not queue.put(b"de")
    assert queue.put(b"d")
    queue.get()
    assert queue.put(b"efg")


def test_an_item_larger_than_the_queue_fits_where_nothing_else_is() -> None:
    queue = ByteQueue[bytes](2, len)
    assert queue.put(b"too large")
    assert not queue.put(b"x")


def test_what_must_not_be_lost_goes_in_always() -> None:
    queue = ByteQueue[bytes](2, len)
    queue.put(b"ab")
    assert queue.put(b"end", always=True)


def test_a_closed_queue_gives_what_it_has_and_takes_no_more() -> None:
    queue = ByteQueue[bytes](9, len)
    queue.put(b"a")
    queue.close()
    assert not queue.put(b"b")
    assert not queue.put(b"c", always=True)
    assert not queue.closed
    assert queue.get() == b"a"
    assert queue.closed
    assert queue.get() is None


@given(st.lists(st.one_of(st.integers(0, 7), st.none()), max_size=60))
def test_the_bound_holds_and_nothing_is_lost(steps: list[int | None]) -> None:
    """An integer is a put of so many bytes, None a get."""
    queue = ByteQueue[bytes](10, len)
    inside: list[bytes] = []
    for step in steps:
        if step is None:
            assert queue.get() == (inside.pop(0) if inside else None)
        elif queue.put(bytes(step)):
            inside.append(bytes(step))
        assert sum(map(len, inside)) <= 10
    assert [queue.get() for _ in inside] == inside


def woken(wait: Callable[[], object], wake: Callable[[], object]) -> bool:
    """Whether somebody who waits without a limit comes back when `wake` is called."""
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    wake()
    thread.join(10)
    return not thread.is_alive()


def test_closing_wakes_whoever_waits() -> None:
    queue = ByteQueue[bytes](1, len)
    assert woken(lambda: queue.wait(600), queue.close)
    mailbox = Mailbox[str, int]()
    assert woken(lambda: mailbox.get(600), mailbox.close)


def test_a_queue_that_is_half_full_wakes_whoever_waits() -> None:
    queue = ByteQueue[bytes](9, len)
    queue.put(b"abcd")
    assert woken(lambda: queue.wait(600), lambda: queue.put(b"e"))


def test_a_queue_that_was_half_full_before_lets_nobody_wait() -> None:
    queue = ByteQueue[bytes](8, len)
    queue.put(b"abcd")
    queue.wait(600)


def test_an_item_wakes_whoever_waits_for_a_mailbox() -> None:
    mailbox = Mailbox[str, int]()
    assert woken(lambda: mailbox.get(600), lambda: mailbox.put("a", 1))


def test_the_newest_item_of_a_key_replaces_the_older() -> None:
    mailbox = Mailbox[str, int]()
    assert mailbox.put("a", 1)
    assert not mailbox.put("a", 2)
    assert mailbox.get(0) == 2
    assert mailbox.get(0) is None


def test_no_key_is_starved_by_a_busier_one() -> None:
    mailbox = Mailbox[str, int]()
    mailbox.put("busy", 1)
    mailbox.put("quiet", 1)
    mailbox.put("busy", 2)
    assert mailbox.get(0) == 2
    mailbox.put("busy", 3)
    assert [mailbox.get(0), mailbox.get(0)] == [1, 3]


def test_a_closed_mailbox_gives_what_it_has_at_once() -> None:
    mailbox = Mailbox[str, int]()
    mailbox.put("a", 1)
    mailbox.close()
    assert mailbox.get(600) == 1
    assert mailbox.get(600) is None
