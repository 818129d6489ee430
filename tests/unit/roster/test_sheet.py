"""Files: CSV as Excel saves it here and elsewhere, workbooks as others write them, and what is none."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.roster.samples import GOOD, HEAD, csv_of, xlsx_of
from vigil.errors import RosterError
from vigil.report.sheet import workbook
from vigil.roster.faults import FileFault
from vigil.roster.sheet import MOST_ROWS, lines
from vigil.roster.xlsx import MOST_PART_BYTES

ENGLISH = ("Hall", "WINDOW", "from", "to", "kind", "reason")


def cells(data: bytes) -> list[tuple[int, list[str]]]:
    return [(line.number, list(line.cells.values())) for line in lines(data)]


def fault(data: bytes) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(RosterError) as caught:
        lines(data)
    return caught.value.fault, caught.value.right


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_as_spreadsheets_save_it(encoding: str) -> None:
    assert cells(csv_of(GOOD, encoding=encoding)) == [(2, list(GOOD))]


def test_columns_in_any_order_in_english_and_with_others_between() -> None:
    row = ("x", *reversed(GOOD))
    assert cells(csv_of(row, head=("工号", *reversed(ENGLISH)))) == [(2, list(GOOD))]


def test_a_row_is_where_it_begins_and_what_says_nothing_is_left_out() -> None:
    untold = ("公安分厅", "2号窗口", "", " ", "", "")
    several = (*GOOD[:5], '"一行\r\n又一行"')
    assert cells(csv_of(untold, several, ("", "", "", "", "", ""), GOOD)) == [
        (3, [*GOOD[:5], "一行\r\n又一行"]),
        (6, list(GOOD)),
    ]


def test_a_workbook_of_openpyxl_with_dates_numbers_and_texts() -> None:
    row = ("公安分厅", 1, datetime(2026, 3, 3, 8, 30), date(2026, 3, 4), "请假", None)
    text = ("公安分厅", "1", "2026-03-03 08:30:00", "2026-03-04", "请假", "")
    assert cells(xlsx_of(row)) == [(2, list(text))]


@pytest.mark.parametrize(
    ("number_format", "said"),
    [
        ("yyyy/m/d h:mm", "2026-03-03 00:00:00"),
        ('yyyy"年"m"月"d"日"', "2026-03-03"),
        ('"h"yyyy/m/d', "2026-03-03"),
        ("[$-804]yyyy-mm-dd", "2026-03-03"),
    ],
)
def test_a_day_is_a_day_where_no_time_of_it_is_shown(number_format: str, said: str) -> None:
    row = (*GOOD[:2], date(2026, 3, 3), *GOOD[3:])
    assert cells(xlsx_of(row, C2=number_format))[0][1][2] == said


def test_a_day_with_a_time_behind_it_that_is_not_shown_has_it() -> None:
    row = (*GOOD[:2], datetime(2026, 3, 3, 8, 30), *GOOD[3:])
    assert cells(xlsx_of(row, C2="yyyy-mm-dd"))[0][1][2] == "2026-03-03 08:30:00"


def test_our_own_template_filled_in_is_read() -> None:
    book = workbook(
        "排班", HEAD, [["公安分厅", "2号窗口", *[""] * 4], [*GOOD[:2], datetime(2026, 3, 3, 8, 30), *GOOD[3:]]]
    )
    assert cells(book) == [(3, [*GOOD[:2], "2026-03-03 08:30:00", *GOOD[3:]])]


def test_what_is_wrong_with_a_file_is_said() -> None:
    assert fault(b"") == (FileFault.NO_HEAD, HEAD)
    assert fault(csv_of(GOOD, head=("分厅", "窗口", "起", "", "类别", "事由"))) == (FileFault.NO_HEAD, ("止",))
    assert fault(csv_of()) == (FileFault.NO_ROWS, ())
    assert fault(csv_of(*[GOOD] * (MOST_ROWS + 1))) == (FileFault.TOO_MANY_ROWS, (str(MOST_ROWS),))
    assert fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") == (FileFault.OLD_WORKBOOK, ())
    assert fault(b"\x89PNG\r\n\x1a\n\0\0") == (FileFault.NO_TABLE, ())
    assert fault(csv_of((*GOOD[:5], '"open'))) == (FileFault.NO_TABLE, ())


def packed(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return file.getvalue()


WHOLE = xlsx_of(GOOD)
BOMB = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><workbook><sheet id="&c;"/></workbook>'


@pytest.mark.parametrize(
    "data",
    [
        packed(),
        packed(xl__workbook="<workbook/>"),
        packed(xl__workbook=BOMB),
        packed(xl__workbook="<workbook>" + " " * MOST_PART_BYTES + "</workbook>"),
        xlsx_of(GOOD)[:-40],
    ],
    ids=["empty", "no sheet", "a document type", "more than it may unpack to", "cut short"],
)
def test_a_workbook_that_is_none_is_refused(data: bytes) -> None:
    assert fault(data) == (FileFault.NO_TABLE, ())


def outcome(data: bytes) -> str:
    """ "lines", or the fault."""
    try:
        lines(data)
    except RosterError as error:
        return error.fault
    return "lines"


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda noise: WHOLE[:700] + noise))
def test_whatever_comes_is_lines_or_a_fault(data: bytes) -> None:
    assert outcome(data) in {"lines", *FileFault}


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_lines_or_a_fault(place: int, noise: bytes) -> None:
    assert outcome(WHOLE[:place] + noise + WHOLE[place + len(noise) :]) in {"lines", *FileFault}
