from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.truth.samples import HEADER, ONE, TWO
from vigil.errors import TruthError
from vigil.model.truth import SecondTruth, Truth, WindowTruth
from vigil.truth.intervals import Interval, What, clock_time, of_truth, parse, parse_time, read, text_of, to_truth

HEAD = "window,what,from,to\n"


def parsed(*rows: str) -> tuple[Interval, ...]:
    return parse(HEAD + "\n".join(rows), HEADER, "labels.csv")


def refusal(*rows: str) -> str:
    with pytest.raises(TruthError) as error:
        parsed(*rows)
    return str(error.value)


def seconds(*rows: str) -> tuple[SecondTruth, ...]:
    return to_truth(parsed(*rows), HEADER).seconds


def test_a_second_is_as_it_is_at_its_beginning() -> None:
    found = seconds("one,staffed,0,2.5", "one,unstaffed,2.5,4")
    assert [second.windows.get(ONE) for second in found[:5]] == [
        WindowTruth(True),
        WindowTruth(True),
        WindowTruth(True),
        WindowTruth(False),
        None,
    ]


def test_time_that_no_line_covers_is_not_labelled() -> None:
    assert len(seconds("one,staffed,0,1")) == 10
    assert seconds("one,staffed,0,1")[1] == SecondTruth(1, {})


def test_unknown_says_that_the_camera_could_not_show_it() -> None:
    assert seconds("one,unknown,0,1")[0].windows == {ONE: WindowTruth(None, visible=False)}


def test_visitors_stand_beside_staff() -> None:
    found = seconds("one,unstaffed,0,3", "one,visitor,1,2", "one,no-visitor,2,3", "two,visitor,0,1")
    assert [second.windows[ONE] for second in found[:3]] == [
        WindowTruth(False, None),
        WindowTruth(False, True),
        WindowTruth(False, False),
    ]
    assert found[0].windows[TWO] == WindowTruth(None, True)


def test_the_queue_has_a_number() -> None:
    assert [(second.queue, second.queue_in_view) for second in seconds("queue,12,1,2", "queue,0,2,3")[:4]] == [
        (None, None),
        (12, 12),
        (0, 0),
        (None, None),
    ]


def test_comments_spaces_and_the_mark_of_a_spreadsheet_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"\ufeff# by Li\n\n{HEAD}one , staffed , 0 , 00:00:01.5\n,,,\n", encoding="utf-8")
    assert read(path, HEADER) == (Interval(ONE, What.STAFFED, 0.0, 1.5),)


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0.0), ("75.25", 75.25), ("00:01:15.25", 75.25), ("1:00:00", 3600.0), ("100:00:00", 36e4)]
)
def test_times_are_seconds_or_those_of_a_clock(text: str, value: float) -> None:
    assert parse_time(text) == value


