from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.notify.samples import ID, SITE, T0, URL, alert, at, due, many, message
from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.ids import GroupId, WindowId
from vigil.model.looks import Unknown
from vigil.model.notices import Due, Language, Stage
from vigil.model.people import Role
from vigil.model.site import Site
from vigil.notify.dictionary import EN, ZH
from vigil.notify.message import MOST_ITEMS, Draughtsman, from_plain, to_plain
from vigil.notify.text import cut, json_size, text_of, utf8_size

QUEUE: dict[str, Any] = {
    "kind": AlertKind.QUEUE_BUILDUP,
    "window": None,
    "group": GroupId("ga-1"),
    "facts": {
        "waiting": 12,
        "staffed": 2,
        "in_service": 5,
        "unknown": 1,
        "empty_windows": ["ga-w-1", "ga-w-2"],
        "wait_s": 700.0,
        "wait_low_s": 490.0,
        "wait_high_s": 1101.0,
    },
}
FAULT: dict[str, Any] = {"kind": AlertKind.CAMERA_FAULT, "window": None, "facts": {"why": "no-signal"}}
UNSERVED: dict[str, Any] = {"kind": AlertKind.UNSERVED_VISITOR, "facts": {"waited_s": 60.0, "absent_s": 90.0}}
OVER: dict[str, Any] = {"revision": 2, "ended_at": at(180), "end_reason": EndReason.RESOLVED}


def line(one: Due, language: Language = Language.ZH) -> str:
    return message(one, language=language).items[0].text


@pytest.mark.parametrize(
    ("one", "zh", "en"),
    [
        (
            due(),
            "窗口疑似离岗｜公安分厅 1号窗口｜未见工作人员 5 分钟｜03-02 08:55 起｜线索，待人工核实",
            "window possibly unstaffed | 公安分厅 1号窗口 | no staff seen for 5 min | since 03-02 08:55"
            " | a candidate, for a person to confirm",
        ),
        (
            due(**UNSERVED),
            "有人等候、窗口疑似无人｜公安分厅 1号窗口｜群众已等候 1 分钟，未见工作人员 2 分钟｜03-02 08:55 起｜线索，待人工核实",
            "visitor waiting, window possibly unstaffed | 公安分厅 1号窗口 | visitor waiting for 1 min, no staff seen for 2 min"
            " | since 03-02 08:55 | a candidate, for a person to confirm",
        ),
        (
            due(facts={"present": 1, "required": 2, "absent_s": 300}),
            "窗口疑似人员不足｜公安分厅 1号窗口｜应在岗 2 人，见到 1 人｜03-02 08:55 起｜线索，待人工核实",
            "window possibly short-staffed | 公安分厅 1号窗口 | 1 of 2 clerks seen | since 03-02 08:55"
            " | a candidate, for a person to confirm",
        ),
        (
            due(**QUEUE),
            "排队积压｜公安分厅 户籍业务｜12 人等候，5 个窗口中 2 个疑似无人，1 个状态未知，预计等候 8–19 分钟"
            "｜03-02 08:55 起｜线索，待人工核实",
            "queue build-up | 公安分厅 户籍业务 | 12 waiting, 2 of 5 windows possibly unstaffed, 1 unknown,"
            " estimated wait 8–19 min | since 03-02 08:55 | a candidate, for a person to confirm",
        ),
        (
            due(**FAULT),
            "摄像机故障｜公安分厅 柜台摄像机｜画面丢失，期间窗口情况未知，不作离岗判断｜03-02 08:55 起",
            "camera fault | 公安分厅 柜台摄像机 | no signal, its windows are unknown meanwhile, not absent | since 03-02 08:55",
        ),
        (
            due(escalated_at=at(60)),
            "升级：窗口疑似离岗｜公安分厅 1号窗口｜未见工作人员 5 分钟｜03-02 08:55 起｜线索，待人工核实",
            "Escalated: window possibly unstaffed | 公安分厅 1号窗口 | no staff seen for 5 min | since 03-02 08:55"
            " | a candidate, for a person to confirm",
        ),
        (
            due(**OVER),
            "结束：窗口疑似离岗｜公安分厅 1号窗口｜03-02 08:55 至 03-02 09:03｜已恢复｜线索，待人工核实",
            "Over: window possibly unstaffed | 公安分厅 1号窗口 | 03-02 08:55 to 03-02 09:03 | resolved"
            " | a candidate, for a person to confirm",
        ),
        (
            due(alert(**OVER | {"end_reason": EndReason.LOST_SIGHT}), AlertState.CONFIRMED, backfilled=True),
            "结束：窗口离岗｜公安分厅 1号窗口｜03-02 08:55 至 03-02 09:03｜画面不可见，之后情况未知｜经人工确认｜补传",
            "Over: window unstaffed | 公安分厅 1号窗口 | 03-02 08:55 to 03-02 09:03 | lost sight, unknown from then on"
            " | confirmed by a person | sent late",
        ),
        (
            replace(due(escalated_at=at(60)), passed_to=Role.SUPERVISOR),
            "逾期未处理，已转主管：窗口疑似离岗｜公安分厅 1号窗口｜未见工作人员 5 分钟｜03-02 08:55 起｜线索，待人工核实",
            "Overdue, passed to supervisors: window possibly unstaffed | 公安分厅 1号窗口 | no staff seen for 5 min"
            " | since 03-02 08:55 | a candidate, for a person to confirm",
        ),
        (
            due(alert(), AlertState.DISMISSED),
            "窗口疑似离岗｜公安分厅 1号窗口｜未见工作人员 5 分钟｜03-02 08:55 起｜经人工排除",
            "window possibly unstaffed | 公安分厅 1号窗口 | no staff seen for 5 min | since 03-02 08:55 | dismissed by a person",
        ),
    ],
)
def test_what_is_said(one: Due, zh: str, en: str) -> None:
    assert line(one) == zh
    assert line(one, Language.EN) == en


