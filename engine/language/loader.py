"""Process files: YAML to `ProcessDefinition`, every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.errors import Problem
from engine.language import keys
from engine.language.calendar import DAY_KEYS, MOMENT_KEYS, read_day_moment, read_moment
from engine.language.checks import check_definition
from engine.language.definition import (
    SYSTEM,
    Apart,
    Balance,
    Carry,
    ChildReport,
    DecisionTable,
    Duty,
    Every,
    Example,
    Gather,
    ProcessDefinition,
    Role,
    Rule,
    Step,
    TableRow,
)
from engine.language.effects import Take
from engine.language.everyday_loader import jump_over, read_everyday
from engine.language.form_loader import load_form, merge_forms, read_expression
from engine.language.forms import Form
from engine.language.params import Params, read_plain
from engine.language.parts import read_assignments, read_basis, read_rule, read_take
from engine.language.reader import Cursor, Mapping_, Node, Scalar, Sequence, read
from engine.language.scope import process_scope
from engine.language.state_loader import StateLoader, is_system
from engine.language.typing import check_expressions
from engine.text import say

__all__ = ["load_form", "load_process", "load_steps"]


def load_process(
    text: str, file: str, forms: Mapping[str, Form], params: Params | None = None
) -> tuple[ProcessDefinition | None, tuple[Problem, ...]]:
    """Read a process file. `forms` are the loaded form files by name.

    The definition is None if and only if there are problems; they are sorted by place.
    """
    node, problems = read(text, file)
    if node is None:
        return None, tuple(problems)
    cursor = Cursor(problems)
    definition = _Loader(cursor, forms, params).process(node)
    if not problems:
        problems += check_definition(definition)
        problems += check_expressions(
            definition, process_scope(definition.form, definition.roles, params)
        )
    once = {(one.source, str(one)): one for one in problems}
    found = tuple(sorted(once.values(), key=lambda one: one.source))
    return (None if found else definition), found


class _Loader:
    def __init__(self, cursor: Cursor, forms: Mapping[str, Form], params: Params | None) -> None:
        self.cursor = cursor
        self.forms = forms
        self.params = params

    def process(self, node: Node) -> ProcessDefinition:
        cursor = self.cursor
        top = cursor.mapping(
            node, keys.PROCESS, ("process", "number", "form", "roles", "start", "states")
        )
        form = self._form(top.get("form"))
        roles = tuple(self.role(key, value) for key, value in cursor.entries(top.get("roles")))
        rules = {
            key.text: self._rule(key.text, value) for key, value in cursor.entries(top.get("rules"))
        }
        duties = tuple(self._duty(key, value) for key, value in cursor.entries(top.get("duties")))
        every_field = tuple(one.name for one in form.fields if one.compute is None)
        loader = StateLoader(
            cursor, {role.name: role for role in roles}, rules, duties, every_field
        )
        states = loader.states(top.get("states"))
        actions = loader.case_actions(top.get("actions"))
        start, opened_by = top.get("start"), top.get("opened_by")
        everyday = read_everyday(cursor, top.get("everyday"), loader.slot, loader.resolve)
        definition = ProcessDefinition(
            name=cursor.text(top.get("process")),
            en=cursor.optional(top.get("en")),
            owner=cursor.optional(top.get("owner")),
            basis=read_basis(cursor, top.get("basis")),
            number=self._number(top.get("number")),
            title=cursor.optional(top.get("title")),
            form=form,
            roles=roles,
            duties=duties,
            apart=tuple(self._apart(one) for one in cursor.items(top.get("apart"))),
            balances=self._balances(top.get("balance")),
            amount=read_expression(cursor, top.get("amount")),
            tables=tuple(
                self._table(key, value) for key, value in cursor.entries(top.get("tables"))
            ),
            every=self._every(top.get("every")),
            gather=self._gather(top.get("gather"), loader),
            children=tuple(
                self._child(key, value) for key, value in cursor.entries(top.get("children"))
            ),
            opened_by=loader.slot(opened_by) if opened_by and not is_system(opened_by) else None,
            is_opened_by_system=opened_by is not None and is_system(opened_by),
            paper=read_expression(cursor, top.get("paper")),
            start=loader.resolve(cursor.text(start), start.source) if start else "",
            states=states,
            actions=actions,
            everyday=everyday,
            jump=jump_over(states, actions, everyday),
            examples=tuple(self._example(one) for one in cursor.items(top.get("examples"))),
            source=node.source,
        )
        return definition

    def _form(self, node: Node | None) -> Form:
        found = []
        for one in self.cursor.texts(node):
            if one.text not in self.forms:
                self.cursor.unknown(one.source, say("表单"), one.text, self.forms)
            else:
                found.append(self.forms[one.text])
        return merge_forms(found, self.cursor)

    def _number(self, node: Node | None) -> str:
        text = self.cursor.text(node)
        if node is not None and text:
            plain = text.replace("{year}", "").replace("{month}", "")
            head, sign, rest = plain.partition("{seq:")
            width = rest.partition("}")[0]
            if not sign or not width.isdigit() or "{" in head + rest.partition("}")[2]:
                self.cursor.say(
                    node, say("编号“{text}”不对", text=text), say('如 "HY-{{year}}-{{seq:6}}"')
                )
                return "{seq:6}"
        return text

    def role(self, key: Scalar, node: Node) -> Role:
        cursor = self.cursor
        top = Mapping_((), node.source)
        who: Node | None = node
        if not isinstance(node, Scalar):
            top = cursor.mapping(node, keys.ROLE)
            who = top.get("who")
        collective, outsider = (cursor.optional(top.get(n)) for n in ("collective", "outsider"))
        recorder = read_expression(cursor, top.get("recorder"))
        people = None
        if isinstance(who, Scalar) and who.text != SYSTEM:
            people = read_expression(cursor, who)
        if (collective or outsider) and recorder is None:
            cursor.say(
                node, say("“{role}”没有写由谁登记", role=key.text), say('请写 recorder: post("…")')
            )
        if not (collective or outsider) and who is None:
            cursor.say(node, say("“{role}”没有写由谁办理", role=key.text), say("请写 who: …"))
        return Role(
            name=key.text,
            en=cursor.optional(top.get("en")),
            people=people,
            collective=collective,
            outsider=outsider,
            recorder=recorder,
            minutes=tuple(one.text for one in cursor.texts(top.get("minutes"))),
            source=key.source,
        )

    def _rule(self, name: str, node: Node) -> Rule | None:
        return read_rule(self.cursor, name, node)

    def _duty(self, key: Scalar, node: Node) -> Duty:
        holders = None
        acts: Node | None = node
        if isinstance(node, Mapping_):
            top = self.cursor.mapping(node, keys.DUTY)
            acts = top.get("acts")
            holders = read_expression(self.cursor, top.get("holders"))
        return Duty(
            name=key.text,
            acts=tuple(one.text for one in self.cursor.texts(acts)),
            holders=holders,
        )

    def _apart(self, node: Node) -> Apart:
        cursor = self.cursor
        rule, within, pair = None, "family", node
        if isinstance(node, Mapping_):
            top = cursor.mapping(node, keys.APART)
            rule = cursor.optional(top.get("rule"))
            within = cursor.one_of(
                top.get("within"), {"case": "case", "family": "family"}, "family"
            )
            pair = top.get("duties") or top.get("roles") or node
        names = [one.text for one in cursor.texts(pair)] if not isinstance(pair, Mapping_) else []
        if len(names) != 2:
            cursor.say(
                node, say("不相容的要写两个"), say("如 {{duties: [采购, 验收]}} 或 [甲, 乙]")
            )
            names = ["", ""]
        return Apart(rule=rule, duties=(names[0], names[1]), within=within, source=node.source)

    def _balances(self, node: Node | None) -> tuple[Balance, ...]:
        """`{per: 行, 订购: 合格 + 未交}`, or a list of such."""
        several = (node,) if isinstance(node, Mapping_) else self.cursor.items(node)
        return tuple(self._balance(one) for one in several)

    def _balance(self, node: Node) -> Balance:
        cursor = self.cursor
        equations = []
        for key, value in cursor.entries(node):
            if key.text not in keys.BALANCE:
                left, right = read_expression(cursor, key), read_expression(cursor, value)
                if left is not None and right is not None:
                    equations.append((left, right))
        per = node.get("per") if isinstance(node, Mapping_) else None
        if not equations:
            cursor.say(node, say("balance 里没有等式"), say("如 {{per: 行, 订购: 合格 + 未交}}"))
        return Balance(per=cursor.optional(per), equations=tuple(equations), source=node.source)

    def _table(self, key: Scalar, node: Node) -> DecisionTable:
        cursor = self.cursor
        rows = []
        items = cursor.items(node)
        for number, one in enumerate(items, 1):
            top = cursor.mapping(one, keys.TABLE_ROW)
            last = number == len(items)
            if last and "otherwise" not in top:
                cursor.say(
                    one,
                    say("判定表“{table}”缺少 otherwise", table=key.text),
                    say("最后一行写“- otherwise: 结果”"),
                )
            if not last and "when" not in top:
                cursor.say(one, say("只有最后一行可以没有 when"))
            then = top.get("otherwise") or top.get("then")
            text = cursor.text(then)
            plain = then.plain if isinstance(then, Scalar) else False
            value = read_plain(text, not plain)
            rows.append(
                TableRow(
                    when=read_expression(cursor, top.get("when")),
                    then=value
                    if not isinstance(value, bool | int)
                    and value is not None
                    and not hasattr(value, "year")
                    else text,  # type: ignore[arg-type]
                )
            )
        return DecisionTable(name=key.text, rows=tuple(rows), source=key.source)

    def _every(self, node: Node | None) -> Every | None:
        if node is None:
            return None
        cursor = self.cursor
        top = cursor.mapping(node, keys.EVERY, ("initiator",))
        is_daily = "daily" in top or "weekly" in top
        moment = (
            read_day_moment(cursor, _only(top, DAY_KEYS))
            if is_daily
            else read_moment(cursor, _only(top, MOMENT_KEYS))
        )
        initiator = read_expression(cursor, top.get("initiator"))
        carry = top.get("carry")
        if moment is None or initiator is None:
            return None
        return Every(
            moment=moment,
            each=cursor.one_of(top.get("each"), {"department": "department"}, None)
            if "each" in top
            else None,
            initiator=initiator,
            set=read_assignments(self.cursor, top.get("set")),
            when=read_expression(cursor, top.get("when")),
            unless_open=cursor.one_of(top.get("unless"), {"open": True}, False),
            carry=self._carry(carry) if carry else None,
            source=node.source,
        )

    def _carry(self, node: Node) -> Carry:
        cursor = self.cursor
        top = cursor.mapping(node, keys.CARRY, ("state", "same", "take"))
        return Carry(
            state=cursor.text(top.get("state")),
            same=tuple(one.text for one in cursor.texts(top.get("same"))),
            take=tuple(one.text for one in cursor.texts(top.get("take"))),
            reference=cursor.optional(top.get("reference")),
        )

    def _gather(self, node: Node | None, loader: StateLoader) -> Gather | None:
        if node is None:
            return None
        cursor = self.cursor
        top = cursor.mapping(node, keys.GATHER, ("from", "at", "key", "into", "take", "until"))
        take = read_take(cursor, top)
        after, until = top.get("after"), top.get("until")
        return Gather(
            process=cursor.text(top.get("from")),
            at=cursor.text(top.get("at")),
            key=cursor.text(top.get("key")),
            after=loader.resolve(cursor.text(after), after.source) if after else None,
            take=take or Take(rows=None, into="", columns=()),
            until=loader.resolve(cursor.text(until), until.source) if until else "",
            source=node.source,
        )

    def _child(self, key: Scalar, node: Node) -> ChildReport:
        top = self.cursor.mapping(node, keys.CHILD)
        return ChildReport(
            process=key.text,
            at=tuple(one.text for one in self.cursor.texts(top.get("at"))),
            take=read_take(self.cursor, top),
            source=key.source,
        )

    def _example(self, node: Node) -> Example:
        top = self.cursor.mapping(node, keys.EXAMPLE, ("name", "do"))
        return Example(
            name=self.cursor.text(top.get("name")),
            omitted=tuple(one.text for one in self.cursor.texts(top.get("omitted"))),
            steps=load_steps(self.cursor, top.get("do")),
            source=node.source,
        )


def load_steps(cursor: Cursor, node: Node | None) -> tuple[Step, ...]:
    """The steps of an example or a walk, with their keys checked."""
    found = []
    for one in cursor.items(node):
        top = cursor.mapping(one, keys.STEP)
        for outcome in _outcomes(top.get("then")):
            cursor.mapping(outcome, keys.OUTCOME)
        found.append(Step(detail=_plain_mapping(top), source=one.source, _written=top))
    return tuple(found)


def _outcomes(node: Node | None) -> Iterable[Node]:
    if node is None:
        return ()
    return node.items if isinstance(node, Sequence) else (node,)


def plain_data(node: Node) -> object:
    """A node as text, lists and mappings."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain_data(one) for one in node.items]
        case Mapping_():
            return _plain_mapping(node)


def _plain_mapping(node: Mapping_) -> Mapping[str, object]:
    return {key.text: plain_data(value) for key, value in node.entries}


def _only(top: Mapping_, names: Iterable[str]) -> Mapping_:
    wanted = set(names)
    return replace(top, entries=tuple(one for one in top.entries if one[0].text in wanted))
