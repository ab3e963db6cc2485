"""Common phrases 常用意见: one's own in a small file of the workspace, the office's in params.yaml.

One's own come first, so that what the office adds never changes their numbers.
"""

from __future__ import annotations

import re
from pathlib import Path

import typer

from commands.drafts import write_whole
from commands.help import Named
from commands.plaintext import read_utf8
from commands.table import emit, heads
from commands.unsent import at_desk
from commands.workspace import Session
from engine.desk import Desk
from engine.errors import UnknownName, UsageError
from engine.language.forms import tidy
from engine.text import say, translate

app = typer.Typer()
phrases = typer.Typer(
    help="常用意见:自己的在前,单位的在后;办理时用 --reason @号 或 --phrase 号。不写命令则列出。",
    cls=Named,
    invoke_without_command=True,
)
app.add_typer(phrases, name="phrases")

FOLDER = "phrases"
LONGEST = 200
NUMBERED = re.compile(r"[@＠](\d{1,4})")


@app.callback()
def commands() -> None:
    """Commands of this module."""


@phrases.callback()
def listing(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """Without a command: list them."""
    if ctx.invoked_subcommand is not None:
        return
    session: Session = ctx.obj
    own, common = both(session)
    rows: list[dict[str, object]] = [
        {"n": n, "phrase": phrase, "own": n <= len(own), "of": _of(n <= len(own), session)}
        for n, phrase in enumerate((*own, *common), start=1)
    ]
    if as_json:
        rows = [{key: row[key] for key in ("n", "phrase", "own")} for row in rows]
    emit(heads(session.language, n="号", phrase="意见", of="谁的"), rows, as_json)
    if not rows and not as_json:
        typer.echo(say("还没有常用意见;用 phrases add 添加").show(session.language), err=True)


@phrases.command("add")
def add(ctx: typer.Context, phrase: str = typer.Argument(..., help="意见")) -> None:
    """添加一条自己的常用意见。"""
    session: Session = ctx.obj
    own, common = both(session)
    words = " ".join(tidy(phrase).split())
    if not words or len(words) > LONGEST:
        raise UsageError(say("常用意见要有字,且不超过 {most} 字", most=LONGEST))
    if words in (*own, *common):
        raise UsageError(say("已有这一条:“{phrase}”", phrase=words))
    _write(session, (*own, words))
    typer.echo(say("第 {n} 条:{phrase}", n=len(own) + 1, phrase=words).show(session.language))


@phrases.command("drop")
def drop(ctx: typer.Context, number: int = typer.Argument(..., help="第几条")) -> None:
    """删去一条自己的常用意见;后面的往前移。"""
    session: Session = ctx.obj
    own, common = both(session)
    phrase = _numbered((*own, *common), number)
    if number > len(own):
        raise UsageError(say("“{phrase}”是单位的,写在 params.yaml 里", phrase=phrase))
    _write(session, (*own[: number - 1], *own[number:]))
    typer.echo(say("已删去:{phrase}", phrase=phrase).show(session.language))


def chosen(session: Session, reason: str | None, phrase: int | None) -> str | None:
    """The opinion meant by `--reason` (a phrase if it is `@2`) or `--phrase`, told as it stands.

    Errors: `UsageError` for both at once, `UnknownName` for a number there is not.
    """
    numbered = NUMBERED.fullmatch(reason.strip()) if reason else None
    if phrase is None and numbered is None:
        return reason
    if phrase is not None and reason is not None:
        raise UsageError(say("--reason 和 --phrase 只写一个"))
    number = phrase if phrase is not None else int(numbered[1]) if numbered else 0
    own, common = both(session)
    found = _numbered((*own, *common), number)
    typer.echo(say("意见:{phrase}", phrase=found).show(session.language), err=True)
    return found


def both(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A person's own phrases, and those the office publishes."""
    desk, person = at_desk(session)
    path = _path(session, person)
    lines = read_utf8(path).splitlines() if path.is_file() else []
    return tuple(line for line in lines if line.strip()), _common(desk)


def _common(desk: Desk) -> tuple[str, ...]:
    on = desk.day(desk.clock())
    return desk.catalog.params(desk.catalog.params_in_force(on).digest).phrases


def _numbered(known: tuple[str, ...], number: int) -> str:
    if not 1 <= number <= len(known):
        raise UnknownName(say("常用意见"), str(number), map(str, range(1, len(known) + 1)))
    return known[number - 1]


def _path(session: Session, person: str) -> Path:
    return session.workspace().folder / FOLDER / f"{person}.txt"


def _write(session: Session, own: tuple[str, ...]) -> None:
    _, person = at_desk(session)
    path = _path(session, person)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, "".join(f"{one}\n" for one in own).encode())


def _of(own: bool, session: Session) -> str:
    return translate("本人" if own else "单位", session.language)
