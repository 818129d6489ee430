from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.truth.samples import FOOTAGE, ONE, START_AT, TWO, WITH_LANE
from vigil.errors import TruthError
from vigil.model.truth import PersonRole, Truth, TruthSource
from vigil.truth.mot import read_mot

SEQINFO = """\
[Sequence]
name=HALL-01
imDir=img1
frameRate=2
seqLength=5
imWidth=1000
imHeight=500
imExt=.jpg
"""
GT = """\
1,1,1,1,100,50,1,1,0.75
1,2,601,301,100,150,1,1,1
2,1,1,1,100,50,1,1,0.5
3,1,101,1,100,50,1,1,1
3,2,601,301,100,150,0,1,1
3,3,601,301,100,150,1,8,1
"""


def sequence(folder: Path, gt: str = GT, seqinfo: str | None = SEQINFO) -> Path:
    (folder / "gt").mkdir()
    if seqinfo is not None:
        (folder / "seqinfo.ini").write_text(seqinfo, encoding="utf-8")
    path = folder / "gt" / "gt.txt"
    path.write_text(gt, encoding="utf-8")
    return path


def refusal(folder: Path, gt: str = GT, seqinfo: str | None = SEQINFO) -> str:
    with pytest.raises(TruthError) as error:
        read_mot(sequence(folder, gt, seqinfo), FOOTAGE)
    return str(error.value).removeprefix(f"{folder}/")


def ids(truth: Truth) -> list[list[int]]:
    return [[person.id for person in second.people] for second in truth.seconds]


def test_each_second_has_the_people_of_the_frame_at_its_beginning(tmp_path: Path) -> None:
    truth = read_mot(sequence(tmp_path), FOOTAGE)
    assert [second.t_s for second in truth.seconds] == [0, 1, 2]
    assert ids(truth) == [[1, 2], [1], []]  # frames 1, 3 and 5; conf 0 and class 8 (a distractor) do not count


def test_pixels_count_from_one(tmp_path: Path) -> None:
    person = read_mot(sequence(tmp_path), FOOTAGE).seconds[0].people[0]
    assert person.box == (0.0, 0.0, 0.1, 0.1)
    assert (person.visibility, person.role) == (0.75, PersonRole.UNKNOWN)


def test_the_header_says_what_the_labels_say_of_the_clip(tmp_path: Path) -> None:
    header = read_mot(sequence(tmp_path), FOOTAGE).header
    assert (header.source, header.seconds, header.fps) == (TruthSource.MOT, 2.5, 2.0)
    assert (header.width, header.height, header.start_at, header.windows) == (1000, 500, START_AT, (ONE, TWO))


def test_the_queue_is_counted_where_a_zone_says_where_it_is(tmp_path: Path) -> None:
    gt = sequence(tmp_path)
    assert [second.queue_in_view for second in read_mot(gt, WITH_LANE).seconds] == [1, 0, 0]
    assert [second.queue_in_view for second in read_mot(gt, FOOTAGE).seconds] == [None, None, None]


def test_staffing_is_never_guessed(tmp_path: Path) -> None:
    assert all(second.windows == {} for second in read_mot(sequence(tmp_path), WITH_LANE).seconds)


def test_without_a_length_the_clip_ends_with_its_last_frame(tmp_path: Path) -> None:
    truth = read_mot(sequence(tmp_path, seqinfo=SEQINFO.replace("seqLength=5\n", "")), FOOTAGE)
    assert truth.header.seconds == 1.5


def test_the_form_of_2015_has_ten_columns(tmp_path: Path) -> None:
    truth = read_mot(sequence(tmp_path, "1,4,1,1,100,50,1,-1,-1,-1\n"), FOOTAGE)
    assert ids(truth) == [[4], [], []]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,5,1,1,10", "5 columns; expected are frame,id,x,y,w,h,conf,class,visibility"),
        ("1,5,1,1,10,ten,1,1,1", "could not convert string to float"),
        ("1,5,1,1,10,nan,1,1,1", "every column must be a finite number"),
        ("0,5,1,1,10,10,1,1,1", "frame and id are whole numbers, and frames count from 1"),
        ("1.5,5,1,1,10,10,1,1,1", "frame and id are whole numbers"),
        ("6,5,1,1,10,10,1,1,1", "frame 6, but seqinfo.ini says that there are 5"),
        ("1,5,1,1,0,10,1,1,1", "a box of 0 × 10 pixels"),
        ("1,5,1,1,10,10,1,1,7", "visibility is 7; a share between 0 and 1"),
        ("1,2,1,1,10,10,1,1,1", "frame 1 has person 2 twice; the first is in line 2"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: str, said: str) -> None:
    assert refusal(tmp_path, GT + line + "\n").startswith(f"gt/gt.txt:7: {said}")


def test_a_file_without_lines_is_no_empty_hall(tmp_path: Path) -> None:
    assert refusal(tmp_path, "\n") == "gt/gt.txt: there is no line in it"


@pytest.mark.parametrize(
    ("seqinfo", "said"),
    [
        (None, "seqinfo.ini: cannot be read"),
        (SEQINFO.replace("imWidth=1000\n", ""), "seqinfo.ini: imWidth is missing; write imWidth=…"),
        (SEQINFO.replace("frameRate=2", "frameRate=fast"), "seqinfo.ini:4: frameRate is 'fast'; a number above 0"),
        (SEQINFO.replace("imHeight=500", "imHeight=0"), "seqinfo.ini:7: imHeight is '0'"),
    ],
)
def test_the_sequence_must_be_described(tmp_path: Path, seqinfo: str | None, said: str) -> None:
    assert refusal(tmp_path, seqinfo=seqinfo).startswith(said)
