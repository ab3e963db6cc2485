"""A workbook opened in a process of its own, by calamine.

The library is compiled code. Files damaged at random made it ask for more memory than there
is, which ends its process, or read on for ever. Here that ends nobody else's work.
"""

from __future__ import annotations

import io
import multiprocessing
import os
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from multiprocessing.connection import Connection

SECONDS = 60
MEMORY = 4 * 1024**3  # bytes of address space, where the system can hold a process to it

Cell = str | int | float | bool | date | datetime | time | timedelta
Corners = tuple[tuple[int, int], tuple[int, int]]
Opened = tuple[str, list[list[Cell]], list[Corners]]  # name, rows from A1, merged cells


def open_apart(content: bytes) -> list[Opened] | None:
    """The visible sheets of a workbook, None if it could not be opened."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_open, args=(content, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        found: list[Opened] | None = ours.recv() if ours.poll(SECONDS) else None
        return found
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
        ours.close()


def _open(content: bytes, answer: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what the library says when it gives up
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    answer.send(_sheets(content))


def _sheets(content: bytes) -> list[Opened] | None:
    import python_calamine as calamine

    try:
        with calamine.load_workbook(io.BytesIO(content)) as book:
            sheets = [
                book.get_sheet_by_name(one.name)
                for one in book.sheets_metadata
                if one.visible == calamine.SheetVisibleEnum.Visible
                and one.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            return [
                (one.name, list(one.iter_rows()), one.merged_cell_ranges or []) for one in sheets
            ]
    except calamine.CalamineError:
        return None
