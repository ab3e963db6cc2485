"""Which commands there are.

A command's module is imported only when that command is called, so that looking into
one's work does not pay for reading YAML or opening a database library.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

import typer
from typer.core import TyperGroup

from commands.everywhere import language
from commands.help import Command, localize
from commands.workspace import Session
from engine.errors import UnknownName
from engine.text import LANGUAGES, say

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("office", "建立一个办公室的工作目录"),
    "publish": ("office", "签名发布制度文件,使其生效"),
    "check": ("office", "检查流程、表单、花名册等文件"),
    "test": ("office", "运行流程文件里的示例,列出覆盖率"),
    "diagram": ("office", "画出一个流程"),
    "roster": ("roster", "查看花名册,授予岗位"),
    "key": ("keys", "签名钥匙:登记、列出、吊销"),
    "login": ("keys", "解锁本人钥匙,供一段时间使用"),
    "logout": ("keys", "锁上本人钥匙"),
    "whoami": ("keys", "现在是谁在办理"),
    "start": ("clerk", "立案"),
    "todo": ("clerk", "我的待办、已办、我发起、抄送、草稿"),
    "drafts": ("unsent", "草稿:列出、续写、提交、删去"),
    "phrases": ("phrases", "常用意见:列出、添加、删去"),
    "show": ("clerk", "查看一个案件"),
    "do": ("clerk", "办理一个动作"),
    "why": ("clerk", "为什么不能办:列出全部理由"),
    "claim": ("clerk", "签收一项待办"),
    "release": ("clerk", "退还一项已签收的待办"),
    "transfer": ("everyday", "把一项待办转给别人办"),
    "withdraw": ("everyday", "撤回自己刚办的一步"),
    "urge": ("everyday", "催一催正在办的人"),
    "batch": ("everyday", "对多个案件办同一个动作"),
    "delegate": ("clerk", "把自己的办理权委托给他人一段时间"),
    "history": ("auditor", "一个案件的办理记录"),
    "ledger": ("ledger", "台账:结存、明细、时点数、图"),
    "bookings": ("bookings", "预约:何物何时被哪一案占用"),
    "template": ("sheets", "做一份待填的 Excel 或 CSV 表"),
    "import": ("sheets", "导入填好的 Excel 或 CSV 表"),
    "export": ("sheets", "导出案件、基础数据、花名册或台账"),
    "print": ("clerk", "打印表单(HTML 或 PDF)"),
    "tick": ("operator", "办理到期的定时事项"),
    "audit": ("auditor", "审计:查询、校验、封存"),
    "backup": ("copies", "备份数据库"),
    "restore": ("copies", "从备份恢复"),
    "accept": ("copies", "承认一次备份恢复,接着办理"),
    "rebuild": ("operator", "由历史重建全部派生表"),
    "doctor": ("operator", "体检"),
    "demo": ("demo", "用样例单位演示两个流程"),
}


class Lazy(TyperGroup):
    """A group whose commands are looked up in `COMMANDS` and imported one by one."""

    summaries: Mapping[str, str] = {name: words for name, (_, words) in COMMANDS.items()}

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def, override]
        if cmd_name not in COMMANDS:
            raise UnknownName(say("命令"), cmd_name, COMMANDS)
        module = importlib.import_module(f"commands.{COMMANDS[cmd_name][0]}")
        command = typer.main.get_group(module.app).commands[cmd_name]
        localize(cast(Command, command), language())
        return command


def build() -> Command:
    """The whole command, with the options every command understands."""
    app = typer.Typer(
        cls=Lazy,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="规程:有章可循、有据可查",
    )

    @app.callback()
    def options(
        ctx: typer.Context,
        lang: str = typer.Option("", "--lang", help="语言:zh | en"),
        workspace: str = typer.Option(
            "", "--workspace", envvar="GUICHENG_WORKSPACE", help="工作目录"
        ),
        person: str = typer.Option("", "--as", envvar="GUICHENG_AS", help="以谁的身份办理"),
    ) -> None:
        if lang and lang not in LANGUAGES:
            raise UnknownName(say("语言"), lang, LANGUAGES)
        ctx.obj = Session(language=language(), folder=workspace or None, person=person or None)

    command = cast(Command, typer.main.get_command(app))
    localize(command, language())
    return command
