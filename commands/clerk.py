"""What a clerk does: start a case, look at it, act, ask why not, delegate, print."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import typer

from commands.asked import AFTER, command_of
from commands.casefile import case_row, print_case, save_attachments
from commands.completion import CASE, PROCESS
from commands.display import conclude, print_reasons, receipt
from commands.entry import Entry, known_names, read_paper
from commands.inbox import Wanted, print_todo
from commands.phrases import chosen
from commands.table import dump
from commands.typed import Typed
from commands.unsent import keep_act, keep_start
from commands.workspace import Session
from engine.desk import Desk, Receipt
from engine.errors import UsageError
from engine.kernel.command import (
    Claim,
    Command,
    Everyday,
    Perform,
    Refusal,
    Release,
    is_everyday,
)
from engine.language.amendments import Delegated, DelegationEnded
from engine.language.definition import CLAIM, RELEASE, ProcessDefinition
from engine.language.params import read_plain
from engine.reading.labels import named_as
from engine.reading.names import Names
from engine.registry import CALL_BACK, DELEGATE, Registry
from engine.store.boxes import TODO
from engine.store.personal import mark_read
from engine.text import say, translate
from engine.worker import Worker

app = typer.Typer()

ACTION = typer.Argument(...)
SET = typer.Option(None, "--set", help="字段=值")
DATA = typer.Option(None, "--data", help="YAML/JSON 文件")
ATTACH = typer.Option(None, "--attach", help="字段=文件")
ROW = typer.Option(None, "--row", help="列=值(追加一行)")
REASON = typer.Option(None, "--reason", "--comment", help="意见;@2 是常用意见第 2 条")
PHRASE = typer.Option(None, "--phrase", help="以常用意见第几条为意见(见 phrases)")
BRANCH = typer.Option(None, "--branch", help="并行的哪一支")
REOPEN = typer.Option(None, "--reopen", help="退回哪一支")
ITEM = typer.Option(None, "--item", help="检查单的项")
FOR = typer.Option(None, "--for", help="代谁办理")
TO = typer.Option(None, "--to", help="转办、委派、加签、抄送给谁;退回到哪个环节")
UNTIL = typer.Option(None, "--until", help="挂起到哪天,如 2026-12-01")
THEN = typer.Option(None, "--then", help="退回改好后:back 直接回来,replay 逐级重走")
AFTER_ME = typer.Option(False, "--after", help="加签人在我之后签(不写则在我之前)")
PAPER = typer.Option(None, "--paper", help="补录纸质单据:纸上是谁签的")
HAPPENED = typer.Option(None, "--happened", help="纸上签的时刻,如 2026-11-24 10:00")
SCAN = typer.Option(None, "--scan", help="纸质原件的扫描件")
REQUEST = typer.Option(None, "--request", help="请求号,重复提交不会重办")
DRAFT = typer.Option(False, "--draft", help="存为草稿,不校验、不提交")
DRY = typer.Option(False, "--dry-run", help="只看会怎样,不办")
JSON = typer.Option(False, "--json")
PRINTED = (".html", ".pdf")


@app.command("start")
def start(
    ctx: typer.Context,
    process: str = PROCESS,
    given: list[str] = SET,
    data: Path = DATA,
    attach: list[str] = ATTACH,
    request: str = REQUEST,
    signed_by: str = PAPER,
    happened: str = HAPPENED,
    scan: list[Path] = SCAN,
    draft: bool = DRAFT,
) -> None:
    """立案;也可补录一张纸质的申请,或先存为草稿。"""
    typed = Typed(
        given=tuple(given or ()),
        data=str(data) if data else None,
        attach=tuple(attach or ()),
        request=request,
        signed_by=signed_by,
        happened=happened,
        scan=tuple(map(str, scan or ())),
    )
    if draft:
        keep_start(ctx.obj, process, typed)
    else:
        open_case(ctx.obj, process, typed)


def open_case(session: Session, process: str, typed: Typed) -> None:
    """Open a case with the words typed, and tell what came of it."""
    desk, actor = _desk(session)
    sheet = read_paper(desk, actor, typed.signed_by, typed.happened, typed.scans)
    on = desk.day(sheet.paper.happened if sheet.paper else desk.clock())
    _, definition = desk.catalog.process(process, on)
    known = known_names(desk, desk.catalog.params_in_force(on).digest)
    with named_as(definition):
        entered = Entry(desk, definition, known).read(typed.given, typed.data_file, typed.attach)
    answer = desk.start(
        process,
        sheet.signer,
        session.signer(actor),
        entered.values,
        request=typed.request,
        files=(*entered.files, *sheet.files),
        paper=sheet.paper,
    )
    if isinstance(answer, Receipt) and answer.case is not None:
        follow(desk, answer.case.id, session.language)
    conclude(desk, answer, translate("立案", session.language), session.language, definition)


@app.command("do")
def do(
    ctx: typer.Context,
    case: str = CASE,
    action: str = ACTION,
    given: list[str] = SET,
    data: Path = DATA,
    attach: list[str] = ATTACH,
    row: list[str] = ROW,
    reason: str = REASON,
    branch: str = BRANCH,
    reopen: list[str] = REOPEN,
    item: list[str] = ITEM,
    principal: str = FOR,
    request: str = REQUEST,
    signed_by: str = PAPER,
    happened: str = HAPPENED,
    scan: list[Path] = SCAN,
    dry_run: bool = DRY,
    draft: bool = DRAFT,
    phrase: int = PHRASE,
    to: list[str] = TO,
    until: str = UNTIL,
    then: str = THEN,
    after: bool = AFTER_ME,
) -> None:
    """办理一个动作;也可 填写、勾选、签收,转办、加签、催办、退回等,补录纸质的一步,或存为草稿。"""
    typed = Typed(
        given=tuple(given or ()),
        data=str(data) if data else None,
        attach=tuple(attach or ()),
        row=tuple(row or ()),
        reason=chosen(ctx.obj, reason, phrase),
        branch=branch,
        reopen=tuple(reopen or ()),
        item=tuple(item or ()),
        principal=principal,
        to=tuple(to or ()),
        until=until,
        then=then,
        is_after=AFTER if after else None,
        request=request,
        signed_by=signed_by,
        happened=happened,
        scan=tuple(map(str, scan or ())),
    )
    if draft:
        keep_act(ctx.obj, case, action, typed)
    else:
        act(ctx.obj, case, action, typed, dry_run=dry_run)


def act(session: Session, case: str, action: str, typed: Typed, *, dry_run: bool = False) -> None:
    """Do an action with the words typed, and tell what came of it."""
    desk, actor = _desk(session)
    sheet = read_paper(desk, actor, typed.signed_by, typed.happened, typed.scans)
    found = desk.case(case)
    definition = desk.catalog.definition(found.definition)
    entry = Entry(desk, definition, known_names(desk, found.params))
    action = entry.action(action)
    label = Names(definition, session.language).spoken(action)
    with named_as(definition):
        entered = entry.read(typed.given, typed.data_file, typed.attach)
        command = command_of(entry, actor, action, typed, entered=entered, sheet=sheet)
        if dry_run:
            _dry(found.number, label, desk.try_out(found.id, command), session.language, definition)
            return
        answer = desk.perform(
            found.id,
            command,
            session.signer(actor),
            request=typed.request,
            files=(*entered.files, *sheet.files),
        )
    follow(desk, found.id, session.language)
    conclude(desk, answer, label, session.language)


@app.command("why")
def why(
    ctx: typer.Context,
    case: str = CASE,
    action: str = ACTION,
    branch: str = BRANCH,
    as_json: bool = JSON,
) -> None:
    """为什么不能办:列出全部理由;能办则说能办。"""
    session: Session = ctx.obj
    desk, actor = _desk(session, tick=False)
    found = desk.case(case)
    definition = desk.catalog.definition(found.definition)
    action = Names(definition, "en").find_action(action)
    command: Command = Perform(action=action, actor=actor, branch=branch)
    if is_everyday(definition, action, None):
        command = Everyday(verb=action, actor=actor, branch=branch)
    label = Names(definition, session.language).spoken(action)
    answer = desk.try_out(found.id, command)
    if as_json:
        reasons = answer.reasons if isinstance(answer, Refusal) else ()
        print(
            dump(
                [
                    {
                        "code": one.code,
                        "say": one.text.show(session.language),
                        "rule": one.rule,
                        "source": str(one.source) if one.source else None,
                        "remedy": one.remedy.show(session.language) if one.remedy else None,
                        "curable": one.is_curable,
                    }
                    for one in reasons
                ]
            )
        )
        raise typer.Exit(3 if reasons else 0)
    _dry(found.number, label, answer, session.language, definition)


@app.command("todo")
def todo(
    ctx: typer.Context,
    box: str = typer.Option(TODO, "--box", help="哪一箱:待办、已办、我发起、抄送、草稿"),
    process: str = typer.Option("", "--process", help="只看这个流程的"),
    overdue: bool = typer.Option(False, "--overdue", help="只看红牌"),
    find: str = typer.Option("", "--find", help="编号或标题里有这几个字的"),
    as_json: bool = JSON,
) -> None:
    """我的待办,最急的在前;也可看已办、我发起、抄送、草稿。红牌:已超期;黄牌:期限只剩不到五分之一(按钟点算)。"""
    wanted = Wanted(box=box, process=process, overdue=overdue, find=find, as_json=as_json)
    print_todo(ctx.obj, wanted)


@app.command("claim")
def claim(ctx: typer.Context, case: str = CASE, branch: str = BRANCH) -> None:
    """签收一项待办。"""
    do_plain(ctx.obj, case, Claim(actor="", branch=branch), CLAIM)


@app.command("release")
def release(ctx: typer.Context, case: str = CASE, branch: str = BRANCH) -> None:
    """退还一项已签收的待办。"""
    do_plain(ctx.obj, case, Release(actor="", branch=branch), RELEASE)


def do_plain(session: Session, case: str, like: Claim | Release, name: str) -> None:
    """Claim or release as whoever is at the keyboard."""
    desk, actor = _desk(session)
    command = type(like)(actor=actor, branch=like.branch)
    answer = desk.perform(case, command, session.signer(actor))
    conclude(desk, answer, translate(name, session.language), session.language)


@app.command("delegate")
def delegate(
    ctx: typer.Context,
    to: str,
    since: str = typer.Option(..., "--from"),
    until: str = typer.Option(None, "--until"),
    process: list[str] = typer.Option(None, "--process"),
    limit: str = typer.Option(None, "--limit", help="案件金额的上限"),
    ended: bool = typer.Option(False, "--end", help="收回:自 --from 起不再委托"),
) -> None:
    """把自己的办理权委托给他人一段时间,或收回;不得转委托。"""
    session: Session = ctx.obj
    desk, actor = _desk(session)
    person = desk.catalog.roster(desk.clock()).person(to).id
    first, last = read_plain(since), read_plain(until or "")
    if ended and isinstance(first, date):
        back = DelegationEnded(from_person=actor, to_person=person, from_=first)
        answer = Registry(desk).amend(back, actor, session.signer(actor), CALL_BACK)
        done = receipt(answer, CALL_BACK, session.language)
        text = say("已收回对 {to} 的委托(记录 {digest})", to=to, digest=done.digest[:12])
        typer.echo(text.show(session.language))
        return
    if not isinstance(first, date) or not isinstance(last, date) or last < first:
        raise UsageError(say("起止日期不对(应如 2026-12-07)"))
    for name in process or ():
        desk.catalog.process(name, desk.day(desk.clock()))
    amendment = Delegated(
        from_person=actor,
        to_person=person,
        from_=first,
        until=last,
        processes=tuple(process or ()),
        limit=_amount(limit),
    )
    answer = Registry(desk).amend(amendment, actor, session.signer(actor), DELEGATE)
    done = receipt(answer, DELEGATE, session.language)
    typer.echo(
        say(
            "已委托 {to}:{first} 至 {last}(记录 {digest})",
            to=to,
            first=str(first),
            last=str(last),
            digest=done.digest[:12],
        ).show(session.language)
    )


def _amount(text: str | None) -> Decimal | None:
    found = read_plain(text) if text else None
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return Decimal(found)
    if text:
        raise UsageError(say("“{text}”不是金额(应如 5000)", text=text))
    return None


@app.command("show")
def show(
    ctx: typer.Context,
    case: str = CASE,
    as_json: bool = JSON,
    save: Path = typer.Option(None, "--save", help="把附件存入此文件夹"),
) -> None:
    """查看一个案件:现处环节、待办、可办动作、表单。"""
    session: Session = ctx.obj
    desk = session.desk()
    found = desk.case(case)
    if save is not None:
        save_attachments(desk, found, save)
    if as_json:
        print(dump(case_row(desk, found)))
    else:
        print_case(desk, found, session.language)
    _note_reading(session, desk, found.id)


@app.command("print")
def print_form(
    ctx: typer.Context,
    case: str = CASE,
    form: str = typer.Option(None, "--form", help="哪张表"),
    output: Path = typer.Option(None, "-o", "--output", help="写入文件:.html 或 .pdf"),
) -> None:
    """打印表单:HTML 或 PDF,A4 纸。"""
    from engine.reading.pdf import write_pdf
    from engine.reading.printing import render

    if output is not None and output.suffix.lower() not in PRINTED:
        told = say("{file}:文件名要以 {known} 结尾", file=str(output), known=PRINTED)
        raise UsageError(told)
    session: Session = ctx.obj
    desk = session.desk()
    found = desk.case(case)
    folder = session.workspace().folder / "forms" / "print"
    page = render(desk.store, desk.catalog, found, form, desk.clock(), session.language, folder)
    if output is None:
        print(page)
        return
    if output.suffix.lower() == ".pdf":
        write_pdf(page, output)
    else:
        output.write_text(page, "utf-8")
    typer.echo(say("已写入 {file}", file=str(output)).show(session.language), err=True)


def _desk(session: Session, *, tick: bool = True) -> tuple[Desk, str]:
    """The desk and the actor's id; what is due is done first."""
    desk = session.desk()
    if tick:
        Worker(desk).tick()
    return desk, desk.catalog.roster(desk.clock()).person(session.name()).id


def _note_reading(session: Session, desk: Desk, case_id: str) -> None:
    """Take the mark 未读 off a copied case, if it is known who looks at it."""
    with suppress(UsageError):
        reader = desk.catalog.roster(desk.clock()).person(session.name()).id
        mark_read(desk.store, case_id, reader, desk.clock())


def follow(desk: Desk, case_id: str, language: str) -> None:
    """Carry on elsewhere what the step has set in motion; what cannot be is told."""
    worker = Worker(desk)
    worker.follow(case_id)
    for text in worker.stuck.values():
        typer.echo(say("后续未能办理:{why}", why=text).show(language), err=True)


def _dry(
    number: str, action: str, answer: object, language: str, definition: ProcessDefinition
) -> None:
    if isinstance(answer, Refusal):
        print_reasons(number, action, answer.reasons, language, definition)
        raise typer.Exit(3)
    typer.echo(say("{number} 可以办理「{action}」", number=number, action=action).show(language))
