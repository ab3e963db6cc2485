"""Keys: enrolment and revocation on record, unlocking for a sitting."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import time

import typer

from commands.display import receipt
from commands.entry import read_moment
from commands.files import drafted_person
from commands.help import Named
from commands.table import dump, emit, heads
from commands.workspace import Session, agent_socket, passphrase
from engine.desk import Desk
from engine.errors import KeyLocked, UsageError
from engine.evidence.agent import Agent, require_agent
from engine.evidence.keyring import Keyring
from engine.evidence.keys import KeyRevoked, RegistrarsAppointed, enrol, rotate
from engine.evidence.signing import FileSigner, make_key
from engine.evidence.sm2 import Sm2PrivateKey
from engine.registry import APPOINT, ENROL, REVOKE, ROTATE, Registry
from engine.scribe import instant
from engine.text import say

app = typer.Typer()
key = typer.Typer(help="签名钥匙", no_args_is_help=True, cls=Named)
app.add_typer(key, name="key")
SITTING = 8 * 3600


@app.command("login")
def login(ctx: typer.Context, person: str) -> None:
    """解锁本人钥匙(交给 ssh-agent 保管八小时),此后每步不再问口令。"""
    session: Session = ctx.obj
    here = session.workspace()
    desk = session.desk()
    uid = desk.catalog.roster(desk.clock()).person(person).id
    signer = Keyring(here.keys).unlock(uid, passphrase())
    if isinstance(signer.private, Sm2PrivateKey):
        raise UsageError(say("ssh-agent 不认国密钥匙;请用 --as 姓名,每步输入口令"))
    require_agent(agent_socket(here)).add(signer.private, uid, SITTING)
    (here.folder / ".guicheng-login").write_text(uid, "utf-8")
    typer.echo(say("{person} 已登录", person=person).show(session.language))


@app.command("logout")
def logout(ctx: typer.Context) -> None:
    """锁上本人钥匙。"""
    session: Session = ctx.obj
    here = session.workspace()
    remembered = here.folder / ".guicheng-login"
    if not remembered.is_file():
        raise UsageError(say("没有人登录"))
    uid = remembered.read_text("utf-8").strip()
    public = Keyring(here.keys).find_public(uid)
    socket = agent_socket(here)
    with suppress(KeyLocked):
        held = Agent(socket).find(public) if public is not None else None
        if held is not None:
            Agent(socket).remove(held)
    remembered.unlink()
    typer.echo(say("已退出").show(session.language))


@app.command("whoami")
def whoami(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """现在是谁在办理,职务、部门和钥匙。"""
    session: Session = ctx.obj
    desk = session.desk()
    view = desk.catalog.roster(desk.clock())
    one = view.person(session.name())
    held = [key_.key[:12] for key_ in desk.keys().keys_of(one.id) if key_.until is None]
    if as_json:
        told = {"name": one.name, "id": one.id, "title": view.title_of(one.id)}
        print(dump({**told, "department": one.department or "", "keys": held}))
        return
    typer.echo(
        say(
            "{name}({id}){title} {department};钥匙 {keys}",
            name=one.name,
            id=one.id,
            title=view.title_of(one.id),
            department=one.department or "",
            keys=tuple(held) or (say("未登记"),),
        ).show(session.language)
    )


@key.command("list")
def list_keys(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """登记过的钥匙,生效的和已停用的。"""
    session: Session = ctx.obj
    state = session.desk().keys()
    rows = [
        {
            "uid": one.uid,
            "key": one.key[:16],
            "custody": one.custody,
            "since": one.since,
            "until": one.until if one.until is not None else "",
            "suspect_since": one.suspect_since or "",
        }
        for one in state.enrolments.values()
    ]
    columns = heads(
        session.language,
        uid="人员",
        key="钥匙",
        custody="保管",
        since="自",
        until="止",
        suspect_since="自此可疑",
    )
    emit(columns, rows, as_json)


@key.command("enrol")
def enrol_key(
    ctx: typer.Context,
    person: str,
    second: str = typer.Option(None, "--second", help="同意登记的另一名登记人员"),
) -> None:
    """为某人造一把钥匙并登记(登记人签名);口令由本人设。忘了口令的,先吊销再登记。"""
    session: Session = ctx.obj
    desk = session.desk()
    registrar, uid = _id(session, desk, session.name()), _id(session, desk, person)
    other = _id(session, desk, second) if second is not None else None
    signer = session.signer(registrar)
    registry, fresh = Registry(desk), FileSigner(make_key(desk.store.suite))
    change = enrol(fresh, desk.store.origin, uid, "file", instant(desk.clock()))
    if other is not None:
        change = registry.consent_to(change, other, session.signer(other))
    word = passphrase(uid, again=True)
    receipt(registry.change_keys(change, registrar, signer, ENROL), ENROL, session.language)
    _keep(session, uid, fresh, word)
    told = say("已为 {person} 登记钥匙 {key}", person=person, key=change.key[:12])
    typer.echo(told.show(session.language))


@key.command("rotate")
def rotate_key(ctx: typer.Context) -> None:
    """更换本人的钥匙:用旧钥匙签,旧钥匙从此停用,此前的签名仍然有效。"""
    session: Session = ctx.obj
    desk = session.desk()
    uid = desk.catalog.roster(desk.clock()).person(session.name()).id
    old, fresh = session.signer(uid), FileSigner(make_key(desk.store.suite))
    word = passphrase(uid, again=True)
    since = instant(desk.clock())
    change = rotate(old.key_id, fresh, desk.store.origin, uid, "file", since)
    receipt(Registry(desk).change_keys(change, uid, old, ROTATE), ROTATE, session.language)
    _keep(session, uid, fresh, word)
    told = say("已换为钥匙 {key};旧钥匙已停用", key=change.key[:12])
    typer.echo(told.show(session.language))


@key.command("appoint")
def appoint(ctx: typer.Context, people: list[str]) -> None:
    """写明从此由谁登记和吊销钥匙(现任登记人员签名);列出全部人。"""
    session: Session = ctx.obj
    desk = session.desk()
    view = desk.catalog.roster(desk.clock())
    actor = view.person(session.name()).id
    change = RegistrarsAppointed(registrars=tuple(view.person(one).id for one in people))
    answer = Registry(desk).change_keys(change, actor, session.signer(actor), APPOINT)
    receipt(answer, APPOINT, session.language)
    told = say("登记人员:{people}", people=tuple(view.person(one).name for one in people))
    typer.echo(told.show(session.language))


def _id(session: Session, desk: Desk, name: str) -> str:
    """Somebody's id; before the first publication, as the roster on disk has him."""
    if desk.has_roster:
        return desk.catalog.roster(desk.clock()).person(name).id
    return drafted_person(session.workspace().folder, name).id


