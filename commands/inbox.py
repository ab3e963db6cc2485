"""`todo` and its boxes, kept apart so that they load nothing they do not need."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from commands.table import ROOMY, draw, dump, terminal_width
from commands.workspace import Session
from engine.errors import UnknownName
from engine.store.boxes import BOXES, COPIED, DONE, DRAFTS, MINE, TODO, Box, Line, load_box
from engine.store.inbox import Outdated
from engine.text import say, translate

if TYPE_CHECKING:
    from engine.catalog import Catalog
    from engine.reading.names import Names

NAMES: Mapping[str, str] = {
    TODO: "待办",
    DONE: "已办",
    MINE: "我发起",
    COPIED: "抄送",
    DRAFTS: "草稿",
}
RED, YELLOW, SUSPENDED, STOPPED = "red", "yellow", "suspended", "stopped"
MARKS: Mapping[str, str] = {RED: "红牌", YELLOW: "黄牌", SUSPENDED: "挂起", STOPPED: "停表"}
COLOURS: Mapping[str, str] = {RED: "\033[31m", YELLOW: "\033[33m"}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    TODO: {
        "number": "编号",
        "subject": "事项",
        "state": "环节",
        "short_due": "期限",
        "marks": "标记",
    },
    DONE: {
        "number": "编号",
        "subject": "事项",
        "did": "我的办理",
        "short_at": "时间",
        "state": "现处",
        "marks": "标记",
    },
    MINE: {
        "number": "编号",
        "subject": "事项",
        "state": "现处",
        "short_at": "立案",
        "marks": "标记",
    },
    COPIED: {
        "number": "编号",
        "subject": "事项",
        "state": "现处",
        "by": "抄送人",
        "short_at": "时间",
        "marks": "标记",
    },
    DRAFTS: {
        "n": "号",
        "number": "编号",
        "subject": "事项",
        "did": "动作",
        "short_at": "时间",
        "marks": "标记",
    },
}
SPOKEN = ("subject", "did", "marks", "short_at", "short_due")  # for people, not for programs
WHOLE = ("number", "short_at", "short_due", "marks")  # never cut short


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `todo` was asked for: the box, and which of its lines."""

    box: str = TODO
    process: str = ""
    find: str = ""
    overdue: bool = False
    as_json: bool = False

    @staticmethod
    def read(words: Sequence[str]) -> Wanted | None:
        """The options of `todo`; None if they have to be parsed in earnest."""
        given: dict[str, str | bool] = {}
        rest = list(words)
        while rest:
            name, sign, value = rest.pop(0).partition("=")
            if name in ("--overdue", "--json") and not sign:
                given["as_json" if name == "--json" else "overdue"] = True
                continue
            if name not in ("--box", "--process", "--find"):
                return None
            if not sign:
                value = rest.pop(0) if rest else "-"
            if value.startswith("-"):
                return None
            given[name[2:]] = value
        return Wanted(**given)  # type: ignore[arg-type]


