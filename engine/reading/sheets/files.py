"""A file of sheets, of whichever kind its name says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from engine.errors import GuichengError, UsageError
from engine.reading.sheets.cells import LARGEST, Sheet
from engine.reading.sheets.csvs import read_csv, write_csv
from engine.reading.sheets.pages import Page
from engine.text import say

CSV, XLSX = ".csv", ".xlsx"
WORKBOOKS = (XLSX, ".xlsm", ".xls", ".ods")


def read_sheets(content: bytes, file: str) -> tuple[Sheet, ...]:
    """The visible sheets of a file, without their blank rows.

    Errors: `UsageError` for a kind of file that is not read; `GuichengError` in a sentence
    for one that is damaged, locked, too large, or not what its name says.
    """
    kind = PurePath(file).suffix.lower()
    if kind not in (*WORKBOOKS, CSV):
        raise UsageError(say("{file}:只能导入 {known} 文件", file=file, known=(*WORKBOOKS, CSV)))
    if len(content) > LARGEST:
        raise GuichengError(say("{file} 超过 {most} MiB", file=file, most=LARGEST >> 20))
    if not content:
        raise GuichengError(say("{file} 是空的", file=file))
    if kind == CSV:
        return (read_csv(content, file),)
    from engine.reading.sheets.workbooks import read_workbook

    return read_workbook(content, file, is_old=kind == ".xls")


def require_kind(file: str) -> str:
    """How a file is to be written, by its name. Errors: `UsageError`."""
    kind = PurePath(file).suffix.lower()
    if kind not in (XLSX, CSV):
        raise UsageError(say("{file}:请写成 .xlsx 或 .csv 文件", file=file))
    return kind


def write_sheets(pages: Sequence[Page], kind: str, language: str) -> bytes:
    """Pages as a file; a CSV file holds the first. Errors: `GuichengError` for too long a text."""
    if kind == CSV:
        return write_csv(pages[0])
    from engine.reading.sheets.xlsx import write_workbook

    return write_workbook(pages, language)
