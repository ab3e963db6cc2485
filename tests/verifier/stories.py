"""One procedure, cases that go through it record by record, and what level 4 says of them."""

from __future__ import annotations

from typing import Any

from tests.verifier.parts import (
    Log,
    Row,
    actor,
    bundle,
    by_digest,
    definition,
    event,
    move,
    sha256,
    shown,
    written,
)
from tests.verifier.test_model import action, model, state
from verifier.process import check_process
from verifier.reading import Sound

SOURCE = sha256(b"the text")
PROCEDURE = model(
    state("起草", actions=[action("提交", arms=[{"to": "审核"}], duties=["起草"])]),
    state(
        "审核",
        actions=[
            action("通过", arms=[{"to": "办理/甲"}], duties=["审核"], meaning="approval"),
            action("驳回", arms=[{"to": "起草"}], meaning="approval", reason=True),
            action("说明", arms=[{"to": "起草"}], meaning="witness", reason=True),
            action("拒收", refuse="NO"),
            action("超时", arms=[{"to": "结束"}], auto=True),
            action("领回", arms=[{"is_back": True}]),
        ],
    ),
    state(
        "办理",
        *(state("办理/甲"), state("办理/乙", meaning="none")),
        actions=[action("办完", arms=[{"to": "结束"}])],
    ),
    state("结束"),
    actions=[action("作废", arms=[{"to": "结束"}])],
    everyday=[{"word": "urge"}],
    apart=[
        {"duties": ["起草", "审核"], "within": "family"},
        {"duties": ["审核", "保管"], "within": "case"},
    ],
    duties=[{"name": "保管", "holders": "post('保管员')"}],
    roles=[
        {"name": "审核人", "people": "post('主任')"},
        {"name": "起草人", "people": "case.initiator"},
    ],
)
CASE: Row = {"number": "2026-1", "process": "入库", "definition": SOURCE, "initiator": "linlan"}
OPENING = event("CaseOpened", case="1", **CASE)
ACTED = event(
    *("Acted",), state="审核", action="通过", role="审核人", duties=["审核"], meaning="approval"
) | {"task": "t"}
OFFERED = event("TaskOffered", task="t", state="审核", role="审核人", people=["wutong"])


def moved(name: str, exited: list[str], entered: list[str], after: list[str] | None = None) -> Row:
    configuration = entered if after is None else after
    fields = {"action": name, "exited": exited, "entered": entered}
    return event("StatesMoved", configuration=configuration, **fields)


APPROVED = moved("通过", ["审核"], ["办理/甲"])


