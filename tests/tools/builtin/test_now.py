"""The tool now."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from glmcli.tools.builtin.now import now_tool
from tests.tools.builtin.called import refusal, told

TOOL = now_tool(lambda: datetime(2026, 2, 3, 23, 5, 6, 789, tzinfo=timezone(timedelta(hours=1), "CET")))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "Tuesday, 2026-02-03T23:05:06+01:00 (CET)"),
        ({"timezone": "UTC"}, "Tuesday, 2026-02-03T22:05:06+00:00 (UTC)"),
        ({"timezone": "Asia/Kolkata"}, "Wednesday, 2026-02-04T03:35:06+05:30 (Asia/Kolkata, IST)"),
    ],
)
def test_the_time_comes_with_its_weekday_and_zone(arguments: dict[str, str], text: str) -> None:
    assert told(TOOL, **arguments) == text


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("europe/berlin", "Was Europe/Berlin meant?"),
        ("Berlin", "Was Europe/Berlin meant?"),
        ("New York", "Was America/New_York meant?"),
        ("America", "Names look like Europe/Berlin, America/New_York or UTC."),
        ("../../etc/passwd", "Names look like Europe/Berlin, America/New_York or UTC."),
        ("/etc/passwd", "Names look like Europe/Berlin, America/New_York or UTC."),
        ("x\0y", "Names look like Europe/Berlin, America/New_York or UTC."),
        ("", "Names look like Europe/Berlin, America/New_York or UTC."),
    ],
)
def test_a_zone_that_does_not_exist_is_refused(zone: str, hint: str) -> None:
    assert refusal(TOOL, timezone=zone) == f"There is no time zone {zone!r}. {hint}"
