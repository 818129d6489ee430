"""A pack: the files of one report, as bytes with what an archive wants to know of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from vigil.report.document import document
from vigil.report.period import Period
from vigil.report.report import Report
from vigil.report.words import TITLES
from vigil.report.workbook import workbook

CONTENT_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class PackFile:
    """`format` is a key of CONTENT_TYPES."""

    format: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def pack(report: Report) -> tuple[PackFile, ...]:
    """Raises ReportError when the document cannot be set."""
    return PackFile("xlsx", workbook(report)), PackFile("pdf", document(report))


def title(period: Period) -> str:
    """分厅视频监管月报（2026年10月）."""
    return f"{TITLES[period.kind]}（{period.title}）"
