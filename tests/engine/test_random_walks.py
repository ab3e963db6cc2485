"""Random legal acts over every procedure: coherent, deterministic, rebuilt equal."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.desk import Receipt
from engine.errors import GuichengError
from engine.evidence.record import SERVICE
from engine.kernel.command import Decision, Perform, TickItems
from engine.kernel.options import options
from engine.language.expressions import names
from engine.language.forms import Field, FieldType, Value
from engine.language.rights import fields_in
from engine.rehearsal.office import Office
from tests.conftest import ROOT, open_office

PROCESSES = sorted(path.stem for path in (ROOT / "processes").glob("*.yaml"))
START = datetime.fromisoformat("2026-11-03T09:00:00+08:00")


def some_value(field: Field, office: Office, salt: int) -> Value:
    """A value a clerk might type: the form decides whether it will do."""
    match field.type:
        case FieldType.INTEGER:
            return 1 + salt % 5
        case FieldType.DECIMAL | FieldType.MONEY:
            return 1 + salt % 4000
        case FieldType.BOOL:
            return salt % 2 == 0
        case FieldType.DATE:
            return (START + timedelta(days=salt % 30)).date()
        case FieldType.DATETIME:
            return START + timedelta(days=20, hours=salt % 3)
        case FieldType.CHOICE:
            return field.choices[salt % len(field.choices)]
        case FieldType.PERSON:
            person = office.person(("林岚", "冯立", "许慧")[salt % 3])
            return (person,) if field.many else person
        case FieldType.DEPARTMENT:
            return "业务一处"
        case FieldType.REFERENCE:
            tables = office.desk.catalog.params(
                office.desk.catalog.params_in_force(START.date()).digest
            ).tables
            return sorted(tables[field.table or ""].rows)[salt % 2]
        case FieldType.LINES:
            return tuple(
                {
                    column.name: some_value(column, office, salt + number)
                    for column in field.columns
                    if column.compute is None
                    and column.when is None  # what does not apply is refused
                    and column.type is not FieldType.ATTACHMENT
                }
                for number in range(1 + salt % 3)
            )  # type: ignore[return-value]
    return f"词{salt % 7}"


def walk(process: str, dice: list[int]) -> tuple[Office, list[str]]:
    """Play random acts by people who may do them; what happened, as text."""
    office = open_office("2026-11-03 09:00")
    definition = office.definitions[process]
    actor = office.person("林岚")
    values = {
        field.name: some_value(field, office, dice[0] + place)
        for place, field in enumerate(definition.form.fields)
        if field.compute is None and field.when is None and field.type is not FieldType.ATTACHMENT
    }
    for action in definition.all_actions():
        if action.at is not None and action.at.of is not None:
            values |= {name: "2026-11" for name in names(action.at.of)}
    if definition.is_opened_by_system:
        opened = office.desk.start(process, SERVICE, office.service, values, initiator=actor)
    else:
        first = {
            n: v
            for n, v in values.items()
            if n in fields_in(name for state in definition.first_states() for name in state.edit)
        }
        opened = next(
            answer
            for actor, signer in office.signers.items()
            for answer in [office.desk.start(process, actor, signer, first)]
            if isinstance(answer, Receipt)
        )
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    told = [str(opened.case.configuration)]
    for throw in dice:
        office.now += timedelta(minutes=7)
        office.worker.tick()
        case = office.store.load_case(opened.case.id)
        found = list(options(definition, case))
        if not found:
            break
        option = found[throw % len(found)]
        people = [p for task in case.open_tasks for p in task.people] or [actor]
        person = people[(throw // 7) % len(people)]
        command = Perform(
            action=option.action.name,
            actor=person,
            branch=option.state.name,
            reason="因故",
            reopen=tuple(office_branches(definition, option.action)),
            values={
                name: some_value(definition.form.field(name), office, throw)  # type: ignore[arg-type]
                for name in fields_in((*option.state.edit, *option.action.edit))
                if throw % 3 == 0 and (throw % 2 or definition.form.field(name).when is None)  # type: ignore[union-attr]
            },
        )
        tick = TickItems(actor=person, items=(), branch=option.state.name)
        for one in (tick, command):
            try:
                answer = office.desk.perform(case.id, one, office.signers[person])
            except GuichengError as error:
                told.append(str(error.text))
                continue
            told.append(f"{option.action.name} {type(answer).__name__}")
        office.worker.follow(case.id)
        after = office.store.load_case(case.id)
        chart = office.desk.catalog.chart(after.definition)
        assert chart.problems(after.configuration) is None
        told.append(str(after.configuration))
    return office, told


def office_branches(definition: object, action: object) -> list[str]:
    if action.reopen is None:  # type: ignore[attr-defined]
        return []
    target = next(arm.to for arm in action.arms)  # type: ignore[attr-defined]
    return [definition.state(target).inner[0].name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("process", PROCESSES)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(dice=st.lists(st.integers(0, 10_000), min_size=5, max_size=14))
def test_random_acts_keep_every_case_coherent_and_rebuildable(
    process: str, dice: list[int]
) -> None:
    office, told = walk(process, dice)
    assert office.store.derived_tables() == office.store.rebuilt_tables()
    _, again = walk(process, dice)
    assert told == again


def test_a_decision_is_the_same_whenever_it_is_asked(office: Office, tmp_path: Path) -> None:
    actor = office.person("林岚")
    opened = office.desk.start("会务服务保障", actor, office.signers[actor], {"会议名称": "会"})
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    command = Perform(action="作废", actor=actor, reason="不开了")
    first = office.desk.try_out(opened.case.id, command)
    assert isinstance(first, Decision)
    assert first == office.desk.try_out(opened.case.id, command)