class Story:
    """An office with one procedure, and what becomes of its cases."""

    def __init__(self, procedure: Row = PROCEDURE) -> None:
        content = written(procedure)
        self.log, self.models = Log(), by_digest(content)
        self.where: dict[str, list[list[str]]] = {}  # the configurations of each case
        self.rests_on = definition("入库", SOURCE, sha256(content))
        self.log.add("defs", event("Published", digest=SOURCE, model=sha256(content)), typ="def")

    def add(self, *events: Row, case: str = "1", **changes: Any) -> Sound:
        """One more record, in the state the case is in unless it is said otherwise."""
        moves = [one["configuration"] for one in events if one["event"] == "StatesMoved"]
        before = moves[:1] if changes.get("typ") == "open" else self.where.get(case, [[]])[-1:]
        leaves = before[-1] if before else []
        self.where.setdefault(case, [[]]).extend(moves)
        plain = {"definition": self.rests_on, "node": leaves[0] if leaves else ""}
        return self.log.add(f"case/{case}", *events, **{**plain, **changes})

    def open(self, *more: Row, case: str = "1", parent: str | None = None) -> None:
        """A case is opened in the state where the procedure starts."""
        opening = event("CaseOpened", case=case, **CASE, parent=parent)
        events = (opening, moved("", [], ["起草"]), *more)
        self.add(*events, case=case, typ="open", move=move([], ["起草"]))

    def submit(self, case: str = "1", uid: str = "linlan", task: str = "t") -> None:
        """It is drafted, and offered to a reviewer."""
        fields: Row = {"state": "起草", "role": "起草人", "duties": ["起草"], "task": None}
        fields |= {"action": "提交", "meaning": "review"}
        self.add(
            *(ACTED | fields, moved("提交", ["起草"], ["审核"]), OFFERED | {"task": task}),
            case=case,
            act="提交",
            actor=actor(uid),
            move=move(["起草"], ["审核"]),
            facts={"who(起草人)": [uid]},
        )

    def approve(
        self, *more: Row, before: tuple[Row, ...] = (), went: Row | None = APPROVED, **told: Any
    ) -> None:
        """The reviewer acts: approves, or what is said otherwise of the act or the record."""
        act = ACTED | {name: told.pop(name) for name in (*ACTED, "system") if name in told}
        facts = {"who(审核人)": ["wutong"], "post(主任)": ["wutong", "hanjiang"]}
        given = {"act": act["action"], "actor": actor("wutong")}
        if went is not None:
            given["move"] = move(["审核"], went["configuration"])
        given["facts"] = facts | told.pop("facts", {})
        events = (*before, act, *([went] if went else []), *more)
        self.add(*events, **(given | told))

    def stay(self, name: str, where: str, **told: Any) -> None:
        """An act that leads nowhere, of everyday unless it is said otherwise."""
        plain: Row = {"role": "", "duties": [], "task": None, "meaning": "none", "facts": {}}
        self.approve(went=None, **(plain | {"action": name, "state": where} | told))

    def told(self) -> list[tuple[str, str, str]]:
        found = check_process(bundle(self.models), self.log.judged)
        return shown(found)


def reviewed(*more: Row) -> Story:
    """A story up to the review of its case."""
    story = Story()
    story.open(*more)
    story.submit()
    return story


def one(
    code: str, field: str, zh: str, en: str, seq: int = 2, case: str = "1", weight: str = "break"
) -> tuple[str, str, str]:
    place = f"case/{case} #{seq} {field} [{code}] L4:"
    return f"{place} {zh}", f"{place} {en}", weight


NOT_HERE = one(
    *("E_MOVE", "act", "“审核”没有动作“通过”,或案件不在此环节"),
    "“审核” has no action “通过”, or the case is not there",
)
WRONG_ACT = one("E_MOVE", "act", "动作与事件不符", "the act is not that of the events")
WRONG_MEANING = one(
    "E_MOVE", "meaning", "签名的含义与流程所定不符", "the meaning is not the procedure's"
)
WRONG_DUTIES = one("E_APART", "duties", "职责与流程所定不符", "its duties are not the procedure's")
NOT_AMONG = one("E_ACTOR", "actor.uid", "wutong 不在“审核人”之列", "wutong is not among “审核人”")
WRONG_MOVE = one(
    *("E_MOVE", "move", "写明的去向与事件不符"),
    "where it says the case went is not what the events say",
)
NO_FIT = one(
    *("E_MOVE", "events", "离开或进入的环节与案件所在不符"),
    "what is left or entered does not fit where the case is",
)
NO_WAY = one(
    *("E_MOVE", "events", "动作“通过”不能从此处到此"), "the action “通过” does not lead there"
)
BOTH = one(
    *("E_APART", "actor.uid", "不相容职责“审核×起草”由同一人办理"),
    "one person did both “审核” and “起草”",
)


Told = tuple[str, str, str]


def but(told: Told, *changes: tuple[str, str]) -> Told:
    """The same with other words or at another place."""
    zh, en, weight = told
    for was, now in changes:
        zh, en = zh.replace(was, now), en.replace(was, now)
    return zh, en, weight


def at(seq: int, told: Told) -> Told:
    return but(told, ("#2", f"#{seq}"))


def absent(name: str, where: str) -> Told:
    """As `NOT_HERE`, of another action in another state."""
    return but(NOT_HERE, ("审核", where), ("通过", name))
