"""The boxes a clerk knows, drafts, common phrases, and what `tick` sends, by command lines."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.table import width
from commands.workspace import Session
from engine.store.boxes import TODO, load_box
from tests.cli.conftest import Run
from tests.store.test_boxes import make_older

MEETING = (
    "类别=内部会议",
    "开始时间=2027-03-10 14:30",
    "结束时间=2027-03-10 16:00",
    "地点=第二会议室",
    "参会人数=20",
)
SETS = [word for pair in MEETING for word in ("--set", pair)]


def box(run: Run, person: str, name: str, *more: str) -> dict[str, object]:
    code, out, _ = run("--as", person, "todo", "--box", name, "--json", *more)
    assert code == 0
    return dict(json.loads(out))


def numbers(run: Run, person: str, name: str, *more: str) -> list[str]:
    rows = box(run, person, name, *more)["rows"]
    assert isinstance(rows, list)
    return [str(row["number"])[-1] for row in rows]


@pytest.fixture
def two(run: Run) -> Run:
    """林岚 has started two meetings and sent the first one on."""
    for name in ("第一次例会", "年会"):
        line = ("--as", "林岚", "start", "会务服务保障", "--set", f"会议名称={name}", *SETS)
        assert run(*line)[0] == 0
    assert run("--as", "林岚", "do", "1", "提交")[0] == 0
    return run


def shift(office: Path, table: str, **moments: str) -> None:
    connection = sqlite3.connect(office / "guicheng.sqlite3")
    for column, moment in moments.items():
        connection.execute(f"UPDATE {table} SET {column} = ?", (moment,))
    connection.commit()
    connection.close()


@pytest.mark.usefixtures("run")
def test_the_day_is_the_office_s_own_before_anything_was_worked(tmp_path: Path) -> None:
    """It was that of UTC, so that in the small hours nothing published had begun to apply."""
    found = load_box(tmp_path / "office/guicheng.sqlite3", "林岚", TODO, datetime.now(UTC))
    assert (found.tick, found.zone) == (None, "Asia/Shanghai")


def test_a_zone_no_engine_wrote_is_told(run: Run, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "office/guicheng.sqlite3")
    connection.execute("DROP TRIGGER record_no_update")
    newest = "position = (SELECT max(position) FROM record)"
    changed = "replace(CAST(body AS TEXT), 'Asia/Shanghai', 'Asia/Nowhere')"
    connection.execute(f"UPDATE record SET body = CAST({changed} AS BLOB) WHERE {newest}")
    connection.commit()
    connection.close()
    code, _, err = run("--as", "林岚", "todo")
    assert (code, "Asia/Nowhere" in err, "audit verify" in err) == (1, True, True)


def test_every_box_holds_what_its_name_says(two: Run) -> None:
    assert numbers(two, "林岚", "todo") == ["2"]
    assert numbers(two, "林岚", "已办") == ["1"]
    assert numbers(two, "林岚", "我发起") == ["2", "1"]
    assert numbers(two, "何清", "待办") == ["1"]
    assert numbers(two, "何清", "mine") == []
    _, out, _ = two("--as", "林岚", "todo", "--box", "done")
    assert out.splitlines()[0] == "待办 1 · [已办 1] · 我发起 2 · 抄送 0 · 草稿 0"
    assert "第一次例会" in out
    assert "提交 (起草)" in out
    assert "部门审核" in out
    assert two("--as", "何清", "do", "1", "同意")[0] == 0
    (row,) = box(two, "何清", "done")["rows"]  # type: ignore[misc]
    assert (row["did_in"], row["action"], row["state"]) == ("部门审核", "同意", "资源受理")


def test_lines_are_found_by_number_title_and_process(two: Run) -> None:
    assert numbers(two, "林岚", "mine", "--find", "年会") == ["2"]
    assert numbers(two, "林岚", "mine", "--find", "hy-") == ["2", "1"]
    assert numbers(two, "林岚", "mine", "--find=000001") == ["1"]
    assert numbers(two, "林岚", "mine", "--process", "付款") == []
    assert numbers(two, "林岚", "mine", "--process", "会务服务保障") == ["2", "1"]
    code, out, _ = two("--as", "林岚", "todo", "--find", "没有")
    assert (code, "“待办”里没有这样的事项" in out) == (0, True)


@pytest.mark.parametrize(
    ("due", "soon", "mark", "word"),
    [
        ("2020-01-01T00:00:00.000Z", "2019-01-01T00:00:00.000Z", "red", "红牌"),
        ("2099-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z", "yellow", "黄牌"),
        ("2099-01-01T00:00:00.000Z", "2098-01-01T00:00:00.000Z", None, ""),
    ],
)
def test_a_deadline_is_marked_in_words(
    two: Run, tmp_path: Path, due: str, soon: str, mark: str | None, word: str
) -> None:
    shift(tmp_path / "office", "task_row", due=due, soon=soon)
    (row,) = box(two, "何清", "todo")["rows"]  # type: ignore[misc]
    assert row["mark"] == mark
    shown = two("--as", "何清", "todo")[1]
    assert re.findall("[红黄]牌", shown) == [word] * bool(word)
    assert "\033" not in shown
    assert numbers(two, "何清", "todo", "--overdue") == (["1"] if mark == "red" else [])


def test_a_clock_that_stands_still_is_neither_red_nor_yellow(two: Run, tmp_path: Path) -> None:
    shift(tmp_path / "office", "task_row", due="2020-01-01T00:00:00.000Z", stopped="1")
    assert "停表" in two("--as", "何清", "todo")[1]
    shift(tmp_path / "office", "case_row", suspended="1")
    assert "挂起" in two("--as", "何清", "todo")[1]
    assert numbers(two, "何清", "todo", "--overdue") == []


def test_a_copy_is_unread_until_its_reader_has_looked(two: Run, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "office/guicheng.sqlite3")
    (case_id,) = connection.execute("SELECT id FROM case_row WHERE number LIKE '%1'").fetchone()
    uid = box_owner(two, tmp_path, "罗平")
    connection.execute(
        "INSERT INTO copy_row VALUES (?, ?, '林岚', '2026-11-02T02:00:00.000Z')", (case_id, uid)
    )
    connection.commit()
    connection.close()
    found = box(two, "罗平", "抄送")
    assert found["counts"]["unread"] == 1  # type: ignore[index]
    assert "抄送 1(未读 1)" in two("--as", "罗平", "todo")[1]
    assert "未读" in two("--as", "罗平", "todo", "--box", "copied")[1].splitlines()[-1]
    assert two("--as", "何清", "show", "1")[0] == 0  # somebody else looks
    assert box(two, "罗平", "抄送")["counts"]["unread"] == 1  # type: ignore[index]
    assert two("--as", "罗平", "show", "1")[0] == 0
    found = box(two, "罗平", "抄送")
    assert found["counts"]["unread"] == 0  # type: ignore[index]
    assert [row["unread"] for row in found["rows"]] == [False]  # type: ignore[attr-defined]


def box_owner(run: Run, tmp_path: Path, name: str) -> str:
    desk = Session(language="zh", folder=str(tmp_path / "office"), person=None).desk()
    return desk.catalog.roster(desk.clock()).person(name).id


def test_an_office_of_the_version_before_shows_its_boxes(two: Run, tmp_path: Path) -> None:
    make_older(tmp_path / "office/guicheng.sqlite3")
    assert numbers(two, "林岚", "mine") == ["2", "1"]
    assert two("audit", "verify")[0] == 0


# -- drafts ------------------------------------------------------------------------------------


def test_a_delegate_finds_his_principals_work_in_his_box(two: Run) -> None:
    assert numbers(two, "周启明", "todo") == []
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    span = ("--from", today.isoformat(), "--until", (today + timedelta(days=1)).isoformat())
    assert two("--as", "何清", "delegate", "周启明", *span, "--process", "付款")[0] == 0
    assert numbers(two, "周启明", "todo") == []
    assert two("--as", "何清", "delegate", "周启明", *span, "--process", "会务服务保障")[0] == 0
    found = box(two, "周启明", "todo")
    assert found["counts"]["todo"] == 1  # type: ignore[index]
    assert [row["for"] for row in found["rows"]] == ["何清"]  # type: ignore[union-attr]
    assert "代何清" in two("--as", "周启明", "todo")[1]
    assert [row["for"] for row in box(two, "何清", "todo")["rows"]] == [""]  # type: ignore[union-attr]
    assert two("--as", "何清", "delegate", "林岚", *span)[0] == 0
    assert numbers(two, "林岚", "todo") == ["2"]  # whoever began a case stands in for nobody in it
    assert two("--as", "何清", "delegate", "周启明", "--from", today.isoformat(), "--end")[0] == 0
    assert numbers(two, "周启明", "todo") == []


def test_a_draft_is_kept_unchecked_and_sent_when_it_is_whole(run: Run, tmp_path: Path) -> None:
    before = len(json.loads(run("audit", "query", "--json")[1]))
    line = ("--as", "林岚", "start", "会务服务保障", "--draft", "--set", "参会人数=很多")
    assert run(*line)[0] == 0
    assert box(run, "林岚", "草稿")["counts"]["drafts"] == 1  # type: ignore[index]
    assert box(run, "何清", "草稿")["counts"]["drafts"] == 0  # type: ignore[index]
    code, _, err = run("--as", "林岚", "drafts", "submit", "1")
    assert (code, "不是整数" in err) == (2, True)
    assert len(json.loads(run("audit", "query", "--json")[1])) == before
    more = ("--as", "林岚", "drafts", "add", "1", "--set", "会议名称=例会", *SETS)
    assert run(*more)[0] == 0
    assert "--set 会议名称=例会" in run("--as", "林岚", "drafts", "show", "1")[1]
    assert run("--as", "林岚", "drafts", "submit", "1")[0] == 0
    assert numbers(run, "林岚", "mine") == ["1"]
    assert box(run, "林岚", "drafts")["rows"] == []
    assert run("audit", "verify")[0] == 0


def test_a_draft_takes_a_field_by_either_of_its_names(run: Run) -> None:
    line = ("--as", "林岚", "start", "会务服务保障", "--draft", *SETS)
    assert run(*line, "--set", "会议名称=例会")[0] == 0
    assert run("--as", "林岚", "drafts", "add", "1", "--set", "Title=年会")[0] == 0
    out = run("--as", "林岚", "drafts", "show", "1")[1]
    assert ("例会" in out, "--set Title=年会" in out) == (False, True)
    assert run("--as", "林岚", "drafts", "submit", "1")[0] == 0
    assert "会议名称:年会" in run("show", "1")[1]
    for action in ("提交", "submit"):
        assert run("--as", "林岚", "do", "1", action, "--draft")[0] == 0
    assert box(run, "林岚", "草稿")["counts"]["drafts"] == 1  # type: ignore[index]


def test_a_refused_draft_stays_and_can_be_sent_once_the_reason_is_gone(two: Run) -> None:
    assert two("--as", "林岚", "do", "1", "同意", "--draft", "--reason", "好")[0] == 0
    assert two("--as", "林岚", "do", "2", "提交", "--draft", "--set", "参会人数=0")[0] == 0
    assert two("--as", "林岚", "drafts", "submit", "1")[0] == 3
    assert two("--as", "林岚", "drafts", "submit", "2")[0] == 3
    again = ("--as", "林岚", "do", "2", "提交", "--draft", "--set", "参会人数=30")
    assert "草稿 2 已存" in two(*again)[1]
    assert two("--as", "林岚", "drafts", "submit", "2")[0] == 0
    assert two("--as", "林岚", "drafts", "drop", "1")[0] == 0
    assert two("--as", "林岚", "drafts", "drop", "1")[0] == 2
    assert box(two, "林岚", "drafts")["rows"] == []


def test_a_draft_says_that_its_case_has_moved_on(two: Run) -> None:
    assert two("--as", "何清", "do", "1", "同意", "--draft")[0] == 0
    assert "案件已变动" not in two("--as", "何清", "drafts")[1]
    assert two("--as", "何清", "do", "1", "退回", "--reason", "补充议题")[0] == 0
    assert "案件已变动" in two("--as", "何清", "drafts")[1]
    code, _, err = two("--as", "何清", "drafts", "submit", "1")
    assert (code, "已有变动" in err) == (3, True)


def test_a_draft_sent_twice_is_done_once(run: Run, tmp_path: Path) -> None:
    """As when the program is killed after the record is written and before the draft is gone."""
    line = ("--as", "林岚", "start", "会务服务保障", "--draft", "--set", "会议名称=例会")
    assert run(*line)[0] == 0
    path = tmp_path / "office/guicheng.sqlite3"
    connection = sqlite3.connect(path)
    kept = connection.execute("SELECT * FROM unsent_row").fetchone()
    assert run("--as", "林岚", "drafts", "submit", "1")[0] == 0
    connection.execute(f"INSERT INTO unsent_row VALUES ({','.join('?' * len(kept))})", kept)
    connection.commit()
    connection.close()
    assert run("--as", "林岚", "drafts", "submit", "1")[0] == 0
    assert numbers(run, "林岚", "mine") == ["1"]


# -- common phrases ----------------------------------------------------------------------------


def test_a_phrase_is_used_by_its_number(two: Run, tmp_path: Path) -> None:
    with (tmp_path / "office/params.yaml").open("a", encoding="utf-8") as file:
        file.write("phrases: [同意;请按程序办理]\n")
    assert two("--as", "韩江", "publish")[0] == 0
    assert two("--as", "何清", "phrases", "add", "议题不明,请补充")[0] == 0
    code, out, _ = two("--as", "何清", "phrases", "--json")
    assert [(one["phrase"], one["own"]) for one in json.loads(out)] == [
        ("议题不明,请补充", True),
        ("同意;请按程序办理", False),
    ]
    assert len(json.loads(two("--as", "林岚", "phrases", "--json")[1])) == 1
    assert two("--as", "何清", "do", "1", "退回", "--reason", "@1", "--phrase", "2")[0] == 2
    code, _, err = two("--as", "何清", "do", "1", "退回", "--reason", "@1")
    assert (code, "意见:议题不明,请补充" in err) == (0, True)
    assert two("--as", "林岚", "do", "1", "提交")[0] == 0
    assert two("--as", "何清", "do", "1", "同意", "--phrase", "2")[0] == 0
    comments = two("history", "1", "--json")[1]
    assert "议题不明,请补充" in comments
    assert "同意;请按程序办理" in comments
    assert two("--as", "何清", "phrases", "drop", "2")[0] == 2  # the office's
    assert two("--as", "何清", "phrases", "drop", "1")[0] == 0
    assert len(json.loads(two("--as", "何清", "phrases", "--json")[1])) == 1


# -- notices -----------------------------------------------------------------------------------


def settings(tmp_path: Path, text: str) -> None:
    with (tmp_path / "office/guicheng.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_tick_sends_notices_and_a_failing_channel_blocks_no_act(two: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("in the way")
    settings(tmp_path, '[[notices]]\nchannel = "file"\n')
    settings(tmp_path, '[[notices]]\nchannel = "file"\nname = "坏"\nfolder = "../taken/x"\n')
    assert two("tick")[0] == 0
    assert two("--as", "林岚", "do", "2", "提交")[0] == 0
    code, out, err = two("tick")
    assert (code, "通知:送出 1" in out, "坏:" in err) == (1, True, True)
    (told,) = (tmp_path / "office/notices").iterdir()
    assert json.loads(told.read_text("utf-8"))["name"] == "何清"
    assert two("--as", "何清", "do", "2", "同意")[0] == 0
    assert "通知渠道 坏:待送" in two("doctor")[1]
    (tmp_path / "taken").unlink()
    assert two("tick")[0] == 0
    assert "通知渠道 坏:待送 0" in two("doctor")[1]
    sent = {one.name for one in (tmp_path / "office/notices").iterdir()}
    assert {one.name for one in (tmp_path / "taken/x").iterdir()} == sent


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("channel = 'fax'", "可用:file、mail、webhook"),
        ("channel = 'webhook'\nurl = 'file:///etc/passwd'", "http://"),
        ("channel = 'mail'\nhost = 'h'", "from:缺少"),
        ("channel = 'mail'\nhost = 'h'\nfrom = 'x'\nport = 'y'", "要写一个数"),
        ("channel = 'file'\nfodler = 'x'", "是否想写“folder”"),
        ("channel = 'file'\n[[notices]]\nchannel = 'file'", "都叫“file”"),
    ],
)
def test_a_channel_written_wrong_is_told(run: Run, tmp_path: Path, text: str, told: str) -> None:
    settings(tmp_path, f"[[notices]]\n{text}\n")
    code, _, err = run("tick")
    assert (code, told in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("todo", "--process", "公务用测"), "没有这个流程:“公务用测”;是否想写“公务用车”?"),
        (("--lang", "en", "todo", "--process", "Requisitions"), "Requisition"),
        (("batch", "提交", "--process", "公务用测"), "没有这个流程:“公务用测”;是否想写“公务用车”?"),
        (
            ("batch", "提交", "--process", "公务用车", "--state", "起早"),
            "没有这个环节:“起早”;是否想写“起草”?",
        ),
        (("batch", "提教", "--process", "公务用车"), "没有这个动作:“提教”;是否想写“提交”?"),
    ],
)
def test_a_name_that_there_is_not_is_told_instead_of_an_empty_list(  # type: ignore[no-untyped-def]
    run, words: tuple[str, ...], told: str
) -> None:
    code, _, err = run("--as", "林岚", *words)
    assert (code, told in err) == (2, True)
    code, _, err = run("--as", "林岚", "batch", "提交", "--process", "公务用车")
    assert (code, err) == (2, "您在“公务用车”没有待办\n")
    assert run("--as", "林岚", "todo", "--process", "公务用车")[0] == 0


def test_what_is_piped_is_as_wide_as_columns_asks_for(
    two: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "会务服务保障" in two("--as", "林岚", "todo")[1]
    monkeypatch.setenv("COLUMNS", "44")
    lines = two("--as", "林岚", "todo")[1].splitlines()
    assert max(width(line) for line in lines[1:]) < 44
