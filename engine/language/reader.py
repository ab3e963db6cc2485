"""Strict YAML with positions; the only importer of PyYAML.

Text becomes nodes that remember where they stood and what was typed: `18:30`, `012` and
`1.10` stay text. Anchors, tags, merges and duplicate keys are refused, size and depth are
bounded, and nothing is expanded, because only the parser's event stream is read.

A loader walks the nodes with a `Cursor`, which collects every problem instead of stopping:

    node, problems = read(text, "a.yaml")
    cursor = Cursor(problems)
    top = cursor.mapping(node, {"name", "rows"}, required={"name"})
    name = cursor.text(top.get("name"))
    for row in cursor.items(top.get("rows")):
        ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import yaml

from engine.errors import Problem, Source
from engine.meant import meant
from engine.text import Text, say

T = TypeVar("T")

INDENTS = {  # what looks like blanks before a line and is none to YAML
    "\t": say("制表符"),
    "\u3000": say("全角空格"),
    "\u00a0": say("不换行空格"),
}

YES_NO = {"true": True, "false": False, "是": True, "否": False}
MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Span = tuple[int, int]  # from a character of the text up to another; of a block, its last item


@dataclass(frozen=True, slots=True)
class Scalar:
    """One typed word or sentence; `plain` if it stood without quotes."""

    text: str
    plain: bool
    source: Source
    span: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    source: Source
    span: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Mapping_:
    entries: tuple[tuple[Scalar, Node], ...]
    source: Source
    span: Span = (0, 0)

    def get(self, name: str) -> Node | None:
        return next((value for key, value in self.entries if key.text == name), None)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def names(self) -> list[str]:
        return [key.text for key, _ in self.entries]


Node = Scalar | Sequence | Mapping_


class _Stop(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The one document of a text, or None; problems say file, line, column and what to do."""
    problems: list[Problem] = []
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        what = say("文件超过 {most} KiB", most=MAX_BYTES // 1024)
        return None, [Problem(Source(file), what, say("请拆成几个文件"))]
    try:
        node = _Composer(text, file, problems).document()
    except _Stop as stop:
        return None, [*problems, stop.problem]
    except yaml.YAMLError as error:
        return None, [*problems, _syntax(error, text, file)]
    except RecursionError:
        return None, [Problem(Source(file), say("文件嵌套太深"))]
    return (None if problems else node), problems


class _Composer:
    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._file = file
        self._problems = problems
        self._count = 0

    def _source(self, event: Any) -> Source:
        mark = event.start_mark
        return Source(self._file, mark.line + 1, mark.column + 1)

    def document(self) -> Node | None:
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise _Stop(
                        Problem(
                            self._source(event),
                            say("一个文件只能有一个文档"),
                            say("请删去“---”或分成两个文件"),
                        )
                    )
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, 1)
        if node is None or (isinstance(node, Scalar) and not node.text):
            raise _Stop(Problem(Source(self._file), say("文件是空的")))
        return node

    def _node(self, event: Any, depth: int) -> Node:
        source = self._source(event)
        self._count += 1
        if self._count > MAX_NODES:
            raise _Stop(Problem(source, say("文件内容太多(至多 {most} 项)", most=MAX_NODES)))
        if depth > MAX_DEPTH:
            raise _Stop(Problem(source, say("嵌套太深(至多 {most} 层)", most=MAX_DEPTH)))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Stop(
                Problem(source, say("不支持 YAML 的 & 和 * 引用"), say("请把内容直接写出来"))
            )
        if event.tag is not None and not (event.tag == "!" and isinstance(event, yaml.ScalarEvent)):
            raise _Stop(
                Problem(source, say("不支持 YAML 标签“{tag}”", tag=event.tag), say("请删去标签"))
            )
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "")
            if plain and event.value[:1] in INDENTS and source.column == 1:
                self._problems.append(_indented(event.value[0], source))
            return Scalar(event.value, plain, source, _span(event, event, []))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(inner, depth + 1))
            return Sequence(tuple(items), source, _span(event, inner, items))
        return self._mapping(event, source, depth)

    def _mapping(self, start: Any, source: Source, depth: int) -> Mapping_:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Source] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._problems.append(Problem(key.source, say("键必须是文字")))
                continue
            self._check_key(key)
            if key.text in seen:
                self._problems.append(
                    Problem(
                        key.source,
                        say(
                            "“{key}”重复(第 {line} 行已写过)",
                            key=key.text,
                            line=seen[key.text].line,
                        ),
                        say("请合并或删去一处"),
                    )
                )
                continue
            seen[key.text] = key.source
            entries.append((key, value))
        return Mapping_(tuple(entries), source, _span(start, event, [one for _, one in entries]))

    def _check_key(self, key: Scalar) -> None:
        if key.plain and key.text == "<<":
            self._problems.append(
                Problem(key.source, say("不支持 YAML 的 << 合并"), say("请把内容直接写出来"))
            )
        elif key.plain and key.text[:1] in INDENTS and key.source.column > 1:
            self._problems.append(_indented(key.text[0], key.source))
        elif key.plain and "：" in key.text:
            self._problems.append(
                Problem(
                    key.source,
                    say("“{key}”里的“：”是全角冒号", key=key.text[:20]),
                    say("请改成半角冒号加空格“: ”"),
                )
            )