@pytest.mark.parametrize("kind", [AlertKind.WINDOW_UNSTAFFED, AlertKind.UNSERVED_VISITOR])
@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.DISMISSED])
@pytest.mark.parametrize("facts", [{"absent_s": 300}, {"present": 1, "required": 2}, {}])
def test_what_nobody_confirmed_is_a_possibility(
    kind: AlertKind, state: AlertState, facts: dict[str, str | int | float | list[str] | None]
) -> None:
    one = due(alert(kind=kind, facts=facts), state)
    assert "疑似" in line(one)
    assert "possibly" in line(one, Language.EN)


@pytest.mark.parametrize("why", ["no-signal", "frozen", "dark", "occluded", "moved", "defocused", None])
def test_what_could_not_be_seen_is_unknown_and_no_absence(why: str | None) -> None:
    told = line(due(**FAULT | {"facts": {"why": why}}))
    assert "未知" in told
    assert "无人" not in told
    assert "疑似" not in told


def test_both_languages_have_every_reason_that_a_camera_can_have() -> None:
    of_places = {"hidden", "doubtful", "closed", "calendar", "unsettled", "undecided"}
    for words in (ZH, EN):
        assert words.why.keys() | of_places == {str(why) for why in Unknown} | {"clock-drift"}


def test_the_urgent_stands_first_and_what_is_over_last() -> None:
    dues = (
        due(name="over", **OVER),
        due(name="fault", **FAULT),
        due(name="old"),
        due(name="new", raised_at=at(9)),
        due(name="escalated", escalated_at=at(60)),
        due(name="unserved", **UNSERVED),
    )
    drawn = message(*dues)
    assert [item.alert for item in drawn.items] == ["escalated", "unserved", "new", "old", "fault", "over"]


def test_what_is_overdue_stands_with_the_escalated_and_says_to_whom_it_went() -> None:
    drawn = message(due(name="new"), replace(due(name="overdue", **UNSERVED), passed_to=Role.SUPERVISOR))
    assert [(item.alert, item.stage, item.passed_to) for item in drawn.items] == [
        ("overdue", Stage.OVERDUE, Role.SUPERVISOR),
        ("new", Stage.RAISED, None),
    ]


