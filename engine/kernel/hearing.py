"""One person's request while it is heard: who stands behind it, what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.kernel.applying import conditional, misplaced
from engine.kernel.case import Case, Stamp
from engine.kernel.command import ATTACHMENT, DONE, GUARD, READONLY, ROLE, Reason, Refusal, in_order
from engine.kernel.draft import Draft
from engine.kernel.nextstep import after_the_end
from engine.kernel.situation import Situation
from engine.language import forms
from engine.language.definition import State
from engine.language.forms import Field, FieldType, Value, Values, rows_of
from engine.language.rights import columns_in, fields_in, merged, strangers
from engine.text import Text, say


@dataclass(slots=True, kw_only=True)
class Hearing:
    """One person's request while it is heard: who stands behind it, and what speaks against."""

    draft: Draft
    actor: str
    principal: str | None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def people(self) -> frozenset[str]:
        return frozenset({self.actor} | ({self.principal} if self.principal else set()))

    @property
    def party(self) -> str:
        return self.principal or self.actor

    def close(self, case: Case) -> None:
        """Nothing is done any more in a case that has ended."""
        text = say("本案已办结({state}),不再办理", state=case.configuration[0])
        self.no(DONE, text, remedy=after_the_end(self.draft.situation.definition))

    def no(self, code: str, text: Text, **more: object) -> None:
        self.reasons.append(Reason(code=code, text=text, **more))  # type: ignore[arg-type]


def hear(case: Case, actor: str, principal: str | None, situation: Situation, seq: int) -> Hearing:
    stamp = Stamp(seq=seq, at=situation.at, actor=actor, principal=principal)
    hearing = Hearing(draft=Draft(case, situation, stamp), actor=actor, principal=principal)
    check_account(hearing)
    hearing.draft.refresh()
    return hearing


def check_account(hearing: Hearing) -> None:
    """Auditors and administrators look on, and who has left is gone: they take no step."""
    roster = hearing.draft.situation.roster
    for person in sorted(hearing.people):
        if roster.has_left(person):
            hearing.no(
                ROLE,
                say(
                    "{person} 已于 {on} 离岗,账号已停用",
                    person=roster.name_of(person),
                    on=roster.left_on(person),
                ),
            )
    if roster.is_readonly(hearing.actor):
        text = say("{person} 的账号只读,不得办理业务", person=roster.name_of(hearing.actor))
        hearing.no(READONLY, text)


def enter(hearing: Hearing, values: Values, rights: Iterable[str]) -> None:
    """Put typed values into the draft as far as `rights` allow; say what they do not."""
    rights = tuple(rights)
    allowed = fields_in(rights)
    fixed = tuple(sorted(name for name in values if name not in allowed))
    if fixed:
        hearing.no(GUARD, say("这些字段不能在此环节填写:{fields}", fields=fixed))
    form, known = hearing.draft.situation.definition.form, hearing.draft.case.values
    entered: dict[str, Value] = {}
    for name, value in values.items():
        field = form.field(name)
        if name not in allowed or field is None:
            continue
        columns = columns_in(rights, name)
        entered[name] = value
        if columns is not None:
            _check_columns(hearing, field, value, columns)
            entered[name] = merged(field, known.get(name), value)
    if entered:
        before = conditional(hearing.draft, allowed)
        hearing.draft.typed |= set(entered)
        hearing.draft.set(entered)
        hearing.reasons.extend(misplaced(hearing.draft, entered, before))


def _check_columns(hearing: Hearing, field: Field, value: Value, columns: frozenset[str]) -> None:
    """Lines that are there may be filled in, in these columns and no others."""
    allowed = columns | set(field.key)
    wrong = sorted({name for row in rows_of(value) for name in row if name not in allowed})
    if wrong:
        paths = tuple(f"{field.name}.{name}" for name in wrong)
        hearing.no(GUARD, say("这些字段不能在此环节填写:{fields}", fields=paths))
    for row in strangers(field, hearing.draft.case.values.get(field.name), value):
        line = tuple(str(row.get(name)) for name in field.key)
        hearing.no(GUARD, say("“{table}”没有 {line} 这一行", table=field.name, line=line))


def check_form(hearing: Hearing, editable: frozenset[str], required: frozenset[str]) -> None:
    form = hearing.draft.situation.definition.form
    problems = forms.check_submission(
        form,
        hearing.draft.case.values,
        editable,
        required,
        hearing.draft.evaluate,
    )
    for problem in problems:
        name = problem.path.split("[")[0]
        found = form.field(name)
        missing = found is not None and found.type is FieldType.ATTACHMENT
        hearing.no(
            ATTACHMENT if missing else GUARD,
            say("{field}:{text}", field=problem.path, text=problem.text),
            source=found.source if found else None,
        )


def unticked(draft: Draft, state: State) -> tuple[str, ...]:
    """The checklist lines of a state that apply and nobody has ticked."""
    if state.checklist is None:
        return ()
    facts = draft.facts()
    ticked = draft.case.ticked.get(state.path, ())
    return tuple(
        item.name
        for item in state.checklist.items
        if item.name not in ticked and facts.holds(item.when)
    )


def refusal_of(hearing: Hearing, action: str, state: str) -> Refusal:
    return Refusal(
        action=action,
        state=state,
        reasons=in_order(hearing.reasons),
        facts=dict(hearing.draft.read),
    )
