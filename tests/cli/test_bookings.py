"""What is taken, as a meeting officer reads it: by day, with the time around, by which case."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from commands.boundary import main
from commands.table import width
from commands.workspace import Session
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from tests.docs.test_cli_reference import documented
from tests.engine.test_language_features import office as features_office

Answer = tuple[int, str, str]


def ask(office: Office, *words: str) -> Answer:
    """Run `bookings …` at the desk of a played office; exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.setattr(Session, "desk", lambda self: office.desk)
        patch.setattr("sys.argv", ["guicheng"])
        patch.setenv("GUICHENG_LANG", "zh")
        patch.setattr("commands.table.terminal_width", lambda: 80)
        code = main(["bookings", *words])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def played() -> Office:
    """Two people and a room are booked; another room is held while its change is approved."""
    office = features_office()
    named = {one.name: one for one in office.definitions["预约"].examples}
    people = named["人与房一起约,一样约不到就都不约"]
    held = named["重批期间先行占住,同意后转正,否决则放开"]
    player = Player(office, "预约")
    player.play(held.steps[:3])
    assert player.case_of("甲").configuration == ("重批",)
    player.play(people.steps[:2])
    assert player.case_of("甲").configuration == ("已占",)
    return office


def test_what_is_taken_is_told_with_the_time_around(played: Office) -> None:
    code, out, err = ask(played)
    assert (code, err) == (0, "")
    rooms, people = out.split("\n\n")
    assert rooms.splitlines()[0] == "会议室"
    assert "第二会议室  2026-12-10 14:00–15:00  14:00–16:00  T-2026-0002" in rooms
    assert "第二会议室  2026-12-28 09:00–11:00  08:00–11:30  T-2026-0001  暂占" in rooms
    assert people.splitlines()[0] == "人员"
    assert "何清" in people
    assert max(map(width, out.splitlines())) <= 80


def test_one_diary_and_some_days(played: Office) -> None:
    assert "2026-12-10" not in ask(played, "会议室", "--from", "2026-12-11")[1]
    out = ask(played, "Rooms", "--until", "2026-12-27")[1]
    assert "2026-12-10 14:00" in out
    assert "2026-12-28" not in out
    code, out, err = ask(played, "车辆")
    assert (code, out, err) == (0, "", "没有占用\n")
    code, _, err = ask(played, "会义室")
    assert code == 2
    assert "是否想写“会议室”" in err
    assert ask(played, "会议室", "--from", "昨天")[0] == 2


def test_programs_get_every_field(played: Office) -> None:
    rows = json.loads(ask(played, "会议室", "--json")[1])
    assert rows[-1] == {
        "diary": "会议室",
        "thing": "第二会议室",
        "name": "第二会议室",
        "from": "2026-12-28 09:00",
        "until": "2026-12-28 11:00",
        "begins": "2026-12-28 08:00",
        "ends": "2026-12-28 11:30",
        "number": "T-2026-0001",
        "process": "预约",
        "provisional": True,
    }
    named = json.loads(ask(played, "人员", "--json")[1])
    assert {(one["thing"], one["name"]) for one in named} >= {("heqing", "何清")}
    for language in ("en", "zh"):
        assert sorted(documented(language)["bookings"]) == sorted(rows[0])


def test_in_english(played: Office) -> None:
    out = ask(played, "--lang", "en", "Rooms")[1]
    assert out.splitlines()[0] == "Rooms"
    assert "held" in out.splitlines()[-1]
