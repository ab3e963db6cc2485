"""Values of fields that do not apply: told to whoever fills them in, never kept in silence.

What was in a field while it applied is asked about too, once somebody makes it not apply.
What the system fills in is not asked of anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.kernel.command import GUARD, Reason
from engine.kernel.draft import Draft
from engine.kernel.facts import CaseFacts
from engine.language.explaining import explain
from engine.language.forms import Field, Value, Values, rows_of
from engine.language.rights import entered_by_people
from engine.text import Text, say

EMPTY: Collection[Value] = (None, "", ())


def conditional(draft: Draft, allowed: Collection[str]) -> frozenset[str]:
    """Of the fields somebody may fill in, those with a condition that apply and hold something."""
    facts, form = draft.facts(), draft.situation.definition.form
    return frozenset(
        one.name
        for one in form.fields
        if one.name in allowed
        and one.when is not None
        and one.default is None
        and draft.case.values.get(one.name) not in EMPTY
        and facts.holds(one.when)
    )


def misplaced(draft: Draft, typed: Values, before: Collection[str]) -> Iterator[Reason]:
    """Why values may not stand: their fields do not apply. `before` are those that did so far."""
    facts, values = draft.facts(), draft.case.values
    for field in draft.situation.definition.form.fields:
        if field.name not in {*typed, *before} or values.get(field.name) in EMPTY:
            continue
        if field.when is not None and not facts.holds(field.when):
            yield _reason(field, facts, field.name)
        elif field.name in typed:
            yield from misplaced_in_rows(draft, field, typed[field.name])


def misplaced_in_rows(draft: Draft, field: Field, typed: Value) -> Iterator[Reason]:
    """The same of the columns that were typed, in each row of a table."""
    names = {name for row in rows_of(typed) for name in row}
    asked = entered_by_people(field)
    columns = [one for one in asked.columns if one.when and one.name in names] if asked else []
    for number, row in enumerate(rows_of(draft.case.values.get(field.name)), 1):
        known = draft.facts().row(field, row)
        facts = draft.facts({**known, "row": known})
        for column in columns:
            if row.get(column.name) not in EMPTY and not facts.holds(column.when):
                yield _reason(column, facts, f"{field.name}[{number}].{column.name}")


def _reason(field: Field, facts: CaseFacts, path: str) -> Reason:
    assert field.when is not None
    because = explain(field.when, facts)
    form = facts.situation.definition.form
    names = dict.fromkeys(name for one in because for name in one.names if form.field(name))
    why: tuple[Text, ...] = tuple(one.text for one in because)
    remedy = say("请把“{field}”留空", field=path)
    if names:
        remedy = say("请把“{field}”留空,或一并更正 {names}", field=path, names=tuple(names))
    return Reason(
        code=GUARD,
        text=say("{field}:此时不适用,不能填({why})", field=path, why=why),
        source=field.source,
        remedy=remedy,
    )
