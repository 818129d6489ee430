from __future__ import annotations

import pytest

from vigil.model.ids import HallId
from vigil.model.people import ALL_HALLS, NO_HALLS, PERMISSIONS, Grant, Halls, Permission, Rights, Role, require_sound

GA, RS = HallId("ga"), HallId("rs")
HALLS = (GA, RS)


@pytest.mark.parametrize("text", ["operator", "supervisor@ga", "hall@rs"])
def test_a_grant_is_its_text(text: str) -> None:
    assert str(Grant.parse(text)) == text


@pytest.mark.parametrize("text", ["", "king", "operator@", "@ga", "Operator"])
def test_what_is_no_grant_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="One of operator"):
        Grant.parse(text)


def test_halls_are_joined_and_cut() -> None:
    ga, rs = Halls(frozenset({GA})), Halls(frozenset({RS}))
    assert ga | rs == Halls(frozenset({GA, RS}))
    assert (ga | ALL_HALLS, ga & ALL_HALLS, ALL_HALLS & ga, ga & rs) == (ALL_HALLS, ga, ga, NO_HALLS)
    assert GA in ga
    assert RS not in ga
    assert None not in ga
    assert None in ALL_HALLS
    assert (bool(ga), bool(ALL_HALLS), bool(NO_HALLS)) == (True, True, False)


def test_rights_are_those_of_all_grants_each_in_its_hall() -> None:
    rights = Rights.of([Grant(Role.OPERATOR), Grant(Role.SUPERVISOR, GA)])
    assert rights.halls(Permission.WATCH_LIVE) == ALL_HALLS
    assert rights.halls(Permission.DECIDE) == Halls(frozenset({GA}))
    assert rights.halls(Permission.PULL_ARCHIVE) == NO_HALLS
    assert rights.permissions == PERMISSIONS[Role.OPERATOR] | PERMISSIONS[Role.SUPERVISOR]


def test_what_is_lent_is_no_more_than_one_has() -> None:
    rights = Rights.of([Grant(Role.OPERATOR, GA)])
    lent = rights.within([Permission.READ_ALERTS, Permission.DECIDE], ALL_HALLS)
    assert lent.permissions == {Permission.READ_ALERTS}
    assert lent.halls(Permission.READ_ALERTS) == Halls(frozenset({GA}))
    assert Rights.of([Grant(Role.OPERATOR)]).within([Permission.READ_ALERTS], Halls(frozenset({RS}))).halls(
        Permission.READ_ALERTS
    ) == Halls(frozenset({RS}))


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["operator@xx"], "there is no hall 'xx'"),
        (["admin@ga"], "for the centre"),
        (["auditor@ga"], "for the centre"),
        (["hall"], "hall@ID"),
        (["hall@ga", "investigator"], "no other role"),
        (["hall@ga", "supervisor@rs"], "no other role"),
    ],
)
def test_grants_that_cannot_be_meant(texts: list[str], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        require_sound([Grant.parse(text) for text in texts], HALLS)


def test_grants_that_can() -> None:
    require_sound([Grant.parse(text) for text in ("operator", "supervisor@ga", "investigator@rs")], HALLS)
    require_sound([Grant.parse(text) for text in ("hall@ga", "hall@rs")], HALLS)
    require_sound([], HALLS)


def test_an_auditor_changes_nothing_and_a_hall_judges_nothing() -> None:
    changes = set(Permission) - {Permission.READ_REGISTER, Permission.READ_ACCOUNTS}
    assert not PERMISSIONS[Role.AUDITOR] & changes
    judging = {Permission.ACKNOWLEDGE, Permission.DECIDE, Permission.KEEP_ROSTER, Permission.PULL_ARCHIVE}
    assert not PERMISSIONS[Role.HALL] & (judging | {Permission.READ_REGISTER, Permission.EXPORT_CLIPS})