def print_todo(session: Session, wanted: Wanted) -> None:
    """One box of one person. Errors: `UnknownName` for a box or procedure there is not."""
    box, language = find_box(wanted.box), session.language
    now = datetime.now(UTC)  # noqa: TID251 — only to mark what is late on the screen
    found = load(session, box, now)
    view = View(session, box, found.zone, now)
    rows = [row for row in map(view.row, found.lines) if _is_wanted(row, wanted)]
    if wanted.process and not rows:
        view.require_process(wanted.process)
    if wanted.as_json:
        shown = [{key: one for key, one in row.items() if key not in SPOKEN} for row in rows]
        print(dump({"box": box, "counts": found.counts, "rows": shown, "tick": found.tick}))
    else:
        print(counted(found.counts, box, language))
        if rows:
            print(view.draw(rows))
        elif found.lines:
            print(say("“{box}”里没有这样的事项", box=_name(box, language)).show(language))
    age = int((now - datetime.fromisoformat(found.tick)).total_seconds() // 60) if found.tick else 0
    note = (
        say("定时事项最近一次办理:{minutes} 分钟前", minutes=age)
        if found.tick
        else say("定时事项还没有办理过(tick)")
    )
    print(note.show(language), file=sys.stderr)


def find_box(word: str) -> str:
    """A box by its name in either language. Errors: `UnknownName`."""
    known = {name.lower(): box for box in BOXES for name in (box, NAMES[box], _name(box, "en"))}
    if word.lower() not in known:
        raise UnknownName(say("箱"), word, known)
    return known[word.lower()]


def load(session: Session, box: str, now: datetime) -> Box:
    """The box. The heavy libraries come only to somebody who has never signed anything, or to
    an office made by an older version.
    """
    here, name = session.workspace(), session.name()
    try:
        found = load_box(here.store, name, box, now)
    except Outdated:
        session.desk()
        found = load_box(here.store, name, box, now)
    if found.is_known:
        return found
    desk = session.desk()
    person = desk.catalog.roster(desk.clock()).person(name).id
    return load_box(here.store, person, box, now)


def counted(counts: Mapping[str, int], box: str, language: str) -> str:
    """How much lies in every box, this one in brackets."""
    parts = []
    for one in BOXES:
        part = f"{_name(one, language)} {counts[one]}"
        if one == COPIED and counts["unread"]:
            part += say("(未读 {count})", count=counts["unread"]).show(language)
        parts.append(f"[{part}]" if one == box else part)
    return " · ".join(parts)


@dataclass(slots=True)
class View:
    """How the lines of one box are shown to one reader at one moment."""

    session: Session
    box: str
    zone: str
    now: datetime
    _catalog: Catalog | None = None
    _names: dict[str, Names] = field(default_factory=dict)

    def row(self, line: Line) -> dict[str, object]:
        """A line for programs, and beside it what only people read (`SPOKEN`)."""
        language = self.session.language
        line = self._translated(line) if language == "en" else line
        action = line.action or translate("立案", language)
        mark = mark_of(line, self.now)
        words = [MARKS[mark]] if mark else []
        words += [word for word, holds in _flags(line) if holds]
        behalf = [say("代{person}", person=line.principal).show(language)] if line.principal else []
        row: dict[str, object] = {
            "number": line.number,
            "process": line.process,
            "title": line.title,
            "state": ("、" if language == "zh" else ", ").join(line.states),
            "at": shown(line.at, self.zone),
            "due": shown(line.due, self.zone),
            "late": bool(line.due and datetime.fromisoformat(line.due) < self.now),
            "mark": mark,
        }
        own: dict[str, dict[str, object]] = {
            TODO: {"role": line.role, "claimed": line.is_claimed, "for": line.principal},
            DONE: {"did_in": line.state, "action": line.action, "role": line.role},
            MINE: {},
            COPIED: {"by": line.by, "unread": line.is_unread},
            DRAFTS: {"n": line.n, "action": line.action, "moved": line.has_moved},
        }
        return {
            **row,
            **own[self.box],
            "subject": line.title or line.process,
            "did": f"{action} ({line.state})" if line.state else action,
            "marks": " ".join([*behalf, *(translate(word, language) for word in words)]),
            "short_at": self._short(line.at),
            "short_due": self._short(line.due),
        }

    def draw(self, rows: Sequence[Mapping[str, object]]) -> str:
        """The table; on a terminal the marks of deadlines in their colours."""
        columns = dict(COLUMNS[self.box])
        if terminal_width() >= ROOMY:
            at = list(columns).index("subject")
            entries = list(columns.items())
            columns = dict([*entries[:at], ("process", "流程"), *entries[at:]])
        heads = [translate(label, self.session.language) for label in columns.values()]
        cells = [[str(row[key]) for key in columns] for row in rows]
        whole = [place for place, key in enumerate(columns) if key in WHOLE]
        lines = draw(heads, cells, whole=whole).splitlines()
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            lines[2:] = map(_coloured, lines[2:], rows)
        return "\n".join(lines)

    def _short(self, moment: str | None) -> str:
        """A moment for a narrow column: without the year if it is this one."""
        return shown(moment, self.zone).removeprefix(
            shown(self.now.isoformat(), self.zone)[: len("2026-")]
        )

    def _translated(self, line: Line) -> Line:
        """The line with the owner's English names; only a reader of English pays for reading
        the definition they are in.
        """
        names = self._names_of(line)
        home = line.state or next(iter(line.states), "")
        return replace(
            line,
            process=names.process(),
            states=tuple(names.state(one) for one in line.states),
            role=names.role(line.role),
            state=names.state(line.state) if line.state else "",
            action=names.action(home, line.action) if line.action else "",
        )

    def require_process(self, name: str) -> None:
        """Refuse a procedure that is not in force. Errors: `UnknownName`."""
        from engine.reading.names import Names

        catalog = self._read_catalog()
        definitions = (catalog.definition(one.digest) for one in catalog.processes(self._today))
        known = [Names(one, self.session.language).process() for one in definitions]
        if name not in known:
            raise UnknownName(say("流程"), name, known)

    def _names_of(self, line: Line) -> Names:
        from engine.reading.names import Names

        catalog = self._read_catalog()
        digest = line.definition
        if not digest:
            digest = catalog.process(line.process, self._today)[0].digest
        if digest not in self._names:
            self._names[digest] = Names(catalog.definition(digest), "en")
        return self._names[digest]

    def _read_catalog(self) -> Catalog:
        from engine.catalog import Catalog
        from engine.store.store import Store

        if self._catalog is None:
            self._catalog = Catalog(Store.open(self.session.workspace().store))
        return self._catalog

    @property
    def _today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def mark_of(line: Line, now: datetime) -> str | None:
    """Suspended, clock stopped, red (the deadline has passed), yellow (less than a fifth of
    the time given is left, by the clock), or nothing.
    """
    if line.is_suspended:
        return SUSPENDED
    if line.due is None:
        return None
    if line.is_stopped:
        return STOPPED
    if datetime.fromisoformat(line.due) < now:
        return RED
    return YELLOW if line.soon and datetime.fromisoformat(line.soon) <= now else None


def shown(moment: str | None, zone: str) -> str:
    """A stored instant in the office's own time."""
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _name(box: str, language: str) -> str:
    return translate(NAMES[box], language)


def _flags(line: Line) -> tuple[tuple[str, bool], ...]:
    return (
        ("未读", line.is_unread),
        ("已签收", line.is_claimed),
        ("案件已变动", line.has_moved),
    )


def _coloured(text: str, row: Mapping[str, object]) -> str:
    colour = COLOURS.get(str(row["mark"]))
    return f"{colour}{text}\033[0m" if colour else text


def _is_wanted(row: Mapping[str, object], wanted: Wanted) -> bool:
    text = f"{row['number']}\n{row['title']}".lower()
    return (
        (not wanted.process or wanted.process == row["process"])
        and (not wanted.overdue or row["mark"] == RED)
        and wanted.find.lower() in text
    )
