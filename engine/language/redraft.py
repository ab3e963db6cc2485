"""Drafts rewritten in one place only: the rows of a table, the entries of a list of names.

Everything around them stays byte for byte as its owner wrote it. Of what is replaced, a row
that says the same as before keeps its spelling, its comments, and the comments above it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.errors import GuichengError
from engine.language.forms import Plain, Row
from engine.language.params import Table
from engine.language.reader import Mapping_, Node, Scalar, Span, read
from engine.language.reader import Sequence as Listed
from engine.text import say

_PLAIN = re.compile(
    r"[0-9A-Za-z_\u3400-\u9fff](?:[0-9A-Za-z_\u3400-\u9fff ./%()+·、（）-]*"
    r"[0-9A-Za-z_\u3400-\u9fff./%()+·、（）-])?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row or entry: what it is known by, and its spelling (None: as it stands)."""

    key: str
    spelt: str | None


@dataclass(frozen=True, slots=True)
class _Item:
    """One row or entry as it stands: all of it, and what is replaced of it."""

    key: str
    whole: Span
    value: Span


@dataclass(frozen=True, slots=True)
class _Block:
    """A list or mapping as it stands; `after` is the end of the key it belongs to."""

    text: str
    after: int
    span: Span
    items: tuple[_Item, ...]
    is_named: bool  # its items are entries, not rows


def redraft_rows(text: str, table: Table, rows: Sequence[Row]) -> str:
    """params.yaml with these rows in a table; `table` is what the text says now.

    Errors: `GuichengError` if the file has no such table.
    """
    mark, body = _split(text)
    key, node = _inside(_inside(_inside(read(body, "")[0], "tables")[1], table.name)[1], "rows")
    found = dict(zip(table.rows, node.items if isinstance(node, Listed) else (), strict=True))
    items = tuple(_Item(name, one.span, one.span) for name, one in found.items())
    block = _Block(body, key.span[1], node.span, items, is_named=False)
    wanted = []
    for row in rows:
        name = str(row[table.key])
        spelt: str | None = f"[{', '.join(spell(row[one]) for one in table.columns)}]"
        if name in found:
            spelt = _respelt(body, found[name], table.rows[name], row)
        wanted.append(Wanted(name, spelt))
    return mark + _rewritten(block, wanted)


def redraft_entries(text: str, name: str, entries: Sequence[Wanted]) -> str:
    """roster.yaml with these entries in one of its blocks. Errors: as `redraft_rows`."""
    mark, body = _split(text)
    key, node = _inside(read(body, "")[0], name)
    found = node.entries if isinstance(node, Mapping_) else ()
    items = tuple(_Item(one.text, (one.span[0], node.span[1]), node.span) for one, node in found)
    return mark + _rewritten(_Block(body, key.span[1], node.span, items, is_named=True), entries)


def spell(value: Plain) -> str:
    """A value as the loader reads it back, in a list or as a name."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case str() if not _PLAIN.fullmatch(value):
            return '"' + "".join(_escaped(one) for one in value) + '"'
    return str(value)


def _escaped(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _split(text: str) -> tuple[str, str]:
    """The mark of UTF-8, which the reader does not count, and the rest."""
    body = text.removeprefix("\ufeff")
    return text[: len(text) - len(body)], body


def _inside(node: Node | None, name: str) -> tuple[Scalar, Node]:
    for key, value in node.entries if isinstance(node, Mapping_) else ():
        if key.text == name:
            return key, value
    raise GuichengError(say("文件里没有“{name}”一节,请先写上", name=name))


def _respelt(text: str, node: Node, before: Row, row: Row) -> str | None:
    """A row with only the cells spelt anew that have changed; None if none has."""
    cells = node.items if isinstance(node, Listed) else ()
    out, at = "", node.span[0]
    for name, cell in zip(before, cells, strict=True):
        if row[name] != before[name]:
            out += text[at : cell.span[0]] + spell(row[name])
            at = cell.span[1]
    return out + text[at : node.span[1]] if out else None


def _rewritten(block: _Block, wanted: Sequence[Wanted]) -> str:
    """The text with the items of a block as they are wanted, in that order."""
    text, (start, end) = block.text, block.span
    breaks = "\r\n" if "\r\n" in text else "\n"
    if text[start] in "[{":
        return text[:start] + _flowing(block, wanted, breaks) + text[end:]
    first = block.items[0].whole[0]
    prefix = text[_line_start(text, first) : first]
    parts, above = _parts(block, {one.key for one in wanted})
    made = []
    for one in wanted:
        if one.key in parts:
            before, value, after = parts[one.key]
            made.append(before + (one.spelt or value) + after)
        else:
            made.append(prefix + _item(block, one, ""))
    lines = [one if one.endswith("\n") else one + breaks for one in made]
    begin, until = _next_line(text, block.after), _next_line(text, block.items[-1].whole[1])
    whole = text[:begin] + "".join(lines) + above + text[until:]
    return whole if text.endswith("\n") else whole.rstrip("\r\n")


def _parts(block: _Block, names: set[str]) -> tuple[dict[str, tuple[str, str, str]], str]:
    """Each named item's lines: before its value, with the remarks above it; the value; after.

    What stands above an item that goes stays, for the next one or at the end.
    """
    text, parts = block.text, {}
    at, above = _next_line(text, block.after), ""
    for item in block.items:
        begin, until = _line_start(text, item.whole[0]), _next_line(text, item.whole[1])
        above += text[at:begin]
        at = until
        if item.key in names:
            start, end = item.value
            parts[item.key] = (above + text[begin:start], text[start:end], text[end:until])
            above = ""
    return parts, above


def _flowing(block: _Block, wanted: Sequence[Wanted], breaks: str) -> str:
    """A block written in brackets, one item a line."""
    text, start = block.text, block.span[0]
    line = text[_line_start(text, start) : start]
    indent = line[: len(line) - len(line.lstrip())]
    known = {one.key: text[slice(*one.value)] for one in block.items}
    items = [f"{indent}  {_item(block, one, known.get(one.key, ''))}" for one in wanted]
    opening, closing = "{}" if block.is_named else "[]"
    return f"{opening}{breaks}{f',{breaks}'.join(items)}{breaks}{indent}{closing}"


def _item(block: _Block, one: Wanted, before: str) -> str:
    value = one.spelt if one.spelt is not None else before
    return f"{spell(one.key)}: {value}" if block.is_named else value


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _next_line(text: str, at: int) -> int:
    """Where the line after this place begins, or the end."""
    found = text.find("\n", at)
    return found + 1 if found >= 0 else len(text)
