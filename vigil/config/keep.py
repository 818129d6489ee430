"""Rules of `center.keep`: no shorter than the law and the reports want."""

from __future__ import annotations

from vigil.config.document import Path
from vigil.config.faults import FaultSink
from vigil.model.retention import LEAST_FIGURES_DAYS, LEAST_MESSAGES_DAYS, Keep

_MOST_DAYS = 36_500


def check_keep(keep: Keep, fault: FaultSink) -> None:
    path: Path = ("center", "keep")
    if not LEAST_FIGURES_DAYS <= keep.figures_days <= _MOST_DAYS:
        what = "reports look back for two years and more"
        fault((*path, "figures_days"), what, f"From {LEAST_FIGURES_DAYS} to {_MOST_DAYS} days")
    if not LEAST_MESSAGES_DAYS <= keep.messages_days <= _MOST_DAYS:
        what = "logs are kept for six months at least (Cybersecurity Law, article 21)"
        fault((*path, "messages_days"), what, f"From {LEAST_MESSAGES_DAYS} to {_MOST_DAYS} days")
