"""States and actions: the nested part of a process file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from engine.errors import Source
from engine.language import keys
from engine.language.calendar import MOMENT_KEYS, parse_span, read_moment
from engine.language.definition import (
    DONE,
    SEPARATOR,
    SYSTEM,
    Action,
    Arm,
    Checklist,
    Deadline,
    Duty,
    Gate,
    Item,
    Kind,
    Late,
    Meaning,
    Required,
    Role,
    Rule,
    Slot,
    State,
    is_within,
)
from engine.language.effect_loader import read_effect, read_entries
from engine.language.effects import SetFields, TellPeople
from engine.language.everyday_loader import read_vote
from engine.language.expressions import Expression
from engine.language.form_loader import read_expression
from engine.language.parts import read_assignments, read_basis, read_rule, read_start
from engine.language.reader import Cursor, Mapping_, Node, Scalar, Sequence
from engine.language.split import read_split
from engine.text import Text, say

MEANINGS: Mapping[str, Meaning] = {one.value: one for one in Meaning}
RESULTS = {
    "true": "done",
    "是": "done",
    "done": "done",
    "rejected": "rejected",
    "cancelled": "cancelled",
}
REMIND = Decimal("0.8")
STAY, BACK = "stay", "back"
FINISH = "done"


class StateLoader:
    """Reads the states of one process; knows its roles, rules and duties."""

    def __init__(
        self,
        cursor: Cursor,
        roles: Mapping[str, Role],
        rules: Mapping[str, Rule | None],
        duties: tuple[Duty, ...],
        every_field: tuple[str, ...],
    ) -> None:
        self.cursor = cursor
        self.roles = roles
        self.rules = rules
        self.duties = duties
        self.every_field = every_field
        self._paths: list[str] = []
        self._branches: set[str] = set()

    # -- states --------------------------------------------------------------------------

    def states(self, node: Node | None) -> tuple[State, ...]:
        """The top states. Paths are gathered first, so that targets may point forward."""
        self._gather_paths(node, "")
        return tuple(
            self._state(key, value, "", branch=False) for key, value in self.cursor.entries(node)
        )

    def _gather_paths(self, node: Node | None, outer: str) -> None:
        if not isinstance(node, Mapping_):
            return
        for key, value in node.entries:
            path = f"{outer}{SEPARATOR}{key.text}" if outer else key.text
            self._paths.append(path)
            if isinstance(value, Mapping_):
                parallel = value.get("parallel")
                if isinstance(parallel, Mapping_):
                    self._branches |= {
                        f"{path}{SEPARATOR}{one.text}" for one, _ in parallel.entries
                    }
                self._gather_paths(parallel, path)
                self._gather_paths(value.get("states"), path)

    def resolve(self, name: str, source: Source, near: str = "") -> str:
        """The full path a state name means: a sibling first, then the only one so called."""
        outer = near
        while True:
            candidate = f"{outer}{SEPARATOR}{name}" if outer else name
            if candidate in self._paths:
                return candidate
            if not outer:
                break
            outer = outer.rpartition(SEPARATOR)[0]
        same = [path for path in self._paths if path.rpartition(SEPARATOR)[2] == name]
        if len(same) == 1:
            return same[0]
        if same:
            self.cursor.say(
                source,
                say("有几个环节都叫“{name}”", name=name),
                say("请写全:{paths}", paths=tuple(same)),
            )
        elif name:
            self.cursor.unknown(source, say("环节"), name, self._paths)
        return ""

    def _state(self, key: Scalar, node: Node, outer: str, *, branch: bool) -> State:
        cursor = self.cursor
        path = f"{outer}{SEPARATOR}{key.text}" if outer else key.text
        top = cursor.mapping(node, keys.STATE)
        if key.text == DONE:
            cursor.say(key, say("“{name}”是保留的环节名", name=DONE), say("请换一个名称"))
        inner_node = top.get("parallel") or top.get("states")
        parallel = "parallel" in top
        inner = tuple(
            self._state(name, value, path, branch=parallel)
            for name, value in cursor.entries(inner_node)
        )
        slots, need, order, sees, meaning = self._sign(top)
        sign = top.get("sign")
        vote, ballots = read_vote(cursor, sign.get("vote") if isinstance(sign, Mapping_) else None)
        start = top.get("start")
        final = top.get("final")
        split = top.get("split")
        routed = read_split(cursor, split) if split is not None else None
        if routed is not None and any(word in top for word in ("who", "sign", "actions")):
            cursor.say(key, say("“{name}”写了 split,就不再写 who、sign、actions", name=key.text))
        actions = self._actions(routed.actions if routed else top.get("actions"), path)
        actions = (*self._actions(ballots, path), *actions)
        if branch and not actions and not inner:
            actions = (self._finish(path, node.source),)
        if "states" in top and start is None:
            cursor.say(
                key,
                say("“{name}”有内部环节,却没写从哪里开始", name=key.text),
                say("请写 start: 环节"),
            )
        return State(
            path=path,
            en=cursor.optional(top.get("en")),
            kind=_kind(top, slots),
            basis=read_basis(cursor, top.get("basis")),
            slots=slots,
            need=need,
            order=order,
            vote=vote,
            meaning=meaning,
            sees=sees,
            edit=self._edit(top.get("edit")),
            require=self._required(top.get("require")),
            hide=self._names(top.get("hide")),
            due=self._deadlines(top.get("due")),
            checklist=self._checklist(top.get("checklist")),
            when=read_expression(cursor, top.get("when")),
            inner=inner,
            start=self.resolve(cursor.text(start), start.source, path) if start else None,
            actions=actions,
            entry=tuple(
                read_effect(self.cursor, one)
                for one in (*cursor.items(top.get("entry")), *(routed.entry if routed else ()))
            ),
            clock_stopped=cursor.one_of(top.get("clock"), {"stopped": True}, False),
            result=cursor.one_of(final, RESULTS, "done") if final else None,
            source=key.source,
        )

    def _finish(self, path: str, source: Source) -> Action:
        """The action a branch has if its owner wrote none: 完成."""
        key = Scalar(DONE, True, source)
        return self._action(key, Scalar(FINISH, True, source), path)

    # -- who -----------------------------------------------------------------------------

    def _sign(
        self, top: Mapping_
    ) -> tuple[tuple[Slot, ...], Expression | None, bool, tuple[str, ...], Meaning]:
        cursor = self.cursor
        who, sign = top.get("who"), top.get("sign")
        if isinstance(sign, Mapping_):
            inside = cursor.mapping(sign, keys.SIGN, ("who",))
            if who is not None:
                cursor.say(sign, say("who 和 sign.who 只写一处"))
            signers = inside.get("who")
            nodes = signers.items if isinstance(signers, Sequence) else (signers,)
            slots = tuple(self.slot(one) for one in nodes if one is not None)
            wanted = inside.get("need")
            text = cursor.text(wanted, "all")
            need = None
            if text == "any":
                need = _literal("1")
            elif text != "all":
                need = read_expression(cursor, wanted)
            return (
                slots,
                need,
                cursor.boolean(inside.get("order")),
                self._names(inside.get("sees")),
                cursor.one_of(inside.get("meaning"), MEANINGS, Meaning.APPROVAL),
            )
        slots = (self.slot(who),) if who is not None and not is_system(who) else ()
        meaning = cursor.one_of(sign, MEANINGS, Meaning.NONE) if sign else Meaning.NONE
        return slots, None, False, (), meaning

    def slot(self, node: Node) -> Slot:
        """A place: a role by name, or people by expression, with condition and number."""
        when = need = None
        weight = 1
        who: Node | None = node
        if isinstance(node, Mapping_):
            top = self.cursor.mapping(node, keys.SLOT, ("who",))
            who = top.get("who")
            weight = self.cursor.integer(top.get("weight")) if "weight" in top else 1
            when = read_expression(self.cursor, top.get("when"))
            need = read_expression(self.cursor, top.get("need"))
        text = self.cursor.text(who)
        role = self.roles.get(text)
        if role is None:
            expression = read_expression(self.cursor, who)
            role = Role(
                name=text,
                en=None,
                people=expression,
                collective=None,
                outsider=None,
                recorder=None,
                minutes=(),
                source=node.source,
            )
        return Slot(role=role, when=when, need=need, weight=weight)

    # -- what ----------------------------------------------------------------------------

    def _names(self, node: Node | None) -> tuple[str, ...]:
        found = self.cursor.texts(node)
        for one in found:
            self._check_commas(one)
        return tuple(one.text for one in found)

    def _check_commas(self, name: Scalar) -> None:
        """Names that a full-width sign was to separate."""
        head = re.split("[，、]", name.text, maxsplit=1)[0]
        if head == name.text:
            return
        if name.text[len(head)] == "，" or head.strip() in self.every_field:
            self.cursor.full_comma(name, len(head))

    def _edit(self, node: Node | None) -> tuple[str, ...]:
        """The fields that may be filled; `all` stands for every field not computed."""
        names = self._names(node)
        return self.every_field if names == ("all",) else names

    def _required(self, node: Node | None) -> tuple[Required, ...]:
        found = []
        for one in self.cursor.items(node):
            if isinstance(one, Mapping_):
                top = self.cursor.mapping(one, keys.REQUIRED, ("field",))
                name = self.cursor.text(top.get("field"))
                found.append(
                    Required(field=name, when=read_expression(self.cursor, top.get("when")))
                )
            else:
                found += [Required(field=name, when=None) for name in self._names(one)]
        return tuple(found)

    def _checklist(self, node: Node | None) -> Checklist | None:
        if node is None:
            return None
        refuse, one_at_a_time = "E_GUARD", False
        if isinstance(node, Mapping_):
            top = self.cursor.mapping(node, keys.CHECKLIST, ("items",))
            refuse = self.cursor.text(top.get("refuse"), refuse)
            one_at_a_time = self.cursor.boolean(top.get("one_at_a_time"))
            node = top.get("items")
        items = []
        for one in self.cursor.items(node):
            if isinstance(one, Mapping_):
                top = self.cursor.mapping(one, keys.ITEM, ("item",))
                items.append(
                    Item(
                        name=self.cursor.text(top.get("item")),
                        en=self.cursor.optional(top.get("en")),
                        when=read_expression(self.cursor, top.get("when")),
                        after=self._names(top.get("after")),
                    )
                )
            else:
                items.append(Item(name=self.cursor.text(one), en=None, when=None, after=()))
        return Checklist(items=tuple(items), refuse=refuse, one_at_a_time=one_at_a_time)

    def _deadlines(self, node: Node | None) -> tuple[Deadline, ...]:
        if node is None:
            return ()
        several = node.items if isinstance(node, Sequence) else (node,)
        found = tuple(self.deadline(one) for one in several)
        if isinstance(node, Sequence) and found and found[-1].when is not None:
            self.cursor.say(
                several[-1],
                say("时限列表缺少 otherwise"),
                say("最后一行写“- {{otherwise: 2 hours, …}}”"),
            )
        return found

    def deadline(self, node: Node) -> Deadline:
        cursor = self.cursor
        top = Mapping_((), node.source)
        by: Node | None = node
        if not isinstance(node, Scalar):
            top = cursor.mapping(node, keys.DUE)
            by = top.get("otherwise") or top.get("by")
        moment = None
        if any(name in top for name in ("monthly", "quarterly", "half_yearly", "yearly")):
            moment = read_moment(cursor, _part(top, MOMENT_KEYS))
            by = None
        elif by is None and "on" not in top:
            cursor.say(node, say("没有写多长时间"), say("请写 by: 3 workdays"))
        span = None
        if by is not None:
            read = parse_span(cursor.text(by))
            if isinstance(read, Text):
                cursor.say(by, read)
            else:
                span = read
        after = top.get("after")
        return Deadline(
            when=read_expression(cursor, top.get("when")),
            span=span,
            after=self.resolve(cursor.text(after), after.source) if after else None,
            before=read_expression(cursor, top.get("before")),
            moment=moment,
            of=read_expression(cursor, top.get("of")),
            on=read_expression(cursor, top.get("on")),
            late=cursor.one_of(top.get("late"), {one.value: one for one in Late}, Late.ESCALATE),
            tell=read_expression(cursor, top.get("tell")),
            remind=self._remind(top.get("remind")),
            source=node.source,
        )

    def _remind(self, node: Node | None) -> Decimal | None:
        text = self.cursor.text(node, "80%") if node is not None else "80%"
        if text == "never":
            return None
        number = text.removesuffix("%")
        if not text.endswith("%") or not number.isdigit() or not 0 < int(number) < 100:
            if node is not None:
                self.cursor.say(node, say("“{text}”应如 80% 或 never", text=text))
            return REMIND
        return Decimal(number) / 100

    # -- actions -------------------------------------------------------------------------

    def _actions(self, node: Node | None, home: str) -> tuple[Action, ...]:
        return tuple(self._action(key, value, home) for key, value in self.cursor.entries(node))

    def case_actions(self, node: Node | None) -> tuple[Action, ...]:
        """The actions declared for the whole case."""
        return tuple(self._action(key, value, "") for key, value in self.cursor.entries(node))

    def _action(self, key: Scalar, node: Node, home: str) -> Action:
        cursor = self.cursor
        top = Mapping_((), node.source)
        to: Node | None = node
        if isinstance(node, Mapping_):
            top = cursor.mapping(
                node, keys.ACTION if home else keys.CASE_ACTION, () if home else ("from",)
            )
            to = top.get("to")
        who, at, start, limit = (top.get(name) for name in ("who", "at", "start", "max"))
        beyond, given = top.get("beyond"), top.get("set")
        duties = tuple(
            duty.name
            for duty in self.duties
            if any(_is_act(act, home, key.text) for act in duty.acts)
        )
        return Action(
            name=key.text,
            en=cursor.optional(top.get("en")),
            home=home,
            sources=self._sources(top.get("from")),
            arms=self._arms(to, home, key.text, key.source) if "refuse" not in top else (),
            who=self.slot(who) if who is not None and not is_system(who) else None,
            by_system=(who is not None and is_system(who))
            or at is not None
            or (who is None and cursor.boolean(top.get("auto")) and not home),
            when=read_expression(cursor, top.get("when")),
            after=self._gate(top.get("after"), home),
            auto=cursor.boolean(top.get("auto")),
            at=self.deadline(at) if at else None,
            need=self._need(top.get("need")),
            reason=cursor.one_of(top.get("reason"), {"required": True, "optional": False}, False),
            edit=self._edit(top.get("edit")),
            require=self._required(top.get("require")),
            append=cursor.optional(top.get("append")),
            start=read_start(cursor, start, self._process(start)) if start else None,
            set=SetFields(fields=read_assignments(cursor, given)) if given else None,
            post=read_entries(self.cursor, top.get("post")),
            reopen=self._reopen(top.get("reopen")),
            rest=cursor.one_of(top.get("rest"), {"cancel": "cancel", "keep": "keep"}, "cancel"),
            limit=cursor.integer(limit) if limit else None,
            beyond=self.resolve(cursor.text(beyond), beyond.source, home) if beyond else None,
            refuse=cursor.optional(top.get("refuse")),
            say=cursor.optional(top.get("say")),
            meaning=cursor.one_of(top.get("meaning"), MEANINGS, Meaning.NONE),
            tell=self._tell(top.get("tell")),
            stand=tuple(
                self.resolve(one.text, one.source) for one in cursor.texts(top.get("stand"))
            ),
            duties=duties,
            source=key.source,
        )

    def _tell(self, node: Node | None) -> TellPeople | None:
        """`tell: {who: 分管领导, say: …}`: a notice that goes out with the action."""
        if node is None:
            return None
        top = self.cursor.mapping(node, keys.TELL, keys.TELL)
        who = read_expression(self.cursor, top.get("who"))
        return TellPeople(who=who, say=self.cursor.text(top.get("say"))) if who else None

    def _process(self, node: Node) -> str:
        if isinstance(node, Mapping_):
            return self.cursor.text(node.get("process") or node.get("start"))
        return self.cursor.text(node)

    def _sources(self, node: Node | None) -> tuple[str, ...]:
        names = self.cursor.texts(node)
        if [one.text for one in names] == ["any"]:
            return tuple(path for path in self._paths if SEPARATOR not in path)
        return tuple(self.resolve(one.text, one.source) for one in names)

    def _arms(self, node: Node | None, home: str, name: str, source: Source) -> tuple[Arm, ...]:
        cursor = self.cursor
        if node is None:
            return (Arm(when=None, to=None, source=source),)
        if isinstance(node, Scalar):
            return (self._arm(None, node, home, node.source),)
        arms = []
        items = cursor.items(node)
        if items and all(isinstance(one, Scalar) for one in items):
            cursor.say(
                source,
                say(
                    "“{action}”同时去往 {states}:一次只去一个环节",
                    action=name,
                    states=tuple(one.text for one in items if isinstance(one, Scalar)),
                ),
                say("几件事同时办请写 parallel;同一件事分几份办,请用 start 按 each 开子案"),
            )
            return (Arm(when=None, to=None, source=source),)
        for number, one in enumerate(items, 1):
            top = cursor.mapping(one, keys.ARM)
            last = number == len(items)
            if last and "otherwise" not in top:
                cursor.say(
                    one, say("有条件的去向缺少 otherwise"), say("最后一行写“- {{otherwise: 环节}}”")
                )
            elif not last and not ("when" in top and "to" in top):
                cursor.say(one, say("这一行要有 when 和 to"))
            target = top.get("otherwise") or top.get("to")
            when = read_expression(cursor, top.get("when"))
            arms.append(self._arm(when, target, home, one.source))
        return tuple(arms)

    def _arm(self, when: Expression | None, target: Node | None, home: str, source: Source) -> Arm:
        if target is not None and self.cursor.text(target) == BACK:
            return Arm(when=when, to=None, is_back=True, source=source)
        to = self._target(target, home) if target is not None else None
        return Arm(when=when, to=to, source=source)

    def _target(self, node: Node, home: str) -> str | None:
        name = self.cursor.text(node)
        if name == STAY:
            return None
        if name == FINISH:
            branch = next(
                (
                    path
                    for path in sorted(self._branches, key=len, reverse=True)
                    if home and is_within(home, path)
                ),
                None,
            )
            if branch is None:
                self.cursor.say(node, say("done 只能用在并行环节的一支里"))
                return None
            return f"{branch}{SEPARATOR}{DONE}"
        outer = home.rpartition(SEPARATOR)[0]
        return self.resolve(name, node.source, outer)

    def _gate(self, node: Node | None, home: str) -> Gate | None:
        if node is None:
            return None
        names = self.cursor.texts(node)
        words = [one.text for one in names]
        if words == ["signed"]:
            return Gate(signed=True)
        if words == ["all"]:
            return Gate()
        if len(words) == 1 and words[0].isdigit():
            return Gate(count=int(words[0]))
        return Gate(branches=tuple(self.resolve(one.text, one.source, home) for one in names))

    def _need(self, node: Node | None) -> tuple[Rule, ...]:
        found = []
        for one in self.cursor.items(node):
            if isinstance(one, Scalar):
                if one.text not in self.rules:
                    self.cursor.unknown(one.source, say("规则"), one.text, self.rules)
                rule = self.rules.get(one.text)
            else:
                rule = read_rule(self.cursor, None, one)
            if rule is not None:
                found.append(rule)
        return tuple(found)

    def _reopen(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        names = self._names(node)
        return () if names == ("choose",) else names


def _kind(top: Mapping_, slots: tuple[Slot, ...]) -> Kind:
    if "final" in top:
        return Kind.FINAL
    if "parallel" in top:
        return Kind.PARALLEL
    if "states" in top:
        return Kind.COMPOUND
    return Kind.TASK if slots else Kind.WAIT


def is_system(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == SYSTEM


def _is_act(act: str, home: str, action: str) -> bool:
    state, _, name = act.rpartition(".")
    return name == action and (not state or state == home or state == home.rpartition(SEPARATOR)[2])


def _literal(text: str) -> Expression | None:
    from engine.language.expressions import parse

    return parse(text)[0]


def _part(top: Mapping_, names: Iterable[str]) -> Mapping_:
    wanted = set(names)
    return Mapping_(tuple(one for one in top.entries if one[0].text in wanted), top.source)
