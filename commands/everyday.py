"""The everyday actions one types most, each a command; and one action over a list of cases."""

from __future__ import annotations

import typer

from commands.asked import command_of, require_known
from commands.clerk import BRANCH, REASON, SET, act
from commands.completion import CASE, cases
from commands.entry import Entry, Sheet, known_names
from commands.table import emit, heads
from commands.typed import Typed
from commands.workspace import Session
from engine.desk import Desk, Receipt, Refused
from engine.errors import GuichengError, UnknownName, UsageError
from engine.language.definition import TRANSFER, URGE, WITHDRAW
from engine.reading.names import Names
from engine.text import Text, say
from engine.worker import Worker

app = typer.Typer()

CASES = typer.Argument(None, autocompletion=cases)


@app.command("transfer")
def transfer(
    ctx: typer.Context,
    case: str = CASE,
    to: str = typer.Argument(...),
    reason: str = REASON,
    branch: str = BRANCH,
) -> None:
    """把自己的一项待办转给别人办;期限不变。"""
    act(ctx.obj, case, TRANSFER, Typed(to=(to,), reason=reason, branch=branch))


@app.command("withdraw")
def withdraw(ctx: typer.Context, case: str = CASE, reason: str = REASON) -> None:
    """撤回自己刚办的一步:别人还没办就撤,办过的要他同意。"""
    act(ctx.obj, case, WITHDRAW, Typed(reason=reason))


@app.command("urge")
def urge(ctx: typer.Context, case: str = CASE, reason: str = REASON, branch: str = BRANCH) -> None:
    """催一催正在办的人;多久能催一次由流程规定。"""
    act(ctx.obj, case, URGE, Typed(reason=reason, branch=branch))


@app.command("batch")
def batch(
    ctx: typer.Context,
    action: str = typer.Argument(...),
    chosen: list[str] = CASES,
    process: str = typer.Option(None, "--process", help="我待办里这个流程的全部"),
    state: str = typer.Option(None, "--state", help="其中现处这个环节的"),
    given: list[str] = SET,
    reason: str = REASON,
    dry_run: bool = typer.Option(False, "--dry-run", help="只看会怎样,不办"),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """对多个案件办同一个动作:一案一条记录,哪案办成、哪案被拒逐一列出。"""
    session: Session = ctx.obj
    desk = session.desk()
    Worker(desk).tick()
    actor = desk.catalog.roster(desk.clock()).person(session.name()).id
    ids = [desk.require_case(one) for one in chosen or ()]
    if process is not None:
        ids += _my_cases(desk, actor, process, state)
    if process is not None and not ids:
        _require_known(desk, process, state, action)
        raise UsageError(say("您在“{process}”没有待办", process=process))
    if not ids:
        raise UsageError(say("请列出案件编号,或用 --process 指明我待办里的哪个流程"))
    typed = Typed(given=tuple(given or ()), reason=reason)
    rows = []
    for case_id in dict.fromkeys(ids):
        rows.append(_one(session, desk, actor, case_id, action, typed, dry_run=dry_run))
    columns = heads(session.language, number="编号", outcome="结果", say="说明", state="现处")
    emit(columns, rows, as_json)
    if any(row["outcome"] != "ok" and row["code"] for row in rows):
        raise typer.Exit(3)


def _require_known(desk: Desk, process: str, state: str | None, action: str) -> None:
    """Refuse a procedure, state or action that there is not. Errors: `UnknownName`."""
    _, definition = desk.catalog.process(process, desk.day(desk.clock()))
    states = {name for one in definition.walk() for name in (one.name, one.path)}
    if state is not None and state not in states:
        raise UnknownName(say("环节"), state, sorted(states))
    require_known(definition, Names(definition, "en").find_action(action))


def _my_cases(desk: Desk, actor: str, process: str, state: str | None) -> list[str]:
    """The cases of a process, in a state, in which this person has open work."""
    found = []
    for row in desk.store.cases(process=process, is_open=True):
        case = desk.store.load_case(row.id)
        mine = any(actor in task.people for task in case.asked)
        if mine and (
            state is None or any(f"/{one}".endswith(f"/{state}") for one in case.configuration)
        ):
            found.append(row.id)
    return found


def _one(
    session: Session,
    desk: Desk,
    actor: str,
    case_id: str,
    action: str,
    typed: Typed,
    *,
    dry_run: bool,
) -> dict[str, object]:
    """What came of one case of a batch. What was typed wrong for one does not stop the others."""
    case = desk.store.load_case(case_id)
    definition = desk.catalog.definition(case.definition)
    names = Names(definition, session.language)
    code, told = "", Text("")
    try:
        entry = Entry(desk, definition, known_names(desk, case.params))
        entered = entry.read(typed.given, None, ())
        wanted = entry.action(action)
        command = command_of(entry, actor, wanted, typed, entered=entered, sheet=Sheet(actor))
        if dry_run:
            answer = desk.try_out(case_id, command)
            reasons = getattr(answer, "reasons", ())
        else:
            done = desk.perform(case_id, command, session.signer(actor), files=entered.files)
            reasons = done.refusal.reasons if isinstance(done, Refused) else ()
            if isinstance(done, Receipt):
                Worker(desk).follow(case_id)
        if reasons:
            code, told = reasons[0].code, say("{all}", all=tuple(one.text for one in reasons))
    except GuichengError as error:
        code, told = "E_USAGE", error.text
    return {
        "number": case.number,
        "outcome": code or "ok",
        "code": code,
        "say": told.show(session.language),
        "state": names.states(desk.store.load_case(case_id).configuration),
    }
