"""The screen has words, in both languages, for everything that the model can say."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest

from vigil.analytics.camera_clock import CLOCK_DRIFT
from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.ledger import EntryKind, EntryState, EvidenceKind, LedgerStep
from vigil.model.looks import Unknown
from vigil.model.media import GapCause
from vigil.model.notices import ChannelKind, Stage, Verdict
from vigil.model.people import Role
from vigil.model.relations import Relation
from vigil.model.site import WindowKind, ZoneKind
from vigil.model.steps import DismissReason, Step
from vigil.model.suspensions import SuspensionKind
from vigil.report.period import PeriodKind
from vigil.roster.faults import Column, FileFault, RowFault
from vigil.roster.plan import Outcome
from vigil.store.reports import ReportState

WORDS = Path(__file__).resolve().parents[2] / "vigil" / "gateway" / "ui" / "src" / "i18n"

ENUMERATIONS = (
    AlertKind,
    AlertState,
    ChannelKind,
    Column,
    DismissReason,
    EndReason,
    EntryKind,
    EntryState,
    EvidenceKind,
    FileFault,
    GapCause,
    LedgerStep,
    Outcome,
    PeriodKind,
    Relation,
    ReportState,
    Role,
    RowFault,
    Stage,
    Step,
    SuspensionKind,
    Unknown,
    Verdict,
    WindowKind,
    ZoneKind,
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("enumeration", ENUMERATIONS)
def test_every_value_has_its_word(language: str, enumeration: type[StrEnum]) -> None:
    text = (WORDS / f"{language}.ts").read_text(encoding="utf-8")

    missing = [
        value.value for value in enumeration if f"{value.value}: " not in text and f'"{value.value}": ' not in text
    ]

    assert missing == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_clock_that_runs_away_has_its_word(language: str) -> None:
    assert f'"{CLOCK_DRIFT}": ' in (WORDS / f"{language}.ts").read_text(encoding="utf-8")
