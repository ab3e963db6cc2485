"""One case as a person sees it: where it is, who holds it, what can be done and filled in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from commands.display import moment, value, where
from commands.table import draw, emit, heads
from engine.desk import Desk
from engine.errors import GuichengError
from engine.kernel.case import Case
from engine.kernel.options import options, states_in_work, visible_fields, visible_values
from engine.kernel.paper import SCAN
from engine.kernel.values import dump_value
from engine.language.definition import ProcessDefinition
from engine.language.forms import Field, FieldType, rows_of
from engine.language.params import Params
from engine.language.rights import fields_in
from engine.reading.names import Names
from engine.reading.sheets.layouts import TYPES
from engine.scribe import attachments
from engine.text import say, show, translate

LISTED = 8  # keys of a table shown beside a field


def case_row(desk: Desk, case: Case) -> dict[str, object]:
    """A case for programs; the fields hidden where it is are left out."""
    definition = desk.catalog.definition(case.definition)
    return {
        "number": case.number,
        "process": case.process,
        "edition": case.edition,
        "state": case.configuration,
        "result": case.result,
        "tasks": list(_tasks(desk, case)),
        "actions": list(dict.fromkeys(act for _, act in _possible(definition, case))),
        "values": {n: dump_value(one) for n, one in visible_values(definition, case).items()},
    }


def print_case(desk: Desk, case: Case, language: str) -> None:
    """A case for people."""
    definition = desk.catalog.definition(case.definition)
    names = Names(definition, language)
    print(f"{case.number}  {names.process()}  {where(definition, case, language)}")
    tasks = [
        {**one, "state": names.state(one["state"]), "role": names.role(one["role"])}
        for one in _tasks(desk, case)
    ]
    emit(heads(language, state="环节", role="角色", people="办理人", signed="已签"), tasks, False)
    told = tuple(dict.fromkeys(names.action(*one) for one in _possible(definition, case)))
    if told:
        print(say("可办:{actions}", actions=told).show(language))
    for timer in case.timers:
        if timer.kind == "due":
            due = moment(desk, timer.due)
            print(say("期限:{state} {due}", state=names.state(timer.state), due=due).show(language))
    for state in states_in_work(definition, case):
        if state.basis is not None:
            clause = state.basis.clause
            print(
                say("依据:{state} {clause}", state=names.state(state.path), clause=clause).show(
                    language
                )
            )
    _print_fillable(desk, case, names)
    print()
    for field in visible_fields(definition, case):
        _print_field(desk, case, field, names)


def save_attachments(desk: Desk, case: Case, folder: Path) -> None:
    """Write a case's files into a folder; a name already there is not overwritten.

    The scans of steps entered from paper bear the number of their record.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = visible_values(desk.catalog.definition(case.definition), case)
    files = [(Path(one.name).name, one) for one in attachments(shown)]
    for stored in desk.store.records(f"case/{case.id}"):
        scans = attachments({SCAN: stored.values.get(SCAN)})
        files += [(f"{stored.seq}-{Path(one.name).name}", one) for one in scans]
    for name, one in files:
        target = folder / name
        content = desk.store.find_object(one.digest)
        if target.exists() or content is None:
            raise GuichengError(say("{file} 已存在或内容缺失,未写入", file=str(target)))
        target.write_bytes(content)


def _tasks(desk: Desk, case: Case) -> Iterator[dict[str, str]]:
    roster = desk.catalog.roster(desk.clock())
    for task in case.open_tasks:
        yield {
            "state": task.state,
            "role": task.role,
            "people": "、".join(roster.name_of(one) for one in task.people),
            "claimed": roster.name_of(task.claimed_by) if task.claimed_by else "",
            "signed": "、".join(roster.name_of(one) for one in task.signed_by),
        }


def _possible(definition: ProcessDefinition, case: Case) -> list[tuple[str, str]]:
    """States and actions that people can ask for now."""
    return [
        (one.state.path, one.action.name)
        for one in options(definition, case)
        if not (one.action.by_system and one.action.who is None)
    ]


def _print_fillable(desk: Desk, case: Case, names: Names) -> None:
    """What can be filled in where the case is, and how it is written."""
    definition, params = names.definition, desk.catalog.params(case.params)
    wanted = fields_in(name for state in states_in_work(definition, case) for name in state.edit)
    rows = [
        {
            "field": names.field(one),
            "type": TYPES[one.type].show(names.language),
            "required": _required(one, names.language),
            "help": _help(one, names, params),
        }
        for one in definition.form.fields
        if one.name in wanted and one.compute is None
    ]
    if rows:
        print(say("可填:").show(names.language))
    emit(
        heads(names.language, field="字段", type="类型", required="必填", help="说明"), rows, False
    )


def _required(field: Field, language: str) -> str:
    if isinstance(field.required, bool):
        return translate("是", language) if field.required else ""
    return field.required.text


def _help(field: Field, names: Names, params: Params) -> str:
    parts = [field.help, show(field.choices, names.language) if field.choices else None]
    columns = tuple(names.field(one) for one in field.columns if one.compute is None)
    parts += [show(columns, names.language)]
    parts += [field.unit]
    if field.table is not None and field.table in params.tables:
        keys = tuple(params.tables[field.table].rows)
        parts.append(show(keys, names.language) if len(keys) <= LISTED else field.table)
    return "; ".join(part for part in parts if part)


def _print_field(desk: Desk, case: Case, field: Field, names: Names) -> None:
    found = case.values.get(field.name)
    words = value(desk, field, found, names.language)
    if words:
        print(say("{field}:{value}", field=names.field(field), value=words).show(names.language))
    rows = rows_of(found)
    if field.type is FieldType.LINES and rows:
        cells = [
            [value(desk, one, row.get(one.name), names.language) for one in field.columns]
            for row in rows
        ]
        print(draw([names.field(one) for one in field.columns], cells))
