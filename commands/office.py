"""What a process owner does: set an office up, check, rehearse, draw and publish its rules."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import typer

from commands.completion import PROCESS
from commands.display import stop
from commands.files import check_texts, drafted_person, read_texts
from commands.plaintext import read_utf8
from commands.table import dump
from commands.workspace import SERVICE, SETTINGS, Session, read_settings, witness
from engine.catalog import Draft, draft_process, read_params, read_roster
from engine.desk import Desk, Refused
from engine.errors import DefinitionProblems, Problem, UnknownName, UsageError
from engine.evidence.checkpoint import is_note_name
from engine.evidence.keyring import Keyring
from engine.evidence.keys import enrol, found
from engine.evidence.restoration import is_later_log
from engine.evidence.signing import make_key
from engine.evidence.suite import SHA256_ED25519, SUITES
from engine.language.definition import ProcessDefinition
from engine.language.params import read_plain
from engine.registry import ENROL, FOUND, PUBLISH, Registry, holders
from engine.sample import sample_files
from engine.scribe import instant
from engine.store.store import Store
from engine.text import say

app = typer.Typer()


@app.command("init")
def init(
    ctx: typer.Context,
    folder: Path,
    origin: str = typer.Option("office.example/guicheng", "--origin", help="本单位历史的名称"),
    suite: str = typer.Option(
        SHA256_ED25519.name, "--suite", help="密码套件:sha256-ed25519 | sm3-sm2(国密)"
    ),
    enrol_all: bool = typer.Option(
        False, "--enrol-all", help="为花名册上每个人造一把钥匙(演示用,口令相同)"
    ),
) -> None:
    """建立工作目录:样例单位的制度文件、数据库、系统钥匙和登记人的钥匙。"""
    session: Session = ctx.obj
    if (folder / SETTINGS).exists():
        raise UsageError(say("{folder} 已是工作目录,不会覆盖", folder=str(folder)))
    if not is_note_name(origin):
        raise UsageError(say("来源名不得为空,也不得含空白、加号和控制字符:{origin}", origin=origin))
    if is_later_log(origin):
        told = say("来源名不得以 # 加号码结尾:恢复备份以后的日志才这样称呼:{origin}", origin=origin)
        raise UsageError(told)
    if suite not in SUITES:
        raise UnknownName(say("密码套件"), suite, list(SUITES))
    chosen = SUITES[suite]
    chosen.hash(b"")  # before anything is written: the library may not be there
    folder.mkdir(parents=True, exist_ok=True)
    for source, inside in sample_files():
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(source, target)
    roster = read_roster(read_utf8(folder / "roster.yaml", "roster.yaml"))
    registrars = holders(roster, "register")
    if not registrars:
        raise UsageError(say("花名册没有写谁有 {power} 之权(powers)", power="register"))
    registrar = registrars[0]
    (folder / SETTINGS).write_text(
        f"origin = {json.dumps(origin, ensure_ascii=False)}\n"
        'store = "guicheng.sqlite3"\nkeys = "keys"\n',
        "utf-8",
    )
    here = read_settings(folder / SETTINGS)
    ring = Keyring(here.keys)
    secret = os.urandom(24).hex()  # noqa: TID251 — a passphrase for a file, not part of any record
    ring.write(SERVICE, make_key(chosen), secret, os.urandom(32), again=False)  # noqa: TID251
    place = here.keys / "service.pass"
    place.write_text(secret + "\n", "utf-8")
    place.chmod(0o600)
    from commands.workspace import passphrase

    word = passphrase(again=True)
    people = [one.id for one in roster.people] if enrol_all else [registrar]
    for uid in people:
        ring.write(uid, make_key(chosen), word, os.urandom(32), again=False)  # noqa: TID251
    desk = Desk(Store.create(here.store, origin, chosen), ring.unlock(SERVICE, secret))
    desk.witness = witness(here)
    desk.witness.forget()
    signer = ring.unlock(registrar, word)
    since = instant(desk.clock())
    first = found(signer, desk.service, origin, registrar, "file", since, registrars)
    registry = Registry(desk)
    registry.change_keys(first, registrar, signer, FOUND)
    for uid in people:
        if uid != registrar:
            change = enrol(ring.unlock(uid, word), origin, uid, "file", since)
            registry.change_keys(change, registrar, signer, ENROL)
    typer.echo(
        say(
            "已建立 {folder}:登记人 {person},已登记钥匙 {count} 把。下一步:publish",
            folder=str(folder),
            person=next(one.name for one in roster.people if one.id == registrar),
            count=len(people),
        ).show(session.language)
    )


@app.command("check")
def check(
    ctx: typer.Context,
    files: list[Path] = typer.Argument(None),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """检查流程、表单、花名册、参数、日历;一次列出全部问题。"""
    session: Session = ctx.obj
    for path in files or []:
        if not path.is_file():
            raise UnknownName(say("文件"), str(path))
    folder = session.workspace().folder
    try:
        sound = check_texts(read_texts(folder, tuple(files or ())))
    except DefinitionProblems as error:
        if as_json:
            print(dump([problem_row(one, session.language) for one in error.problems]))
            raise typer.Exit(1) from error
        raise
    if as_json:
        print(dump([]))
        return
    for definition in sound.definitions:
        states = sum(1 for _ in definition.walk())
        typer.echo(
            say(
                "{name}:{states} 个环节,{examples} 个示例,无问题",
                name=definition.name,
                states=states,
                examples=len(definition.examples),
            ).show(session.language)
        )


def problem_row(one: Problem, language: str) -> dict[str, object]:
    """A problem for editors and other programs."""
    return {
        "file": one.source.file,
        "line": one.source.line,
        "column": one.source.column,
        "say": one.what.show(language),
        "remedy": one.remedy.show(language) if one.remedy else None,
    }


@app.command("publish")
def publish(
    ctx: typer.Context,
    files: list[Path] = typer.Argument(None),
    effective: str = typer.Option(None, "--effective", help="生效日,如 2027-01-01;默认今天"),
    dry_run: bool = typer.Option(False, "--dry-run"),
) -> None:
    """签名发布:花名册、参数、日历和流程只有发布才生效;内容未变的不重复发布。"""
    session: Session = ctx.obj
    desk = session.desk()
    known = {(one.kind, one.name): one.digest for one in desk.catalog.editions}
    digest = desk.store.suite.digest

    def is_known(one: Draft) -> bool:
        return known.get((one.kind, one.name)) == digest(one.content)

    sound = check_texts(read_texts(session.workspace().folder, tuple(files or ())), is_known)
    on = read_plain(effective) if effective else desk.clock().astimezone(sound.zone).date()
    if not isinstance(on, date):
        raise UsageError(say("生效日不对(应如 2027-01-01)"))
    changed = [one for one in sound.drafts if not is_known(one)]
    if dry_run:
        for one in changed:
            typer.echo(
                say("将发布 {kind} {name}", kind=one.kind, name=one.name).show(session.language)
            )
        return
    uid = drafted_person(session.workspace().folder, session.name()).id
    answer = Registry(desk).publish(sound.drafts, uid, session.signer(uid), on)
    if isinstance(answer, Refused):
        stop(answer, PUBLISH, session.language)
    for receipt in answer:
        event = receipt.events[0]
        typer.echo(
            say(
                "已发布 {name} 第 {edition} 版,{on} 生效(记录 {digest})",
                name=getattr(event, "name", ""),
                edition=getattr(event, "edition", 0),
                on=on.isoformat(),
                digest=receipt.digest[:12],
            ).show(session.language)
        )
    if not answer:
        typer.echo(say("没有变化,未发布").show(session.language))


@app.command("test")
def rehearse(
    ctx: typer.Context,
    files: list[Path] = typer.Argument(None),
    verbose: bool = typer.Option(False, "--missing", help="列出没有覆盖到的去向"),
) -> None:
    """运行流程文件里的示例,列出每个流程的覆盖率。"""
    from engine.reading.labels import labelled, labels
    from engine.reading.names import Names
    from engine.rehearsal.coverage import Transition, taken, transitions_of
    from engine.rehearsal.office import Office
    from engine.rehearsal.player import Player

    session: Session = ctx.obj
    folder = session.workspace().folder
    chosen = read_texts(folder, tuple(files or ()))
    texts = read_texts(folder)
    texts = replace(texts, processes={**texts.processes, **chosen.processes})
    sound = check_texts(texts)
    start = datetime.fromisoformat("2026-10-12T08:00:00+08:00")
    failed = 0
    for definition in sound.definitions:
        if definition.source.file not in {file for _, file in chosen.processes.values()}:
            continue
        through: set[Transition] = set()
        for example in definition.examples:
            office = Office(texts, start, os.urandom)  # noqa: TID251
            played = Player(office, definition.name).play(example.steps)
            through |= taken(office.store, definition)
            for miss in played.misses:
                typer.echo(f"{example.name}: {miss.show(session.language)}", err=True)
            failed += bool(played.misses)
        every = transitions_of(definition)
        typer.echo(
            say(
                "{name}:{examples} 个示例,覆盖去向 {taken}/{all}",
                name=Names(definition, session.language).process(),
                examples=len(definition.examples),
                taken=len(through),
                all=len(every),
            ).show(session.language)
        )
        if verbose:
            names = labels(definition)
            for state, action, to in sorted(every - through):
                told = say("  未覆盖 {state} ·{action}· → {to}", state=state, action=action, to=to)
                typer.echo(labelled(told, names).show(session.language))
    if failed:
        raise typer.Exit(1)


@app.command("diagram")
def diagram(
    ctx: typer.Context,
    process: str = PROCESS,
    output: str = typer.Option("tree", "-o", "--output", help="tree | mermaid | svg"),
    case: str = typer.Option(None, "--case", help="标出这个案件现处和走过的环节"),
) -> None:
    """画出一个流程:终端树、Mermaid 或 SVG。"""
    from engine.reading.diagram import draw_mermaid, draw_svg, draw_tree

    session: Session = ctx.obj
    marked: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    if case is not None:
        desk = session.desk()
        found = desk.case(case)
        definition = desk.catalog.definition(found.definition)
        marked, passed = frozenset(found.configuration), frozenset(found.entered)
    else:
        definition = drafted(session.workspace().folder, process)
    match output:
        case "tree":
            typer.echo(draw_tree(definition, session.language, marked))
        case "mermaid":
            typer.echo(draw_mermaid(definition, session.language))
        case "svg":
            typer.echo(draw_svg(definition, session.language, marked, passed))
        case _:
            raise UnknownName(say("图形"), output, ("tree", "mermaid", "svg"))


def drafted(folder: Path, process: str) -> ProcessDefinition:
    """A process as its file stands. Errors: `UnknownName`, `DefinitionProblems`."""
    path = folder / "processes" / f"{process}.yaml"
    if not path.is_file():
        names = [one.stem for one in (folder / "processes").glob("*.yaml")]
        raise UnknownName(say("流程"), process, names)
    texts = read_texts(folder, (path,))
    text, file = texts.processes[process]
    return draft_process(text, file, texts.forms, read_params(texts.params))[1]
