"""What SQLite says when something is wrong, in words for people."""

from __future__ import annotations

from engine.text import Text, say

TROUBLE = (
    ("locked", say("数据库正忙,请稍后再试")),
    ("readonly", say("数据库是只读的")),
    ("full", say("磁盘已满,未写入任何内容")),
    ("not a database", say("这不是规程的数据库文件")),
    ("malformed", say("数据库文件已损坏")),
    ("unable to open", say("数据库文件打不开")),
    ("append-only", say("历史只增不改")),
)


def sentence(told: str) -> Text:
    """The driver's message as a sentence; an unknown one is passed on as it is."""
    known = (words for sign, words in TROUBLE if sign in told)
    return next(known, say("数据库出错:{told}", told=told))
