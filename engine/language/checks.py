"""What can be wrong with a procedure as a whole: one small check each, all of them run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.errors import Problem, Source
from engine.language.courses import (
    case_actions,
    check_checklists,
    check_gates,
    check_left_branches,
    check_own_children,
    reachable,
)
from engine.language.definition import (
    CLAIM,
    EVERYDAY,
    FILL,
    RELEASE,
    RETURN,
    SEPARATOR,
    SIGN_AGAIN,
    TICK,
    WITHDRAW,
    Action,
    Kind,
    ProcessDefinition,
    State,
    ancestors,
    is_within,
)
from engine.language.effects import (
    Amend,
    BookEntry,
    Effect,
    HandOver,
    ListWork,
    Occupy,
    SetFields,
    StartCase,
)
from engine.language.forms import FieldType
from engine.meant import meant
from engine.text import Text, say

# an owner may have a 退回 or 撤回 of his own: the everyday one then says where it goes
RESERVED = {CLAIM, RELEASE, FILL, TICK, SIGN_AGAIN, *EVERYDAY} - {RETURN, WITHDRAW}

Check = Callable[[ProcessDefinition], Iterator[Problem]]


def check_definition(definition: ProcessDefinition) -> list[Problem]:
    """Every problem that every check finds."""
    return [problem for check in CHECKS for problem in check(definition)]


def _unknown(source: Source, kind: Text, name: str, known: Iterable[str]) -> Problem:
    close = meant(name, known)
    remedy = say("是否想写“{name}”?", name=close) if close else None
    return Problem(source, say("没有这个{kind}:“{name}”", kind=kind, name=name), remedy)


def check_there_is_an_end(definition: ProcessDefinition) -> Iterator[Problem]:
    if not any(state.kind is Kind.FINAL for state in definition.walk()):
        yield Problem(definition.source, say("流程没有终点"), say("请给最后的环节写上 final: true"))


def check_states_are_reachable(definition: ProcessDefinition) -> Iterator[Problem]:
    entered = reachable(definition, (definition.start,))
    reached = {outer for path in entered for outer in ancestors(path)}
    for state in definition.walk():
        if state.path not in reached:
            yield Problem(
                state.source,
                say("环节“{state}”到不了", state=state.path),
                say("请让某个动作指向它,或删去"),
            )


def check_states_can_be_left(definition: ProcessDefinition) -> Iterator[Problem]:
    for state in definition.walk():
        if state.kind in (Kind.FINAL, Kind.COMPOUND):
            continue
        outer = [one for one in definition.walk() if one.path in ancestors(state.path)]
        actions = [action for one in outer for action in one.actions]
        actions += case_actions(definition, state.path)
        if not any(action.moves for action in actions):
            yield Problem(
                state.source,
                say("环节“{state}”进得去出不来", state=state.path),
                say("案件不会因为无事可办就自己结束:请写一个动作,或写 final: true"),
            )


def check_final_states_are_quiet(definition: ProcessDefinition) -> Iterator[Problem]:
    for state in definition.walk():
        if state.kind is Kind.FINAL and (state.actions or state.slots or state.inner):
            yield Problem(state.source, say("终点“{state}”不能再有办理人或动作", state=state.path))


def check_targets_respect_parallel(definition: ProcessDefinition) -> Iterator[Problem]:
    """From outside one enters the parallel state itself; from a branch one does not leave it."""
    parallels = [state for state in definition.walk() if state.kind is Kind.PARALLEL]
    for action in definition.all_actions():
        sources = [action.home] if action.home else list(action.sources)
        for arm in action.arms:
            for parallel in parallels:
                for source in sources:
                    yield from _crossing(action, source, arm.to, parallel)


def _crossing(action: Action, source: str, to: str | None, parallel: State) -> Iterator[Problem]:
    if to is None or not source:
        return
    inside = [branch for branch in parallel.inner if is_within(source, branch.path)]
    deep = to != parallel.path and is_within(to, parallel.path)
    if deep and not inside:
        yield Problem(
            action.source,
            say("“{action}”从外面直接进入并行环节的内部“{to}”", action=action.name, to=to),
            say("请指向“{parallel}”本身;退回一支请用 reopen", parallel=parallel.path),
        )
    elif inside and not is_within(to, inside[0].path):
        yield Problem(
            action.source,
            say(
                "“{action}”写在一支里,却离开了并行环节“{parallel}”",
                action=action.name,
                parallel=parallel.path,
            ),
            say(
                "各支请写 done,由“{parallel}”一次往下;要每支各办一遍“{to}”,请用 start 开子案",
                parallel=parallel.path,
                to=to,
            ),
        )


def check_reopen(definition: ProcessDefinition) -> Iterator[Problem]:
    states = {state.path: state for state in definition.walk()}
    for action in definition.all_actions():
        if action.reopen is None:
            continue
        for arm in action.arms:
            target = states.get(arm.to or "")
            if target is None or target.kind is not Kind.PARALLEL:
                yield Problem(action.source, say("reopen 只能指向并行环节"))
            else:
                branches = [inner.name for inner in target.inner]
                for name in action.reopen:
                    if name not in branches:
                        yield _unknown(action.source, say("分支"), name, branches)


def check_system_actions(definition: ProcessDefinition) -> Iterator[Problem]:
    for action in definition.all_actions():
        if action.at is not None and action.who is not None:
            yield Problem(
                action.source,
                say("到时自动办理的“{action}”不能再写办理人", action=action.name),
                say("请写 who: SYSTEM"),
            )
        if action.reason and action.by_system and action.who is None:
            yield Problem(action.source, say("系统动作不能要求意见"))


def check_actions_have_someone(definition: ProcessDefinition) -> Iterator[Problem]:
    states = {state.path: state for state in definition.walk()}
    for action in definition.all_actions():
        if action.who is not None or action.by_system:
            continue
        home = states.get(action.home)
        if home is None or not home.slots:
            yield Problem(
                action.source,
                say("动作“{action}”没有办理人", action=action.name),
                say("请写 who: 角色(系统办理写 who: SYSTEM)"),
            )


def check_everyday(definition: ProcessDefinition) -> Iterator[Problem]:
    fields = {field.name for field in definition.form.fields}
    landings = {arm.to for arm in definition.jump.arms} if definition.jump else set()
    for rule in definition.everyday:
        for name in rule.fields:
            if name.partition(".")[0] not in fields:
                yield _unknown(rule.source, say("字段"), name, fields)
        for target in rule.targets:
            if target not in landings and rule.word == "reopen":
                yield Problem(rule.source, say("不能重开到“{state}”", state=target))


def check_votes(definition: ProcessDefinition) -> Iterator[Problem]:
    for state in definition.walk():
        if state.vote is not None and (state.need is not None or state.order):
            yield Problem(state.source, say("表决的环节不再写 need 或 order"))
        for slot in state.slots:
            if slot.weight < 1 or (slot.weight > 1 and state.vote is None):
                yield Problem(state.source, say("weight 是表决的票数,须为正整数,且写在 vote 旁边"))


def check_action_names(definition: ProcessDefinition) -> Iterator[Problem]:
    for action in definition.all_actions():
        if action.name in RESERVED:
            yield Problem(
                action.source,
                say("“{action}”是保留的动作名", action=action.name),
                say("请换一个名称"),
            )


def check_duties(definition: ProcessDefinition) -> Iterator[Problem]:
    acts = {f"{a.home}.{a.name}" for a in definition.all_actions()}
    acts |= {f"{a.home.rpartition(SEPARATOR)[2]}.{a.name}" for a in definition.all_actions()}
    acts |= {action.name for action in definition.all_actions()}
    for duty in definition.duties:
        for act in duty.acts:
            if act not in acts:
                yield _unknown(definition.source, say("动作"), act, acts)
    known = {duty.name for duty in definition.duties} | {role.name for role in definition.roles}
    for rule in definition.apart:
        if not set(rule.duties) & known:
            yield _unknown(rule.source, say("职责或角色"), rule.duties[0], known)


def check_fields(definition: ProcessDefinition) -> Iterator[Problem]:
    fields = {field.name: field for field in definition.form.fields}
    for source, name, edited in _named_fields(definition):
        table, _, column = name.partition(".")
        field = fields.get(table)
        if field is not None and column:
            known = {one.name: one for one in field.columns}
            if column not in known:
                yield _unknown(source, say("列"), column, known)
            elif edited and not field.key:
                what = say("“{table}”的行没有 key,不能只填一列", table=table)
                yield Problem(source, what, say("请在表单里写 key: [列]"))
            field = known.get(column, field)
        if field is None:
            yield _unknown(source, say("字段"), name, fields)
        elif edited and field.compute is not None:
            yield Problem(source, say("“{field}”是自动计算的,不能填写", field=name))
    for action in definition.all_actions():
        if action.append is not None:
            field = fields.get(action.append)
            if field is None or field.type is not FieldType.LINES:
                yield _unknown(
                    action.source,
                    say("明细表"),
                    action.append,
                    [name for name, one in fields.items() if one.type is FieldType.LINES],
                )


def _named_fields(definition: ProcessDefinition) -> Iterator[tuple[Source, str, bool]]:
    for state in definition.walk():
        yield from ((state.source, name, True) for name in state.edit)
        yield from ((state.source, name, False) for name in (*state.sees, *state.hide))
        yield from ((state.source, one.field, False) for one in state.require)
        for effect in state.entry:
            yield from _effect_fields(effect, state.source)
    for action in definition.all_actions():
        yield from ((action.source, name, True) for name in action.edit)
        yield from ((action.source, one.field, False) for one in action.require)
        for caused in (*((action.set,) if action.set else ()), *action.post):
            yield from _effect_fields(caused, action.source)
    for role in definition.roles:
        yield from ((role.source, name, True) for name in role.minutes)
    if definition.gather is not None:
        yield definition.gather.source, definition.gather.take.into, False
    for child in definition.children:
        if child.take is not None:
            yield child.source, child.take.into, False
    for balance in definition.balances:
        if balance.per is not None:
            yield balance.source, balance.per, False


def _effect_fields(effect: Effect, source: Source) -> Iterator[tuple[Source, str, bool]]:
    if isinstance(effect, SetFields):
        yield from ((source, name, False) for name, _ in effect.fields)
    if (
        isinstance(effect, StartCase | BookEntry | Occupy | Amend | HandOver)
        and effect.each is not None
    ):
        yield effect.source, effect.each, False
    if isinstance(effect, BookEntry | ListWork) and effect.into is not None:
        yield effect.source, effect.into, False


CHECKS: tuple[Check, ...] = (
    check_there_is_an_end,
    check_states_are_reachable,
    check_states_can_be_left,
    check_final_states_are_quiet,
    check_targets_respect_parallel,
    check_reopen,
    check_gates,
    check_left_branches,
    check_own_children,
    check_checklists,
    check_system_actions,
    check_actions_have_someone,
    check_everyday,
    check_votes,
    check_action_names,
    check_duties,
    check_fields,
)
