"""CSV: one sheet as text. Read as Excel and WPS save it, written so that nothing in it runs."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal

from engine.errors import GuichengError
from engine.reading.sheets.cells import OLE, ZIP, Line, Sheet, require_size
from engine.reading.sheets.pages import Page, Written
from engine.text import say

_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")


def neutral(value: object) -> object:
    """A CSV cell no spreadsheet will take for a formula; numbers are no formulas.

    An apostrophe in front says text. One more goes before those a text has itself,
    so that `bare` gives back exactly what was there.
    """
    if isinstance(value, int | float):
        return value
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def bare(text: str) -> str:
    """A CSV cell without the apostrophe `neutral` has put there."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def read_csv(content: bytes, file: str) -> Sheet:
    """A CSV file as one sheet; a row is what Excel counts as one, whatever its cells hold."""
    if content.startswith((ZIP, OLE)):
        raise GuichengError(
            say("{file} 的内容是 Excel 工作簿,不是 CSV;请把扩展名改回去", file=file)
        )
    text = _decode(content, file)
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    mark = max(",\t;", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    lines = []
    try:
        for number, row in enumerate(rows, 1):
            require_size(file, number, len(row))
            if any(one.strip() for one in row):
                lines.append(Line(number, tuple(bare(one) or None for one in row)))
    except csv.Error as error:
        raise GuichengError(
            say("{file} 第 {line} 行的引号没有配对,或一格太长", file=file, line=rows.line_num)
        ) from error
    return Sheet(name=None, lines=tuple(lines))


def _decode(content: bytes, file: str) -> str:
    """UTF-8, UTF-16 with its mark, or GB18030, which a Chinese Excel writes."""
    is_marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_marked else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise GuichengError(say("{file} 的文字编码认不出;请另存为“CSV UTF-8”或 .xlsx", file=file))


def write_csv(page: Page) -> bytes:
    """A page in UTF-8 with its mark, without which Excel shows Chinese as noise."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(one.text) for one in page.heads])
    for row in page.rows:
        writer.writerow([_spelt(one) for one in row])
    return out.getvalue().encode("utf-8-sig")


def _spelt(value: Written) -> object:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(" ", "seconds" if value.second else "minutes")
    return neutral(value)
