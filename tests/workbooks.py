"""Files as clerks bring them: real workbooks, and some that are not what they seem."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Formula:
    """A formula with the value Excel has kept of it."""

    text: str
    value: object


def workbook(sheets: Mapping[str, Rows], merged: Mapping[str, str] | None = None) -> bytes:
    """An .xlsx; every cell is what its Python type says. `merged` are areas by sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        clock = book.add_format({"num_format": "hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    match value:
                        case None:
                            continue
                        case str():
                            sheet.write_string(row, column, value)
                        case Formula():
                            sheet.write_formula(row, column, value.text, None, value.value)
                        case bool():
                            sheet.write_boolean(row, column, value)
                        case datetime():
                            sheet.write_datetime(row, column, value, moment)
                        case date():
                            sheet.write_datetime(row, column, datetime.combine(value, time()), day)
                        case time():
                            sheet.write_datetime(row, column, value, clock)
                        case _:
                            sheet.write_number(row, column, value)  # type: ignore[arg-type]
            if merged and name in merged:
                sheet.merge_range(merged[name], "合")
    return out.getvalue()


def open_document(rows: str) -> bytes:
    """An .ods with one sheet of these rows, given as XML."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = f'<table:table table:name="期初">{rows}</table:table>'
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
        f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:'
        f'manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr("META-INF/manifest.xml", listed)
        packed.writestr("content.xml", content)
    return out.getvalue()


def ods_row(*texts: str, times: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
        for one in texts
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


ENDLESS = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
)


def repacked(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with something inside it replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            inside = before.read(name)
            assert name != part or old in inside
            after.writestr(name, inside.replace(old, new) if name == part else inside)
    return out.getvalue()


SECTOR = 512
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(**streams: bytes) -> bytes:
    """A compound file, the box of old and of locked workbooks ([MS-CFB])."""
    fat = [TABLE, END]  # the table itself, the directory
    entries, body = [], b""
    for name, content in streams.items():
        padded = content.ljust(4096, b"\0")
        padded += b"\0" * (-len(padded) % SECTOR)
        first, count = len(fat), len(padded) // SECTOR
        fat += [*range(first + 1, first + count), END]
        entries.append((name, 2, first, len(padded)))
        body += padded
    directory = _entry("Root Entry", 5, END, 0, FREE, 1)
    for place, (name, kind, first, size) in enumerate(entries, 1):
        right = place + 1 if place < len(entries) else FREE
        directory += _entry(name, kind, first, size, right, FREE)
    head = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, END, 0, END, 0, 0) + b"\xff" * 4 * 108
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(SECTOR, b"\xff")
    return head + table + directory.ljust(SECTOR, b"\0") + body


def _entry(name: str, kind: int, first: int, size: int, right: int, child: int) -> bytes:
    spelt = (name + "\0").encode("utf-16-le")
    entry = spelt.ljust(64, b"\0") + struct.pack("<HBBIII", len(spelt), kind, 1, FREE, right, child)
    return entry + b"\0" * 36 + struct.pack("<IQ", first, size)


def old_workbook() -> bytes:
    """An .xls ([MS-XLS]) of one sheet: 物品 over 12."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    def sheet(at: int) -> bytes:
        return record(0x85, struct.pack("<IBBBB", at, 0, 0, 2, 1) + "期初".encode("utf-16-le"))

    end = record(0xA, b"")
    at = len(begin(5)) + len(sheet(0)) + len(end)
    word = record(0x204, struct.pack("<HHHHB", 0, 0, 0, 2, 1) + "物品".encode("utf-16-le"))
    number = record(0x203, struct.pack("<HHHd", 1, 0, 0, 12.0))
    size = record(0x200, struct.pack("<IIHHH", 0, 2, 0, 1, 0))
    return compound(Workbook=begin(5) + sheet(at) + end + begin(0x10) + size + word + number + end)