def _keep(session: Session, uid: str, fresh: FileSigner, word: str) -> None:
    """Only a key that is on record takes the place of the one kept so far."""
    ring = Keyring(session.workspace().keys)
    ring.write(uid, fresh.private, word, os.urandom(32), again=True)  # noqa: TID251


@key.command("revoke")
def revoke(
    ctx: typer.Context,
    key_id: str,
    reason: str = typer.Option(..., "--reason"),
    suspect_since: str = typer.Option(None, "--suspect-since"),
) -> None:
    """吊销一把钥匙;此前的签名仍然有效。"""
    session: Session = ctx.obj
    desk = session.desk()
    state = desk.keys()
    matches = [one for one in state.enrolments if one.startswith(key_id)]
    if len(matches) != 1:
        raise UsageError(say("没有唯一以“{key}”开头的钥匙", key=key_id))
    since = None
    if suspect_since is not None:
        since = instant(read_moment(suspect_since, desk.catalog.zone, time.min))
    actor = desk.catalog.roster(desk.clock()).person(session.name()).id
    change = KeyRevoked(key=matches[0], reason=reason, suspect_since=since)
    answer = Registry(desk).change_keys(change, actor, session.signer(actor), REVOKE)
    receipt(answer, REVOKE, session.language)
    typer.echo(say("已吊销 {key}", key=matches[0][:12]).show(session.language))
