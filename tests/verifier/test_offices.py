"""Which office a record is judged by: its roster, its day, and what is told if there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tests.verifier.parts import (
    Log,
    amended,
    bundle,
    by_digest,
    event,
    published,
    roster,
    sha256,
    shown,
    written,
)
from verifier.offices import Offices

TODAY = date(2026, 11, 2)
NOON = "2026-11-02T04:00:00.000Z"


def edition(name: str, **changes: Any) -> bytes:
    """A roster that is told from others by a group."""
    return written(roster(groups={name: ["linlan"]}, **changes))


FIRST, SECOND = edition("一"), edition("二")
HERE = by_digest(FIRST, SECOND)


def offices(*events: Any, models: Mapping[str, bytes] = HERE) -> Offices:
    """The stream `org` with one event in each record."""
    log = Log()
    for one in events:
        log.add("org", one, typ="org")
    return Offices(bundle=bundle(models), judged=log.judged)


def group(found: Offices, seq: int, on: date = TODAY) -> str | None:
    office = found.find(seq, on)
    return None if office is None else next(iter(office.roster.groups))


def test_the_newest_edition_that_has_taken_effect_is_in_force() -> None:
    found = offices(published(FIRST), published(SECOND, 2, "2026-11-02"))
    assert [group(found, seq) for seq in (-1, 0, 1)] == [None, "一", "二"]
    assert group(found, 1, date(2026, 11, 1)) == "一"
    assert group(found, 1, date(2025, 12, 31)) is None
    assert found.findings == []


def test_a_lower_edition_changes_nothing_and_of_equal_ones_the_later_counts() -> None:
    lower = offices(published(FIRST, 2), published(SECOND, 1))
    equal = offices(published(FIRST, 2), published(SECOND, 2))
    assert (group(lower, 1), group(equal, 1)) == ("一", "二")


@pytest.mark.parametrize(
    "other",
    [
        published(SECOND, True),
        published(SECOND, "2"),
        published(SECOND, 2, effective="2026-01-01"),
        published(SECOND, 2, effective={"$": "day", "is": "2026-01-01"}),
        published(SECOND, 2, kind="params"),
        published(SECOND, 2, model=None),
        event("Announced"),
    ],
)
def test_what_publishes_no_roster_is_none(other: Any) -> None:
    assert group(offices(published(FIRST), other), 1) == "一"


def test_amendments_count_from_their_record_on_whatever_the_edition() -> None:
    found = offices(
        published(FIRST),
        amended("PersonLeft", person="wutong"),
        event("RosterAmended", amendment="PersonLeft"),
        published(SECOND, 2),
    )
    left = [dict(office.left) for seq in range(4) if (office := found.find(seq, TODAY))]
    gone = {"wutong": date(2026, 10, 1)}
    assert left == [{}, gone, gone, gone]


@pytest.mark.parametrize("instead", [{}, {sha256(FIRST): FIRST + b" "}])
def test_a_model_that_is_missing_or_another_is_a_gap_and_told_once(
    instead: Mapping[str, bytes],
) -> None:
    found = offices(published(FIRST), published(SECOND, 2), models={**by_digest(SECOND), **instead})
    for _ in range(2):
        assert group(found, 0) is None
        assert found.day(0, NOON) is None
    assert (group(found, 1), found.day(1, NOON)) == ("二", TODAY)
    assert shown(found.findings) == [
        (
            f"{sha256(FIRST)} [E_MODEL] L3: 证据包没有这个花名册模型,无法核对当时谁任何职",
            f"{sha256(FIRST)} [E_MODEL] L3: "
            "the bundle lacks this model of the roster: posts cannot be checked",
            "gap",
        )
    ]


def test_every_model_that_is_missing_is_told() -> None:
    found = offices(published(FIRST), published(SECOND, 2), models={})
    assert (group(found, 0), group(found, 1)) == (None, None)
    assert [one.field for one in found.findings] == [sha256(FIRST), sha256(SECOND)]


@pytest.mark.parametrize(
    ("model", "change", "zh", "en"),
    [
        (b"[]", None, "应为对象", "must be an object"),
        (FIRST, amended("Crowned", person="x"), "不认识的人事变更", "an unknown amendment"),
    ],
)
def test_what_is_ill_formed_is_a_break_and_leaves_no_office(
    model: bytes, change: Any, zh: str, en: str
) -> None:
    found = offices(published(model), *([change] if change else []), models=by_digest(model))
    for seq in (1, 1, 2):
        assert found.find(seq, TODAY) is None
    found.day(1, NOON)
    ((told_zh, told_en, weight),) = shown(found.findings)
    assert told_zh.startswith(f"{sha256(model)} [E_MODEL] L3: {zh}")
    assert told_en.startswith(f"{sha256(model)} [E_MODEL] L3: {en}")
    assert weight == "break"


@pytest.mark.parametrize(
    ("zone", "at", "wanted"),
    [
        ("Asia/Shanghai", "2026-11-02T15:59:59.999Z", "2026-11-02"),
        ("Asia/Shanghai", "2026-11-02T16:00:00.000Z", "2026-11-03"),
        ("UTC", "2026-11-02T16:00:00.000Z", "2026-11-02"),
        ("Asia/Shanghai", "9999-12-31T23:59:59.999Z", "9999-12-31"),
        ("America/New_York", "0001-01-01T00:00:00.000Z", "0001-01-01"),
    ],
)
def test_the_day_is_that_of_the_office(zone: str, at: str, wanted: str) -> None:
    model = edition("一", zone=zone)
    found = offices(published(model), models=by_digest(model))
    assert found.day(0, at) == date.fromisoformat(wanted)
    assert found.day(-1, at) is None
    assert found.findings == []


def test_the_newest_roster_that_can_be_read_says_the_zone_in_force_or_not() -> None:
    west = edition("西", zone="America/New_York")
    known = by_digest(FIRST, west)
    late = offices(published(FIRST), published(west, 0, "2027-01-01"), models=known)
    assert [str(late.day(seq, NOON[:11] + "20:00:00.000Z")) for seq in (0, 1)] == [
        "2026-11-03",
        "2026-11-02",
    ]


@pytest.mark.parametrize("zone", ["Nowhere/There", "", "America", "../x", "+08:00"])
def test_a_zone_nobody_knows_leaves_no_day(zone: str) -> None:
    model = edition("一", zone=zone)
    found = offices(published(FIRST), published(model), models=by_digest(FIRST, model))
    for _ in range(2):
        assert found.day(1, NOON) is None
    assert shown(found.findings) == [
        (
            f"{sha256(model)} [E_MODEL] L3: 不认识花名册的时区,无法核对当时谁任何职",
            f"{sha256(model)} [E_MODEL] L3: "
            "the time zone of the roster is not known: posts cannot be checked",
            "gap",
        )
    ]


def test_a_roster_that_cannot_be_read_leaves_the_day_to_the_one_before() -> None:
    found = offices(published(FIRST), published(SECOND, 2), models=by_digest(FIRST))
    assert found.day(1, NOON) == TODAY
    assert [one.field for one in found.findings] == [sha256(SECOND)]


def test_amendments_have_no_bearing_on_the_day() -> None:
    found = offices(published(FIRST), *[amended("Crowned", person="x")] * 3)
    assert found.day(3, NOON) == TODAY
    assert found.findings == []
