"""Workbooks read: Excel and OpenDocument files.

Calamine lays a sheet out as one rectangle up to its last cell, and reads a failed formula as
a blank. So the XML inside is looked through first: for a cell so far out that the memory of
the machine would not do, and for such formulas.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from xml.parsers import expat

from engine.errors import GuichengError
from engine.reading.sheets.cells import (
    OLE,
    ZIP,
    Area,
    Broken,
    Line,
    Raw,
    Sheet,
    require_size,
)
from engine.reading.sheets.opening import Opened, open_apart
from engine.text import say

UNPACKED = 256 * 1024 * 1024  # bytes of XML in a file
_DAMAGED = (  # what Python's readers of ZIP and XML raise
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    expat.ExpatError,
    EOFError,
    LookupError,
    ValueError,
    RuntimeError,
)
Faults = Mapping[tuple[int, int], Broken]  # by row from 1 and column from 0


def read_workbook(content: bytes, file: str, *, is_old: bool) -> tuple[Sheet, ...]:
    """The visible sheets of a workbook. Errors: `GuichengError` in a sentence."""
    faults = _look_through(content, file, is_old)
    opened = open_apart(content)
    if not opened:  # one in a hundred ruined .xls opens, as a book without a sheet
        raise GuichengError(
            say(
                "{file} 打不开:文件损坏、设有密码,或不是 Excel 文件;请在 Excel 里另存为 .xlsx",
                file=file,
            )
        )
    return tuple(_sheet(one, faults.get(one[0], {}), file) for one in opened)


def _sheet(opened: Opened, faults: Faults, file: str) -> Sheet:
    name, rows, corners = opened
    lines = []
    for number, row in enumerate(rows, 1):
        require_size(file, number, len(row))
        cells: list[Raw] = [
            faults.get((number, column), one if one != "" else None)
            for column, one in enumerate(row)
        ]
        if any(one is not None and str(one).strip() for one in cells):
            lines.append(Line(number, tuple(cells)))
    merged = (
        Area(top=top + 1, left=left, bottom=bottom + 1, right=right)
        for (top, left), (bottom, right) in corners
    )
    return Sheet(name=name, lines=tuple(lines), merged=tuple(merged))


def _look_through(content: bytes, file: str, is_old: bool) -> Mapping[str, Faults]:
    """Refuse what must not be opened; say which formulas have no value, sheet by sheet."""
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise GuichengError(
                say("{file} 设有打开密码;请在 Excel 里取消密码,另存后再导入", file=file)
            )
        return {}
    if not content.startswith(ZIP):
        if b"\0" not in content[:4096] and not is_old:
            raise GuichengError(
                say(
                    "{file} 不是 Excel 文件,像是改了扩展名的文本;"
                    "请把扩展名改回 .csv,或在 Excel 里另存为 .xlsx",
                    file=file,
                )
            )
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                raise GuichengError(
                    say("{file} 解开后超过 {most} MiB", file=file, most=UNPACKED >> 20)
                )
            if "content.xml" in packed.namelist():
                _require_extent(_sound(packed.read("content.xml")), file)
                return {}
            return {
                name: dict(_faults(_sound(packed.read(part)), file))
                for name, part in _parts(packed)
            }
    except _DAMAGED as error:
        raise GuichengError(say("{file} 已损坏,打不开", file=file)) from error


def _sound(xml: bytes) -> bytes:
    """The XML, if it is whole: with a broken one calamine may never come to an end."""
    expat.ParserCreate().Parse(xml, True)
    return xml


def _parts(packed: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The sheets of an .xlsx by name, each with the part it is kept in."""
    links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in links}
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            link = next((v for k, v in sheet.attrib.items() if k.endswith("relationships}id")), "")
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in packed.namelist():
                yield sheet.get("name", ""), part


_CELL = re.compile(
    rb"<(?:\w+:)?row\b[^>]*?\br\s*=\s*[\"'](\d+)"
    rb"|<(?:\w+:)?c\b([^>]*[^/>])?>(.*?)</(?:\w+:)?c>",
    re.DOTALL,
)
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)(\d+)")
_FAILED = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_FORMULA, _VALUE = re.compile(rb"<(?:\w+:)?f\b"), re.compile(rb"<(?:\w+:)?(?:v|is)\b")
_TEXT = re.compile(rb">([^<>]*)</(?:\w+:)?v>")


def _faults(xml: bytes, file: str) -> Iterator[tuple[tuple[int, int], Broken]]:
    """The cells of a sheet whose formula has no value; every other is only looked at for size."""
    row = column = 0
    for cell in _CELL.finditer(xml):
        if cell[1]:
            row, column = int(cell[1]), -1
            continue
        place = _PLACE.search(cell[2] or b"")
        row, column = (int(place[2]), _column(place[1])) if place else (row, column + 1)
        require_size(file, row, column + 1)
        if _FAILED.search(cell[2] or b""):
            told = _TEXT.search(cell[3])
            code = told[1].decode("utf-8", "replace") if told else ""
            yield (
                (row, column),
                Broken(say("公式出错 {code}", code=code), say("请改正公式,或直接填值")),
            )
        elif _FORMULA.search(cell[3]) and not _VALUE.search(cell[3]):
            yield (
                (row, column),
                Broken(say("公式还没有算出值"), say("请在 Excel 里打开并保存一次")),
            )


def _column(name: bytes) -> int:
    found = 0
    for one in name.upper():
        found = found * 26 + one - ord("A") + 1
    return found - 1


_ODS = re.compile(rb"<table:(table|table-row|(?:covered-)?table-cell)\b([^>]*?)(/?)>")
_TIMES = re.compile(rb"table:number-(?:rows|columns)-repeated=[\"'](\d+)[\"']")


def _require_extent(xml: bytes, file: str) -> None:
    """Errors: `GuichengError` if a cell with something in it lies too far out in an .ods."""
    row = rows = column = 0
    for tag in _ODS.finditer(xml):
        times = _TIMES.search(tag[2])
        count = int(times[1]) if times else 1
        if tag[1] == b"table":
            row = rows = 0
        elif tag[1] == b"table-row":
            row, rows, column = row + rows, count, 0
        else:
            column += count
            if not tag[3] or b"office:value" in tag[2]:
                require_size(file, row + rows, column)
