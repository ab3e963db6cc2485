"""A checkpoint on paper: its note in a QR code, to be signed by hand and kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.evidence.checkpoint import Checkpoint
from engine.text import Text, say

GROUP = 8  # hex digits of the root in one group, to be compared by eye
TEMPLATE = "checkpoint.html.j2"
WORDS: Mapping[str, Text] = {
    "title": say("检查点"),
    "origin": say("来源名"),
    "size": say("记录条数"),
    "at": say("签发时间"),
    "root": say("日志的根"),
    "key": say("检查点公钥"),
    "scan": say("扫码即得下面的全文,存成文件后用 audit verify --checkpoint 核对"),
    "why": say(
        "此页应存于数据库管理员够不着的地方。凭此页可以证明:此前的记录没有被改动、删除、添加或调换。"
    ),
    "signed": say("交出人"),
    "witness": say("收存人"),
    "day": say("日期"),
}


def render_sheet(checkpoint: Checkpoint, vkey: str, at: str, language: str) -> str:
    """The sheet as an HTML page for A4. `vkey`: the key as note verifiers take it; `at`: the
    time as people read it. The QR code holds the bytes of the note, in UTF-8, and no more.
    """
    code = segno.make(checkpoint.note, error="m", mode="byte", encoding="utf-8", micro=False)
    root = checkpoint.root
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    ).get_template(TEMPLATE)
    return page.render(
        language="zh-CN" if language == "zh" else language,
        words={name: text.show(language) for name, text in WORDS.items()},
        origin=checkpoint.origin,
        size=checkpoint.size,
        at=at,
        groups=[root[n : n + GROUP] for n in range(0, len(root), GROUP)],
        vkey=vkey,
        code=Markup(code.svg_inline(scale=4, border=4)),
        note=checkpoint.note,
    )
