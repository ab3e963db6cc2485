"""Signatures over what was seen: given, upheld, fallen and given again.

A signature covers the fields its state `sees`. Change one of them, and exactly the
signatures that cover it fall: their signers are asked again, beside the work of the case,
and until they have signed nothing goes on. The others stand, and nothing is erased.
Source: 电子签名法 13 (alteration after signing must be detectable).
"""

from __future__ import annotations

from engine.kernel import events as happened
from engine.kernel.case import Purpose, Signature, Standing, Status, Task
from engine.kernel.command import SIGN_VOID, Reason
from engine.kernel.draft import Draft
from engine.kernel.entries import Impossible
from engine.kernel.hearing import Hearing
from engine.kernel.seats import Seat
from engine.language.definition import Action, ProcessDefinition, State
from engine.language.forms import Field, Values
from engine.language.rights import entered_by_people, fields_in, narrowed, shown_of, without
from engine.text import say


def seen_by(definition: ProcessDefinition, state: State) -> tuple[Field, ...]:
    """The fields a signer in this state sees: those of `sees`, or every one not hidden."""
    shown = without(definition.form.fields, state.hide)
    return narrowed(shown, state.sees) if state.sees else shown


def note_what_is_seen(draft: Draft, state: State, seat: Seat, action: Action) -> None:
    """Bind what the signer saw. Only what `sees` names can later make the signature fall."""
    values = draft.case.values
    for field in seen_by(draft.situation.definition, state):
        if field.name in values:
            draft.read[f"saw({field.name})"] = shown_of(field, values[field.name])
    if seat.task is not None:
        give(draft, state, seat.task, action.name)


def give(draft: Draft, state: State, task: Task, action: str) -> None:
    """Keep with the signature what it covers."""
    if state.sees:
        known = fields_in(state.sees)
        form = draft.situation.definition.form
        draft.emit(
            happened.SignatureGiven(
                task=task.id,
                state=state.path,
                slot=task.slot,
                action=action,
                fields=tuple(one.name for one in form.fields if one.name in known),
            )
        )


def is_joint(draft: Draft, action: Action, state: State) -> bool:
    """Whether the action only moves on once several have done it: a sign-off, or added signers."""
    if action.is_signature:
        return True
    added = any(
        task.added_by is not None and task.status is not Status.CANCELLED
        for task in draft.stay(state)
    )
    return added and not action.reason and action.home == state.path and action.who is None


def sign(hearing: Hearing, task: Task, state: State) -> bool:
    """Give one signature. True once the whole sign-off is complete."""
    draft = hearing.draft
    draft.emit(happened.TaskSigned(task=task.id, by=hearing.party))
    now = draft.case.task(task.id)
    if len(now.signed_by) >= now.need:
        draft.emit(happened.TaskCompleted(task=task.id, by=hearing.party))
        for other in draft.stay(state):
            if other.is_waiting and other.beside == task.id:
                draft.emit(happened.TaskOpened(task=other.id))
    if draft.sign_off_is_complete(state):
        draft.emit(happened.SignOffCompleted(state=state.path))
        return True
    if state.order and not any(one.state == state.path for one in draft.case.open_tasks):
        draft.offer(state)
        draft.set_deadline(state)
    return False


# -- falling ---------------------------------------------------------------------------


def review(draft: Draft) -> None:
    """Let the signatures fall whose fields have changed, and ask their signers again.

    On a detour they are asked once the case is back.
    """
    changed, names = _no_longer_what_was_signed(draft)
    if changed:
        draft.emit(happened.SignaturesFell(signatures=changed, fields=names))
        _require_open(draft, changed, names)
    if draft.case.detour is None:
        asked = {task.signature for task in draft.case.asked}
        for signature in draft.case.signatures:
            if signature.standing is Standing.FELL and signature.number not in asked:
                _ask_again(draft, signature)


def _require_open(draft: Draft, fallen: tuple[int, ...], fields: tuple[str, ...]) -> None:
    """No step may end a case and void a signature of it at once. Errors: `Impossible`."""
    if not any(isinstance(event, happened.CaseClosed) for event in draft.events):
        return
    roster = draft.situation.roster
    signers = dict.fromkeys(roster.name_of(draft.case.signatures[n].person) for n in fallen)
    text = say(
        "改了 {people} 签过的 {fields},签字失效,不能就此办结", people=tuple(signers), fields=fields
    )
    raise Impossible((Reason(code=SIGN_VOID, text=text),))


def _no_longer_what_was_signed(
    draft: Draft, states: tuple[str, ...] | None = None
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The standing signatures over something else than they were given for, and its fields."""
    changed = {
        one.number: fields
        for one in draft.case.signatures
        if one.standing is Standing.STANDS
        and (states is None or one.state in states)
        and (fields := _changed(draft, one))
    }
    return tuple(changed), tuple(dict.fromkeys(name for one in changed.values() for name in one))


def _changed(draft: Draft, signature: Signature) -> tuple[str, ...]:
    """Which of the fields a signature covers somebody has now filled in otherwise.

    What follows by the rules from a later step (an effect, a computed field) is not a change
    of what was signed.
    """
    definition = draft.situation.definition
    state = definition.find_state(signature.state)
    if state is None:
        return ()
    return tuple(
        field.name
        for one in seen_by(definition, state)
        if (field := entered_by_people(one)) is not None
        and field.name in draft.typed
        and field.name in signature.values
        and _shown(field, signature.values) != _shown(field, draft.case.values)
    )


def _shown(field: Field, values: Values) -> object:
    return shown_of(field, values.get(field.name)) if field.name in values else None


def _ask_again(draft: Draft, signature: Signature) -> None:
    given = draft.case.task(signature.task)
    draft.ask(
        Purpose.SIGN_AGAIN,
        state=signature.state,
        slot=signature.slot,
        role=given.role,
        people=(signature.person,),
        signature=signature.number,
    )


def uphold(draft: Draft, states: tuple[str, ...]) -> None:
    """The rule says that the signatures of these states stand whatever has changed."""
    changed, names = _no_longer_what_was_signed(draft, states)
    if changed:
        draft.emit(happened.SignaturesUpheld(signatures=changed, fields=names))
