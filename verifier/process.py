"""Level 4: each case followed through its compiled procedure (evidence-spec.md §12).

Conditions are not evaluated again. Judged is what the model says without them: which actions a
state has, where they lead, what they mean, which duties they carry, who was among those asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, parse
from verifier.cases import Act, Case, names, open_case, text
from verifier.chain import Judged
from verifier.families import Families
from verifier.findings import Finding, Weight
from verifier.model import Action, Process, ancestors, load_process
from verifier.reading import DEFS, Sound

_POST = re.compile(r"""post\(["']([^"'()]+)["']\)""")
_BY_PROCEDURE = frozenset(("Acted", "StatesMoved"))
_GOING_ON = frozenset(
    ("Acted", "StatesMoved", "TaskOffered", "Posted", "HoldChanged", "Occupied", "FieldsSet")
)
_IN_A_STATE = frozenset(("open", "step", "system"))  # what happens in some state of a case
_AFTERWARDS = frozenset(("Corrected", "CaseReopened", "TaskSigned"))


def check_process(bundle: Bundle, judged: Judged) -> tuple[Finding, ...]:
    """Level 4 over every case of a bundle, in the order of the log."""
    course = Course(bundle=bundle, judged=judged)
    for one in judged.sound:
        if one.body.stream.startswith("case/"):
            course.follow(one)
    return tuple(course.findings)


@dataclass(slots=True, kw_only=True)
class Course:
    """All cases of a bundle on their way."""

    bundle: Bundle
    judged: Judged
    findings: list[Finding] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)
    _processes: dict[str, Process | None] = field(default_factory=dict)
    families: Families = field(default_factory=Families)

    def follow(self, one: Sound) -> None:
        """Judge one more record. A case is followed up to its first contradiction."""
        body = one.body
        if body.typ == "refusal" or body.stream in self._lost:
            return
        events = one.events
        case = self.cases.get(body.stream)
        is_new = case is None
        try:
            if case is None:
                case = self._open(one, events)
            self._check_pin(one, case)
            self._judge(one, case, events[1:] if is_new else events)
        except Flaw as flaw:
            self.tell("E_MOVE", one, flaw.field or "events", flaw.zh, flaw.en)
            self._lost.add(body.stream)

    def tell(
        self, code: str, one: Sound, where: str, zh: str, en: str, weight: Weight = Weight.BREAK
    ) -> None:
        self.findings.append(
            Finding(
                code=code,
                level=4,
                stream=one.body.stream,
                seq=one.body.seq,
                field=where,
                zh=zh,
                en=en,
                weight=weight,
            )
        )

    # -- beginning --------------------------------------------------------------------

    def _open(self, one: Sound, events: tuple[dict[str, Json], ...]) -> Case:
        if not events or events[0].get("event") != "CaseOpened" or one.body.typ != "open":
            raise Flaw("历史不是从立案开始的", "the history does not begin with an opening")
        case = open_case(events[0], one)
        if f"case/{case.id}" != one.body.stream:
            raise Flaw("立案的不是这条流的案件", "another case than the stream's is opened")
        self.cases[one.body.stream] = case
        if case.parent is not None:
            self.families.link(case.id, case.parent)
        return case

    def _check_pin(self, one: Sound, case: Case) -> None:
        """Each record names its case and the procedure the case is pinned to."""
        body = one.body
        if (body.case, body.number) != (case.id, case.number):
            self.tell("E_MOVE", one, "case", "写明的不是这一案", "it names another case")
        if body.definition is None:
            return
        published = self._published(case.definition)
        said = (body.definition.name, body.definition.src)
        if said != (case.process, case.definition) or body.definition.model not in published:
            self.tell(
                "E_MODEL",
                one,
                "def",
                "依据的流程不是本案立案时所定、所发布的那一版",
                "it rests on another procedure than the one pinned and published",
            )

    def _published(self, digest: str) -> frozenset[str]:
        """The models published for a text."""
        return frozenset(
            str(event.get("model"))
            for one in self.judged.streams.get(DEFS, ())
            if (event := one.event("Published")) is not None and event.get("digest") == digest
        )

    def process(self, one: Sound) -> Process | None:
        """The model a record pins; a missing one is a gap, told once."""
        digest = one.body.definition.model if one.body.definition else ""
        if digest not in self._processes:
            self._processes[digest] = None
            content = self.bundle.models.get(digest)
            if content is None or self.bundle.suite.digest(content) != digest:
                self.tell(
                    "E_MODEL",
                    one,
                    "def.model",
                    "证据包没有这个流程模型,这些案件的办理过程无法核对",
                    "the bundle lacks this model: the course of its cases cannot be checked",
                    Weight.GAP,
                )
            else:
                try:
                    self._processes[digest] = load_process(parse(content))
                except Flaw as flaw:
                    self.tell("E_MODEL", one, "def.model", flaw.zh, flaw.en)
        return self._processes[digest]

    # -- one record -------------------------------------------------------------------

    def _judge(self, one: Sound, case: Case, events: tuple[dict[str, Json], ...]) -> None:
        before, was_closed = case.configuration, case.closed_at is not None
        kinds = {event.get("event") for event in events}
        # A record of something else, such as what was destroyed, rests on no procedure.
        process = self.process(one) if kinds & _BY_PROCEDURE else None
        if was_closed and kinds & _GOING_ON and not kinds & _AFTERWARDS:
            self.tell("E_AFTER_END", one, "events", "本案已办结", "the case had ended")
        has_acted = False
        if one.body.typ != "open":
            self._check_node(one, case)
        for event in events:
            kind = event.get("event")
            if kind == "Acted":
                self._check_act(one, case, process, event, is_first=not has_acted)
                has_acted = True
            elif kind == "StatesMoved" and process is not None:
                self._check_move(one, case, process, event, kinds)
            elif kind == "TaskClaimed":
                self._check_claim(one, case, event)
            elif kind == "MemberJoined":
                self.families.link(case.id, text(event, "case"))
            case.apply(event, one)
        if one.body.typ == "open":
            self._check_node(one, case)
        move = one.body.move
        moved = "StatesMoved" in kinds
        told = (move.before, move.after) if move is not None else None
        if told != ((before, case.configuration) if moved else None):
            self.tell(
                "E_MOVE",
                one,
                "move",
                "写明的去向与事件不符",
                "where it says the case went is not what the events say",
            )

    def _check_node(self, one: Sound, case: Case) -> None:
        """The state a record names is that of its task or, without one, one the case is in."""
        body = one.body
        task = case.tasks.get(body.task)
        if body.typ not in _IN_A_STATE and (body.task, body.node) == ("", ""):
            return
        is_there = task.state == body.node if task else not body.task and case.is_in(body.node)
        if not is_there:
            self.tell(
                "E_MOVE",
                one,
                "task",
                f"写明的环节“{body.node}”不是任务或案件当时所在",
                f"neither its task nor the case was in “{body.node}”",
            )

    def _check_act(
        self,
        one: Sound,
        case: Case,
        process: Process | None,
        event: Mapping[str, Json],
        *,
        is_first: bool,
    ) -> None:
        state, name, role = text(event, "state"), text(event, "action"), text(event, "role")
        is_system = event.get("system") is True
        if is_first and one.body.typ == "step" and (is_system or name != one.body.act):
            self.tell("E_MOVE", one, "act", "动作与事件不符", "the act is not that of the events")
        if process is None:
            return
        is_everyday = process.allows(name) and not role
        found = [
            action
            for action in process.find_actions(name, state)
            if not action.refuses and (action.is_systems or not is_system)
        ]
        task = case.tasks.get(text(event, "task")) if event.get("task") is not None else None
        is_here = case.is_in(state) or (task is not None and task.state == state)
        if not (found or is_everyday) or not is_here:
            self.tell(
                "E_MOVE",
                one,
                "act",
                f"“{state}”没有动作“{name}”,或案件不在此环节",
                f"“{state}” has no action “{name}”, or the case is not there",
            )
            return
        if found:
            self._check_kind(one, process, found, event, state, is_system=is_system)
        if not is_system:
            if not is_everyday or found:
                self._check_actor(one, case, process, event, role)
            self._check_apart(one, case, process, frozenset((*names(event, "duties"), role)))

    def _check_kind(
        self,
        one: Sound,
        process: Process,
        found: list[Action],
        event: Mapping[str, Json],
        state: str,
        *,
        is_system: bool,
    ) -> None:
        """Duties and meaning are the action's own; a reason turns an approval into a rejection."""
        if not any(action.duties == names(event, "duties") for action in found):
            self.tell(
                "E_APART", one, "duties", "职责与流程所定不符", "its duties are not the procedure's"
            )
        known = process.states.get(state)
        stated = known.meaning if known else "none"
        wanted = {action.meaning if action.meaning != "none" else stated for action in found}
        if "approval" in wanted and any(action.reason for action in found):
            wanted.add("rejection")
        if not is_system and text(event, "meaning") not in wanted:
            self.tell(
                "E_MOVE",
                one,
                "meaning",
                "签名的含义与流程所定不符",
                "the meaning is not the procedure's",
            )

    def _check_actor(
        self, one: Sound, case: Case, process: Process, event: Mapping[str, Json], role: str
    ) -> None:
        """Who acted is among those the decision found for the role, and holds the task.

        Where the role is the holders of one post, and the work is not in named hands, those
        found are holders of that post by the fact that level 3 compares with the roster.
        """
        body = one.body
        asked = one.opened.get(f"fact/who({role})")
        task = case.tasks.get(text(event, "task")) if event.get("task") is not None else None
        post = _POST.fullmatch(process.people.get(role, ""))
        holders = one.opened.get(f"fact/post({post.group(1)})") if post else asked
        if task is not None and task.named:
            holders = asked
        is_asked = isinstance(asked, list) and body.party in asked
        if not is_asked or not isinstance(holders, list) or body.party not in holders:
            self.tell(
                "E_ACTOR",
                one,
                "actor.uid",
                f"{body.party} 不在“{role}”之列",
                f"{body.party} is not among “{role}”",
            )
        elif task is not None and task.role != role:
            self.tell("E_ACTOR", one, "task", "任务是另一角色的", "the task is another role's")
        elif task is not None and task.claimed_by not in (None, body.actor.uid, body.party):
            self.tell("E_ACTOR", one, "task", "任务已由他人签收", "the task was somebody else's")
        elif task is not None and task.status not in ("offered", "claimed"):
            self.tell("E_ACTOR", one, "task", "任务已结束", "the task was over")

    def _check_claim(self, one: Sound, case: Case, event: Mapping[str, Json]) -> None:
        if text(event, "by") not in (one.body.actor.uid, one.body.party):
            self.tell("E_ACTOR", one, "events", "签收人不是办理人", "another person claims it")

    def _check_move(
        self,
        one: Sound,
        case: Case,
        process: Process,
        event: Mapping[str, Json],
        kinds: set[Json],
    ) -> None:
        """A move is one its action can make from where the case is."""
        name, entered = text(event, "action"), names(event, "entered")
        exited, after = names(event, "exited"), names(event, "configuration")
        active = {path for leaf in case.configuration for path in ancestors(leaf)}
        unknown = [path for path in entered if path not in process.states and not _is_done(path)]
        if unknown or not set(exited) <= active or not _fits(case, exited, entered, after):
            self.tell(
                "E_MOVE",
                one,
                "events",
                "离开或进入的环节与案件所在不符",
                "what is left or entered does not fit where the case is",
            )
            return
        if name == "":
            is_right = case.configuration == () and process.start in entered
        else:
            found = [
                action for leaf in case.configuration for action in process.find_actions(name, leaf)
            ]
            targets = {target for action in found for target in action.targets}
            is_free = any(action.is_free for action in found) or bool(
                kinds & {"SentBack", "CameBack", "WithdrawalEnded", "CaseReopened"}
            )
            leads = bool(found) and (bool(targets & set(entered)) or is_free)
            # Where an everyday action may go follows from the past of the case, not the model.
            is_right = leads or process.allows(name)
        if not is_right:
            self.tell(
                "E_MOVE",
                one,
                "events",
                f"动作“{name}”不能从此处到此",
                f"the action “{name}” does not lead there",
            )

    # -- duties apart -----------------------------------------------------------------

    def _check_apart(self, one: Sound, case: Case, process: Process, mine: frozenset[str]) -> None:
        """No natural person does both halves, in the case or, if the rule says so, its family."""
        people = frozenset((one.body.actor.uid, one.body.party))
        for rule in process.apart:
            for here, theirs in (rule.duties, rule.duties[::-1]):
                if here not in mine:
                    continue
                pasts = list(self._pasts(case, rule.within))
                is_done = any(theirs in act.names and act.people & people for act in pasts)
                if is_done or people & self._holders(one, process, theirs):
                    self.tell(
                        "E_APART",
                        one,
                        "actor.uid",
                        f"不相容职责“{here}×{theirs}”由同一人办理",
                        f"one person did both “{here}” and “{theirs}”",
                    )
                    return

    def _pasts(self, case: Case, within: str) -> Iterator[Act]:
        yield from case.acts
        if within == "family":
            for other in sorted(self.families.of(case.id)):
                known = self.cases.get(f"case/{other}")
                yield from known.acts if known is not None else ()

    def _holders(self, one: Sound, process: Process, duty: str) -> frozenset[str]:
        """Who held a duty standing, where it is a post and the decision read who has it."""
        asked = _POST.fullmatch(process.holders.get(duty, ""))
        found = one.opened.get(f"fact/post({asked.group(1)})") if asked else None
        return frozenset(str(who) for who in found) if isinstance(found, list) else frozenset()


def _is_done(path: str) -> bool:
    """Whether a leaf is the finished end of a branch."""
    return path.rpartition("/")[2] == "完成"


def _fits(
    case: Case, exited: tuple[str, ...], entered: tuple[str, ...], after: tuple[str, ...]
) -> bool:
    """The new leaves are old ones that were not left, or were entered."""
    kept = {leaf for leaf in case.configuration if leaf not in exited}
    return all(leaf in kept or leaf in entered for leaf in after)
