"""What an auditor does: read the history, query it, verify it, keep a checkpoint of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from commands.bundles import write as write_evidence
from commands.checkpoints import export
from commands.completion import CASE
from commands.display import history_table, moment, stop
from commands.help import Named
from commands.plaintext import read_utf8
from commands.table import dump, emit, heads
from commands.timestamps import exchange
from commands.workspace import Session, witness
from engine.desk import Desk, Refused
from engine.errors import EvidenceError, RolledBack, UsageError
from engine.reading.names import Names
from engine.reading.sheets.csvs import neutral
from engine.store.rows import Query
from engine.text import Text, say, translate

if TYPE_CHECKING:
    from engine.evidence.checks import Finding
    from engine.evidence.redaction import Redaction

app = typer.Typer()
audit = typer.Typer(help="审计", no_args_is_help=True, cls=Named)
app.add_typer(audit, name="audit")
JSON = typer.Option(False, "--json")


@app.command("history")
def history(ctx: typer.Context, case: str = CASE, as_json: bool = JSON) -> None:
    """一个案件的办理记录:每步、办理人、身份、意见、结果,拒绝也在内。"""
    session: Session = ctx.obj
    desk = session.desk()
    language = "zh" if as_json else session.language  # programs read the names as written
    emit(*history_table(desk, desk.case(case), language), as_json, note="comment")


@audit.command("query")
def query(
    ctx: typer.Context,
    person: str = typer.Option(None, "--person"),
    case: str = typer.Option(None, "--case"),
    process: str = typer.Option(None, "--process"),
    state: str = typer.Option(None, "--state"),
    action: str = typer.Option(None, "--action"),
    since: str = typer.Option(None, "--since"),
    until: str = typer.Option(None, "--until"),
    code: str = typer.Option(None, "--code"),
    refusals: bool = typer.Option(False, "--refusals"),
    as_json: bool = JSON,
    as_csv: bool = typer.Option(False, "--csv"),
) -> None:
    """按人、案、流程、环节、动作、期间、拒绝查询。"""
    session: Session = ctx.obj
    desk = session.desk()
    if process is not None:
        desk.catalog.process(process, desk.day(desk.clock()))
    found = desk.store.query(
        Query(
            person=desk.catalog.roster(desk.clock()).person(person).id if person else None,
            case_id=desk.require_case(case) if case else None,
            process=process,
            state=state,
            action=action,
            since=_day(desk, since, 0),
            until=_day(desk, until, 1),
            code=code,
            refusals=refusals,
        )
    )
    rows: list[dict[str, object]] = [
        {
            "position": one.position,
            "at": moment(desk, one.at),
            "number": one.stream if one.typ == "stock" else one.number or one.stream,
            "process": one.process,
            "state": one.state,
            "action": one.action,
            "actor": one.actor_name,
            "for": one.principal,
            "meaning": one.meaning,
            "code": one.code,
            "seq": one.seq,
            "digest": one.digest,
        }
        for one in found
    ]
    if as_csv:
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["position"])
        writer.writeheader()
        writer.writerows({k: neutral(v) for k, v in row.items()} for row in rows)
        return
    if session.language == "en" and not as_json:
        rows = [in_english(desk, one.stream, row) for one, row in zip(found, rows, strict=True)]
    columns = heads(
        session.language,
        at="时间",
        number="编号",
        state="环节",
        action="动作",
        actor="办理人",
        code="拒绝码",
    )
    emit(columns, rows, as_json)
    typer.echo(say("共 {count} 条", count=len(rows)).show(session.language), err=True)


def in_english(desk: Desk, stream: str, row: dict[str, object]) -> dict[str, object]:
    """A row with the owner's English names, where its case's procedure gives them."""
    act, state = str(row["action"] or ""), str(row["state"] or "")
    if not stream.startswith("case/"):
        return {**row, "action": translate(act, "en")}
    case = desk.store.load_case(stream.removeprefix("case/"))
    names = Names(desk.catalog.definition(case.definition), "en")
    return {**row, "state": names.state(state), "action": names.action(state, act)}


@audit.command("inspect")
def inspect(ctx: typer.Context, case: str = CASE, as_json: bool = JSON) -> None:
    """查阅一个案件的办理记录,签名留痕;只限经办人、本部门、审计和有权查阅的人。"""
    from engine.inspecting import INSPECT, inspect_case

    session: Session = ctx.obj
    desk = session.desk()
    actor = desk.catalog.roster(desk.clock()).person(session.name()).id
    answer = inspect_case(desk, case, actor, session.signer(actor))
    if isinstance(answer, Refused):
        stop(answer, INSPECT, session.language)
    found, receipt = answer
    language = "zh" if as_json else session.language
    emit(*history_table(desk, found, language), as_json, note="comment")
    told = say("查阅已记录 {digest}", digest=receipt.digest[:12])
    typer.echo(told.show(session.language), err=True)


@audit.command("sample")
def sample(
    ctx: typer.Context,
    process: str,
    seed: str = typer.Option(..., "--seed", help="种子:同样的案件、同样的种子,名单相同"),
    count: int = typer.Option(20, "--count", min=1, help="抽几件"),
    since: str = typer.Option(None, "--since", help="自哪天立案的"),
    until: str = typer.Option(None, "--until", help="至哪天立案的(含)"),
    as_json: bool = JSON,
) -> None:
    """按种子抽取案件:谁都能重抽出同样的名单;抽样本身签名留痕。"""
    from engine.sampling import SAMPLE, draw_cases

    session: Session = ctx.obj
    desk = session.desk()
    desk.catalog.process(process, desk.day(desk.clock()))
    actor = desk.catalog.roster(desk.clock()).person(session.name()).id
    span = (_day(desk, since, 0), _day(desk, until, 1))
    drawn = draw_cases(desk, process, span, count, seed, actor, session.signer(actor))
    if isinstance(drawn, Refused):
        stop(drawn, SAMPLE, session.language)
    cases, receipt = drawn
    rows: list[dict[str, object]] = [
        {
            "number": one.number,
            "title": one.title,
            "opened": moment(desk, one.opened_at),
            "closed": moment(desk, one.closed_at),
        }
        for one in cases
    ]
    columns = heads(session.language, number="编号", title="事项", opened="立案", closed="办结")
    emit(columns, rows, as_json)
    told = say("抽出 {count} 件,记录 {digest}", count=len(rows), digest=receipt.digest[:12])
    typer.echo(told.show(session.language), err=True)


@audit.command("verify")
def verify(
    ctx: typer.Context,
    note: Path = typer.Option(None, "--checkpoint", help="留存在外的检查点文件"),
    code: str = typer.Option(None, "--code", help="打印件上的校验码:只问这一张纸"),
    new: bool = typer.Option(False, "--new", help="只校验上次校验以来新增的记录"),
    as_json: bool = JSON,
) -> None:
    """校验整库:签名、链、明细、权限、供查询的列、派生表;并与留存的检查点核对。"""
    from engine.evidence.checkpoint import load_checkpoint
    from engine.evidence.checks import Finding
    from engine.evidence.heads import load_heads
    from engine.evidence.memory import unseen
    from engine.store.store import Store
    from engine.verifying import redactions_of, verify_store

    session: Session = ctx.obj
    if code is not None:
        _verify_code(session, code, as_json)
        return
    if new:
        _verify_new(session, as_json)
        return
    kept, listed = None, None
    if note is not None:
        kept = load_checkpoint(read_note(note))
        listing = note.with_suffix(note.suffix + ".heads")
        listed = load_heads(read_utf8(listing)) if listing.exists() else None
    here = session.workspace()
    store = Store.open(here.store)
    found = verify_store(store, kept, listed)
    try:
        witness(here).require_whole(store)
    except EvidenceError as error:
        why = error.why if isinstance(error, RolledBack) else error.text
        found += (Finding(code="E_ROLLBACK", stream="", seq=0, field="", text=why),)
    _tell_findings(found, session.language, as_json)
    if not as_json:
        for said in redactions_of(store):
            typer.echo(_destroyed(said).show(session.language), err=True)
    _stop_if_broken(found, session.language)
    witness(here).keep_verified(unseen(store.origin, store.suite).grown(store.leaves(), ""))
    if kept is None:
        typer.echo(
            say("库内一致;没有与外部检查点核对,不能证明未被整体替换").show(session.language),
            err=True,
        )
    else:
        told = say("与检查点一致:前 {count} 条记录没有改动过", count=kept.size)
        typer.echo(told.show(session.language), err=True)


def _verify_new(session: Session, as_json: bool) -> None:
    """Check what has come since the last verification that found nothing wrong."""
    from engine.reverifying import verify_new
    from engine.store.store import Store

    here = session.workspace()
    store = Store.open(here.store)
    known = witness(here).verified(store)
    if known.frontier.size == 0:
        raise UsageError(say("本机还没有校验过整库;请先 audit verify"))
    found, now = verify_new(store, known)
    _tell_findings(found, session.language, as_json)
    _stop_if_broken(found, session.language)
    witness(here).keep_verified(now)
    told = say(
        "新增的 {count} 条记录无误;此前 {size} 条和派生表这次没有重新校验",
        count=now.frontier.size - known.frontier.size,
        size=known.frontier.size,
    )
    typer.echo(told.show(session.language), err=True)


def _tell_findings(found: Iterable[Finding], language: str, as_json: bool) -> None:
    if not as_json:
        for one in found:
            print(one.show(language))
        return
    rows = [
        {
            "code": one.code,
            "stream": one.stream,
            "seq": one.seq,
            "field": one.field,
            "say": one.text.show(language),
            "doubt": one.is_doubt,
        }
        for one in found
    ]
    print(dump(rows))


def _stop_if_broken(found: Iterable[Finding], language: str) -> None:
    """Exit with 1 if something is wrong; a doubt is told and no more."""
    count = sum(1 for one in found if not one.is_doubt)
    if count:
        typer.echo(say("发现 {count} 处不符", count=count).show(language), err=True)
        raise typer.Exit(1)


def _verify_code(session: Session, text: str, as_json: bool) -> None:
    """Say whether a printed form still is what the history says. Exits with 1 if it is not ours."""
    from engine.reading.codes import load_code, look_up
    from engine.store.store import Store

    code = load_code(text)
    found = look_up(Store.open(session.workspace().store), code)
    if as_json:
        since = [{"seq": seq, "action": act} for seq, act in found.since]
        told = {"code": str(code), "ours": found.is_ours, "since": since}
        print(dump({**told, "say": found.text.show(session.language)}))
    else:
        print(found.text.show(session.language))
    if not found.is_ours:
        raise typer.Exit(1)


@audit.command("checkpoint")
def checkpoint(
    ctx: typer.Context,
    output: Path = typer.Option(None, "-o", "--output", help="写入文件;另写 .heads 链头清单"),
    sheet: Path = typer.Option(None, "--sheet", help="另打印一页带二维码的纸:.html 或 .pdf"),
) -> None:
    """签发全部记录的检查点;请留存在数据库管理员够不着的地方。"""
    export(ctx.obj, output, sheet)


@audit.command("timestamp")
def timestamp(
    ctx: typer.Context,
    request: Path = typer.Option(None, "--request", help="写出时间戳请求(.tsq)"),
    answer: Path = typer.Option(None, "--answer", help="收下机构的答复(.tsr)"),
    asked: Path = typer.Option(None, "--asked", help="答复所对的请求;不写则取答复旁边同名的 .tsq"),
    size: int = typer.Option(None, "--size", help="哪个检查点(记录条数);不写则问最近的、收所盖的"),
) -> None:
    """为检查点向时间戳机构要时间戳(RFC 3161);本程序不联网,文件自行往来。"""
    exchange(ctx.obj, request, answer, asked, size)


@audit.command("bundle")
def bundle(
    ctx: typer.Context,
    out: Path = typer.Argument(..., metavar="OUT", help="文件夹,或以 .zip 结尾的文件"),
    case: str = typer.Option(None, "--case", help="只要这一案及其关联案件"),
    since: str = typer.Option(None, "--since", help="只要这一天起收到的"),
    until: str = typer.Option(None, "--until", help="只要到这一天为止收到的"),
) -> None:
    """导出证据包:不用本程序也能核对(python -m verifier);同一库总是同样的字节。"""
    session: Session = ctx.obj
    desk = session.desk()
    first, last = _day(desk, since, 0), _day(desk, until, 1)
    write_evidence(session, out, case, first, last)


@audit.command("redact")
def redact(
    ctx: typer.Context,
    case: str = CASE,
    seq: int = typer.Option(..., "--seq", help="哪一条记录(history 的序号)"),
    path: list[str] = typer.Option(
        ..., "--path", help="销毁什么,可重复:form/字段、att/0、comment、fact/名称"
    ),
    basis: str = typer.Option(..., "--basis", help="依据,如法规条款、批文文号"),
    approver: str = typer.Option(..., "--approver", help="同意销毁的另一人,以本人钥匙签同意"),
    dry_run: bool = typer.Option(False, "--dry-run"),
) -> None:
    """永久销毁一条记录里的明细,留下签名的销毁记录;链与检查点不变。无法撤销。"""
    from commands.destruction import destroy

    destroy(ctx.obj, case, seq, path, basis, approver, dry_run=dry_run)


def read_note(file: Path) -> str:
    """The text of a note kept in a file, byte for byte. Errors: `EvidenceError`."""
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise EvidenceError(say("检查点文件不是 UTF-8 文本")) from None


def _destroyed(said: Redaction) -> Text:
    return say(
        "{stream} #{seq}:{by} 依“{basis}”销毁了 {what},{approvers} 同意",
        stream=said.stream,
        seq=said.seq,
        by=said.by.name,
        basis=said.basis,
        what=tuple(f"#{one.seq} {one.path}" for one in said.targets),
        approvers=tuple(one.name for one in said.approvers),
    )


def _day(desk: Desk, text: str | None, later: int) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(say("“{text}”不是日期(应如 2026-12-01)", text=text)) from error
    at = at if at.tzinfo else at.replace(tzinfo=desk.catalog.zone)
    return at + timedelta(days=later) if len(text) == 10 else at