def _span(start: Any, end: Any, inside: list[Node]) -> Span:
    """Where a list or mapping is written; the end of a block is only told by what is in it."""
    last = end.end_mark.index if not inside or start.flow_style else inside[-1].span[1]
    return (start.start_mark.index, last)


def _indented(sign: str, source: Source) -> Problem:
    return Problem(source, say("缩进用了{sign}", sign=INDENTS[sign]), say("请用空格"))


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    told = str(getattr(error, "problem", "") or error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if mark is None and isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(
            Source(file, line, 1), say("文件里有不能用的控制字符"), say("请删去看不见的字符")
        )
    lines = text.splitlines()
    for near in range(max(0, line - 2), min(line, len(lines))):
        written = lines[near].lstrip()
        blanks = lines[near].removesuffix(written)
        odd = next((one for one in blanks if one in INDENTS), "")
        if odd and written:
            return _indented(odd, Source(file, near + 1, blanks.index(odd) + 1))
        place = lines[near].find("：")
        if place >= 0 and ": " not in lines[near]:
            return Problem(
                Source(file, near + 1, place + 1),
                say("“：”是全角冒号"),
                say("请改成半角冒号加空格“: ”"),
            )
    for sign, what, remedy in _SYNTAX:
        if sign in told:
            return Problem(Source(file, line, column), what, remedy)
    return Problem(Source(file, line, column), say("YAML 写法不对"), say("请检查缩进、冒号和引号"))


_SYNTAX: tuple[tuple[str, Text, Text], ...] = (
    (
        "mapping values are not allowed",
        say("这里不该有冒号"),
        say("含冒号的文字请加引号,或检查缩进"),
    ),
    (
        "cannot start any token",
        say("这里不能用这个字符"),
        say("缩进请用空格;以 @ ` % 开头的文字请加引号"),
    ),
    ("expected <block end>", say("缩进不齐"), say("同一层的行请对齐")),
    ("found unexpected end of stream", say("引号没有配对"), say("请补上引号")),
    ("could not find expected ':'", say("缺少冒号"), say("请写成“名称: 内容”")),
    (
        "did not find expected",
        say("括号、逗号或缩进不对"),
        say("请检查 [ ] {{ }} 是否成对、同层是否对齐"),
    ),
    ("expected ',' or", say("括号里缺少逗号,或括号没有配对"), say("请检查 [ ] {{ }} 是否成对")),
    ("found undefined tag", say("不支持 YAML 标签"), say("请删去标签")),
)


class Cursor:
    """Walks nodes and collects problems; every answer has a default, so that all come at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def say(self, node: Node | Source, what: Text, remedy: Text | None = None) -> None:
        source = node if isinstance(node, Source) else node.source
        self.problems.append(Problem(source, what, remedy))

    def unknown(self, source: Source, kind: Text, name: str, known: Iterable[str]) -> None:
        """A name that does not exist, with the nearest that does."""
        names = sorted(set(known))
        close = meant(name, names)
        remedy = (
            say("是否想写“{name}”?", name=close)
            if close
            else say("可用:{names}", names=tuple(names[:20]) or (say("无"),))
        )
        self.say(source, say("没有这个{kind}:“{name}”", kind=kind, name=name), remedy)

    def mapping(
        self, node: Node | None, allowed: Iterable[str], required: Iterable[str] = ()
    ) -> Mapping_:
        """The node as a mapping with known keys only."""
        if not isinstance(node, Mapping_):
            if node is not None:
                self.say(node, say("这里要写成“名称: 内容”的几行"))
            return Mapping_((), node.source if node else Source(""))
        known = set(allowed)
        for key, value in node.entries:
            if key.text in known:
                continue
            if isinstance(value, Scalar) and not value.text:
                self.say(
                    key,
                    say("“{key}”后面没有冒号,不成一项", key=key.text),
                    say("写在 {{ }} 里、又含逗号的话请加引号"),
                )
            else:
                self.unknown(key.source, say("键"), key.text, known)
        for name in required:
            if name not in node:
                self.say(node, say("缺少“{key}”", key=name), say("请补上“{key}: …”", key=name))
        return node

    def entries(self, node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
        """The entries of a mapping whose keys are names of the owner's own."""
        if node is None:
            return ()
        if not isinstance(node, Mapping_):
            self.say(node, say("这里要写成“名称: 内容”的几行"))
            return ()
        for key, _ in node.entries:
            if not key.text.strip() or any(sign in key.text for sign in "/.#·"):
                self.say(key, say("名称“{name}”不能为空,也不能含 / . # ·", name=key.text))
        return node.entries

    def items(self, node: Node | None) -> tuple[Node, ...]:
        """The items of a list."""
        if node is None:
            return ()
        if isinstance(node, Sequence):
            return node.items
        self.say(node, say("这里要写成列表"), say("如 [甲, 乙],或每行以“- ”开头"))
        return ()

    def texts(self, node: Node | None) -> tuple[Scalar, ...]:
        """A list of words; a single word counts as a list of one."""
        if isinstance(node, Scalar):
            return (node,) if self.text(node) else ()
        return tuple(one for one in self.items(node) if self.text(one) and isinstance(one, Scalar))

    def full_comma(self, node: Scalar, place: int) -> None:
        """Say that the sign at a place of a word separates nothing."""
        where = replace(node.source, column=node.source.column + place + (not node.plain))
        what = say("“{sign}”是全角标点,分不开两个名称", sign=node.text[place])
        self.say(where, what, say("请改成半角逗号“, ”"))

    def text(self, node: Node | None, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, Scalar):
            self.say(node, say("这里要写一段文字"))
            return default
        if not node.text.strip():
            self.say(node, say("这里不能空着"))
            return default
        return node.text

    def optional(self, node: Node | None) -> str | None:
        return self.text(node) or None if node is not None else None

    def one_of(self, node: Node | None, choices: Mapping[str, T], default: T) -> T:
        """The value a word stands for."""
        text = self.text(node)
        if node is None or not text:
            return default
        if text not in choices:
            self.unknown(node.source, say("写法"), text, choices)
            return default
        return choices[text]

    def integer(self, node: Node | None, default: int = 0) -> int:
        text = self.text(node)
        if node is None or not text:
            return default
        if not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 9:
            self.say(node, say("“{text}”不是整数", text=text[:20]))
            return default
        return int(text)

    def boolean(self, node: Node | None, default: bool = False) -> bool:
        return self.one_of(node, YES_NO, default)
