"""`center.keep`: no shorter than the law and the reports want."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, read
from vigil.model.retention import Keep


def test_a_good_section_and_none() -> None:
    configuration = read(GOOD.replace("nodes:", "  keep: {figures_days: 850, messages_days: 365}\nnodes:"))
    assert configuration.center is not None
    assert configuration.center.keep == Keep(850, 365)
    plain = read()
    assert plain.center is not None
    assert plain.center.keep == Keep()


@pytest.mark.parametrize(
    ("section", "where", "remedy"),
    [
        ("{figures_days: 849}", "figures_days", "From 850 to 36500 days"),
        ("{figures_days: 40000}", "figures_days", "From 850 to 36500 days"),
        ("{messages_days: 179}", "messages_days", "From 180 to 36500 days"),
        ("{messages_days: 40000}", "messages_days", "From 180 to 36500 days"),
    ],
)
def test_what_is_too_short_or_for_ever_is_refused(section: str, where: str, remedy: str) -> None:
    (found,) = faults(GOOD.replace("nodes:", f"  keep: {section}\nnodes:"))
    assert (found.where, found.remedy) == (f"center.keep.{where}", remedy)