@pytest.mark.parametrize("text", ["", "-1", "1:15", "00:60:00", "00:00:60", "1e3", "nan", "0x10", "1,5"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@given(st.integers(0, 10**9))
def test_a_time_is_read_as_it_was_written(milliseconds: int) -> None:
    assert parse_time(clock_time(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("three,staffed,0,1", "there is no window 'three' in this clip; there are: one, two"),
        ("one,away,0,1", "'away' is none of staffed, unstaffed, unknown, visitor, no-visitor"),
        ("one,5,0,1", "'5' is none of"),
        ("queue,staffed,0,1", "'staffed' people wait; a whole number up to 1000"),
        ("queue,-1,0,1", "'-1' people wait"),
        ("queue,1001,0,1", "'1001' people wait"),
        ("one,staffed,0:15,20", "'0:15' is no time; write seconds (75.5) or HH:MM:SS (00:01:15.5)"),
        ("one,staffed,3,3", "it ends at 3, which is not after its beginning at 3"),
        ("one,staffed,9,10.5", "it ends at 00:00:10.5, and the clip at 00:00:10"),
        ("one,staffed,1", "3 columns; expected are window,what,from,to"),
        ('one,"staffed,1,2', "unexpected end of data"),
    ],
)
def test_a_line_that_is_wrong_is_named(row: str, said: str) -> None:
    assert refusal("one,staffed,0,1", row).startswith(f"labels.csv:3: {said}")


@pytest.mark.parametrize("what", ["unstaffed", "unknown", "staffed"])
def test_two_things_at_one_time_are_an_error_with_both_lines(what: str) -> None:
    assert refusal("one,staffed,0,5", "two,unstaffed,0,5", f"one,{what},4.5,6") == (
        f"labels.csv:4: one is staffed until 00:00:05 and {what} from 00:00:04.5: this overlaps with line 2"
    )


def test_an_overlap_is_found_whatever_the_order_of_lines() -> None:
    assert refusal("queue,3,5,9", "queue,2,0,2", "queue,4,1,6").startswith("labels.csv:4: ")
    assert "overlaps with line 2" in refusal("one,visitor,3,4", "one,no-visitor,0,9")


def test_intervals_that_touch_do_not_overlap() -> None:
    assert len(parsed("one,staffed,5,6", "one,unstaffed,0,5", "one,visitor,0,9")) == 3


@pytest.mark.parametrize("text", ["", "one,staffed,0,1\n", "window,from,to,what\n"])
def test_the_table_says_what_its_columns_are(text: str) -> None:
    with pytest.raises(TruthError, match=r"labels.csv:1: the table begins with a line window,what,from,to"):
        parse(text, HEADER, "labels.csv")


def test_a_file_of_another_encoding_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(f"{HEAD}一号,staffed,0,1".encode("gbk"))
    with pytest.raises(TruthError, match="this is not UTF-8; in a spreadsheet, save it as"):
        read(path, HEADER)
    with pytest.raises(TruthError, match="cannot be read"):
        read(tmp_path / "nothing.csv", HEADER)


STAFF = st.sampled_from([What.STAFFED, What.UNSTAFFED, What.UNKNOWN, None])
VISIT = st.sampled_from([What.VISITOR, What.NO_VISITOR, None])
WAITING = st.one_of(st.none(), st.integers(0, 20))


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Interval, ...]:
    """Intervals of all lanes: cuts to the millisecond, and a state or none between two of them."""
    found = []
    for window, states in ((ONE, STAFF), (ONE, VISIT), (TWO, STAFF), (TWO, VISIT), (None, WAITING)):
        cuts = sorted(draw(st.sets(st.integers(0, 10_000), max_size=6)))
        for from_ms, to_ms in itertools.pairwise(cuts):
            what: What | int | None = draw(states)
            if what is not None:
                found.append(Interval(window, what, from_ms / 1000, to_ms / 1000))
    return tuple(found)


@given(labelled())
def test_a_table_is_read_as_it_was_written(intervals: tuple[Interval, ...]) -> None:
    again = parse(text_of(intervals), HEADER, "labels.csv")
    assert set(again) == set(intervals)
    assert text_of(again) == text_of(intervals)


@given(labelled())
def test_a_truth_survives_being_told_as_a_table(intervals: tuple[Interval, ...]) -> None:
    truth = to_truth(intervals, HEADER)
    assert to_truth(of_truth(truth), HEADER) == truth


@given(labelled(), st.integers(0, 9))
def test_each_second_says_what_covers_its_beginning_and_nothing_else(intervals: tuple[Interval, ...], t_s: int) -> None:
    second = to_truth(intervals, HEADER).seconds[t_s]
    covering = {one.lane: one.what for one in intervals if one.from_s <= t_s < one.to_s}
    told = {one.lane: one.what for one in of_truth(Truth(HEADER, (second,)))}
    assert told == covering


def test_of_a_hidden_window_the_table_says_unknown() -> None:
    hidden = SecondTruth(0, {ONE: WindowTruth(True, visible=False)})
    assert of_truth(Truth(HEADER, (hidden,))) == (Interval(ONE, What.UNKNOWN, 0, 1),)


def test_a_clip_may_end_within_a_second() -> None:
    header = replace(HEADER, seconds=9.4)
    truth = to_truth(parse(f"{HEAD}one,staffed,0,10", header, "labels.csv"), header)
    assert truth.seconds[-1] == SecondTruth(9, {ONE: WindowTruth(True)})
