"""Help and usage errors in the reader's language, in columns that count Chinese widths right.

Typer parses; the words it would say in English are said here instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup

from commands.table import pad, width, wrap
from engine.errors import UnknownName
from engine.text import Text, say, translate

Command = TyperCommand | TyperGroup
ARGUMENTS: Mapping[str, str] = {
    "case": "案件编号",
    "action": "动作",
    "process": "流程名称",
    "person": "姓名或人员编号",
    "to": "姓名或人员编号",
    "post": "岗位名称",
    "folder": "文件夹",
    "file": "文件",
    "files": "文件;不写则为工作目录里的全部",
    "key_id": "钥匙编号的开头几位",
    "state": "环节",
    "book": "台账名称",
    "diary": "预约簿名称",
    "item": "台账里的编码或名称",
    "moment": "时点,如 2026-12-03 或 2026-12-03T17:30;只写日期即到当日终了",
    "as_json": "以 JSON 输出",
    "as_csv": "以 CSV 输出",
    "dry_run": "只看会怎样,不办",
    "refusals": "只看拒绝",
    "code": "拒绝码,如 E_SOD",
    "reason": "意见",
    "since": "起始日,如 2026-12-07",
    "until": "截止日,如 2026-12-31",
    "install_completion": "为当前的 shell 装上命令补全",
    "show_completion": "显示补全脚本,可自行安装",
    "suspect_since": "自何时起可疑,如 2026-12-07T09:00:00+08:00",
}
COMPLETION = ("install_completion", "show_completion")
ROOM = 78


class Named(TyperGroup):
    """A group that says which of its commands was probably meant."""

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def, override]
        if cmd_name not in self.commands:
            raise UnknownName(say("命令"), cmd_name, self.commands)
        return self.commands[cmd_name]


def localize(command: Command, language: str) -> None:
    """Put a command, its parameters and its subcommands into `language`."""
    command.help = translate(command.help or "", language)
    for parameter in command.params:
        known = ARGUMENTS.get(parameter.name or "", "")
        written = getattr(parameter, "help", None) or known
        words = known if parameter.name in COMPLETION else written  # Typer writes these itself
        parameter.help = translate(words, language)  # type: ignore[attr-defined]
    command.format_help = partial(write_help, command, language)  # type: ignore[method-assign]
    if isinstance(command, TyperGroup):
        for one in command.commands.values():
            localize(cast(Command, one), language)


def write_help(
    command: Command,
    language: str,
    context: typer.Context,
    formatter: object,
) -> None:
    """The page `--help` shows: usage, what it does, arguments, options, commands."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    choices = [one for one in command.params if one.param_type_name == "option"]
    words = [f"{one.name}" if one.required else f"[{one.name}]" for one in arguments]
    usage = [context.command_path, *words, say("[选项]").show(language)]
    groups = isinstance(command, TyperGroup)
    usage += [say("命令 …").show(language)] if groups else []
    options = [
        ("/".join(sorted(one.opts, key=len)), _told(one, language))
        for one in choices
        if not getattr(one, "hidden", False)
    ]
    inputs = [(str(one.name), _told(one, language)) for one in arguments]
    parts = [
        f"{say('用法').show(language)}: {' '.join(usage)}",
        "\n".join(wrap(command.help or "", ROOM)),
        _columns(say("参数"), inputs, language),
        _columns(say("命令"), _commands(command, context, language), language),
        _columns(say("选项"), [*options, ("--help", say("显示本页").show(language))], language),
    ]
    formatter.write("\n\n".join(part for part in parts if part) + "\n")  # type: ignore[attr-defined]


def _commands(command: Command, context: typer.Context, language: str) -> list[tuple[str, str]]:
    if not isinstance(command, TyperGroup):
        return []
    told = getattr(command, "summaries", None)
    if told is not None:
        return [(name, translate(words, language)) for name, words in told.items()]
    return [(name, one.help or "") for name, one in command.commands.items()]


def _told(parameter: object, language: str) -> str:
    """A parameter's help, with what must be given and what it is otherwise."""
    words = str(getattr(parameter, "help", "") or "")
    if getattr(parameter, "required", False) and parameter.param_type_name == "option":  # type: ignore[attr-defined]
        words += say("(必填)").show(language)
    variable = getattr(parameter, "envvar", None)
    if variable:
        words += f" [{variable}]"
    return words


def _columns(head: Text, rows: Iterable[tuple[str, str]], language: str) -> str:
    rows = list(rows)
    if not rows:
        return ""
    first = min(26, max(width(name) for name, _ in rows))
    lines = [f"{head.show(language)}:"]
    for name, words in rows:
        pieces = wrap(words, ROOM - first - 4) or [""]
        lines.append(f"  {pad(name, first)}  {pieces[0]}".rstrip())
        lines += [" " * (first + 4) + piece for piece in pieces[1:]]
    return "\n".join(lines)


def usage_sentence(error: Exception) -> Text:
    """What was wrong with a command line; Typer's own classes are told apart by name."""
    parameter = getattr(error, "param", None)
    name = str(getattr(parameter, "name", "") or getattr(error, "option_name", ""))
    if parameter is not None and parameter.param_type_name == "option":
        name = max(parameter.opts, key=len)
    match type(error).__name__:
        case "MissingParameter":
            meaning = getattr(parameter, "help", "") or name
            return say("缺少 {name}({meaning})", name=name, meaning=meaning)
        case "NoSuchOption":
            close = getattr(error, "possibilities", None)
            hint = say(";是否想写“{name}”?", name=close[0]) if close else say("")
            return say("没有选项 {name}{hint}", name=name, hint=hint)
        case "BadOptionUsage":
            return say("选项 {name} 的写法不对:要带一个值,或不应带值", name=name)
        case "BadParameter":
            return say("{name} 的值不对:{why}", name=name, why=getattr(error, "message", ""))
    told = str(getattr(error, "message", error))
    if told.startswith("Got unexpected extra argument"):
        return say("多出来的词:{words}", words=told.rpartition("(")[2].rstrip(")."))
    return say("命令写法不对:{why}", why=told)