def test_a_message_of_an_earlier_vigil_can_still_be_sent() -> None:
    plain = to_plain(message())
    for item in plain["items"]:
        del item["passed_to"]
    assert from_plain(plain) == message()


def test_the_title_names_the_hall_where_there_is_one() -> None:
    assert message(due(), due(name="b")).title == "【分厅告警】公安分厅：2 条"
    assert message(due(), due(name="b", hall="rs")).title == "【分厅告警】梅州市政务服务中心：2 条"


def test_a_robot_that_wants_a_keyword_finds_it_in_every_message() -> None:
    for drawn in (message(), Draughtsman(SITE, None).test(ID, T0, Language.ZH)):
        assert "告警" in drawn.title


def test_what_left_the_configuration_is_named_by_its_id() -> None:
    assert "rs w-gone" in line(due(alert(hall="rs-gone", window=WindowId("w-gone")))).replace("rs-gone", "rs")


def test_a_name_of_several_lines_makes_no_header_of_a_mail() -> None:
    hall = replace(SITE.halls[0], name="公安\r\nBcc: x@example")
    drawn = Draughtsman(replace(SITE, halls=(hall,)), URL).about(ID, (due(),), T0, Language.ZH)
    assert drawn.title == "【分厅告警】公安 Bcc: x@example：1 条"
    assert "\n" not in drawn.items[0].text


def test_links_only_where_people_can_follow_them() -> None:
    assert message().items[0].link == f"{URL}/alerts/alert-1"
    drawn = message(url=None)
    assert (drawn.link, drawn.items[0].link) == (None, None)
    assert "\n" not in text_of(drawn, 2048).split("\n", 1)[1]


def test_the_database_gives_back_what_was_drawn() -> None:
    overdue = replace(due(name="d"), passed_to=Role.SUPERVISOR)
    drawn = message(due(**QUEUE), due(name="b", **OVER), due(name="c", **FAULT), overdue)
    assert from_plain(json.loads(json.dumps(to_plain(drawn)))) == drawn


def test_the_whole_text() -> None:
    assert text_of(message(), 2048) == (
        "【分厅告警】公安分厅：1 条\n"
        "窗口疑似离岗｜公安分厅 1号窗口｜未见工作人员 5 分钟｜03-02 08:55 起｜线索，待人工核实\n"
        "https://vigil.example/alerts/alert-1"
    )


def test_what_does_not_fit_is_counted() -> None:
    lines = text_of(many(30), 2048).split("\n")
    items = [text for text in lines if text.startswith("窗口")]
    assert lines[-2:] == [f"还有 {30 - len(items)} 条", f"{URL}/alerts"]
    assert len(items) > 5


def test_a_message_counts_what_it_holds_no_item_of() -> None:
    drawn = many(MOST_ITEMS + 7)
    assert (len(drawn.items), drawn.more) == (MOST_ITEMS, 7)
    assert "还有 7 条" in text_of(drawn, 1_000_000)


@given(
    count=st.integers(0, 40),
    most=st.integers(0, 3000),
    name=st.text(max_size=300),
    by=st.sampled_from([utf8_size, json_size]),
    url=st.sampled_from([URL, None]),
)
def test_no_text_is_ever_too_long(count: int, most: int, name: str, by: object, url: str | None) -> None:
    size = utf8_size if by is utf8_size else json_size
    site = Site(name=name, halls=(replace(SITE.halls[0], name=name),))
    dues = [due(name=f"a-{number}") for number in range(count)]
    draughtsman = Draughtsman(site, url)
    drawn = draughtsman.about(ID, dues, T0, Language.ZH) if dues else draughtsman.test(ID, T0, Language.ZH)
    text = text_of(drawn, most, size)
    assert size(text) <= most or text == ""


@given(st.text(), st.integers(0, 200))
def test_a_cut_is_a_beginning_and_as_long_as_may_be(text: str, most: int) -> None:
    shorter = cut(text, most)
    if utf8_size(text) <= most:
        assert shorter == text
    elif shorter:
        kept = shorter.removesuffix("…")
        assert text.startswith(kept)
        assert utf8_size(shorter) <= most < utf8_size(text[: len(kept) + 1] + "…")
    else:
        assert most < utf8_size("…")
