"""Which sheet of a file is which grid. No sheet is passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import UsageError
from engine.reading.sheets.cells import Notes, Sheet, SheetProblem, nearest
from engine.reading.sheets.grids import Grid, is_word
from engine.text import say

LISTS = "选项"  # the page of what cells are chosen from


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file as it was given. `only` names the sheet that is meant, if one is."""

    file: str
    sheets: tuple[Sheet, ...]
    only: str | None
    language: str

    def notes(self, sheet: Sheet) -> Notes:
        return Notes(self.file, sheet.name, self.language)


def find_grid(grids: Sequence[Grid], word: str | None) -> Grid | None:
    """The grid of this name, in either language."""
    return next((one for one in grids if word is not None and one.is_called(word)), None)


def require_grid(grids: Sequence[Grid], word: str, language: str) -> Grid:
    """The grid of this name. Errors: `UsageError` with the nearest."""
    found = find_grid(grids, word)
    if found is None:
        hint = nearest(word, (one.title(language) for one in grids))
        raise UsageError(say("没有“{name}”这张表 — {hint}", name=word, hint=hint))
    return found


def matched(
    given: Given, grids: Sequence[Grid]
) -> tuple[list[tuple[Grid, Sheet]], list[SheetProblem]]:
    """Every filled sheet with its grid, and what is wrong with the sheets as such.

    Where only one grid can be meant, the only sheet of the file is it, whatever it is called.
    Errors: `UsageError` if `only` is unknown, or if it is not told which sheet a CSV file is.
    """
    only = None if given.only is None else require_grid(grids, given.only, given.language)
    wanted = grids if only is None else (only,)
    titles = tuple(one.title(given.language) for one in grids)
    sheets = [one for one in given.sheets if one.lines and not _is_list(one, grids)]
    if len(sheets) == 1 and len(wanted) == 1:
        return [(wanted[0], sheets[0])], []
    found: list[tuple[Grid, Sheet]] = []
    problems: list[SheetProblem] = []
    for sheet in sheets:
        if sheet.name is None:
            raise UsageError(say("CSV 只装一张表,请用 --sheet 指明是哪张:{names}", names=titles))
        notes, grid = given.notes(sheet), find_grid(grids, sheet.name)
        if grid is None and only is None:
            notes.whole(say("不认识这张表"), nearest(sheet.name, titles))
        elif grid is not None and any(one == grid for one, _ in found):
            notes.whole(say("“{name}”这张表重复", name=grid.title(given.language)))
        elif grid is not None and grid in wanted:
            found.append((grid, sheet))
        problems += notes.found
    if only is not None and sheets and not found:
        what = say("文件里没有“{name}”这张表", name=only.title(given.language))
        names = (one.name for one in sheets if one.name is not None)
        problems.append(
            SheetProblem(file=given.file, sheet=None, what=what, remedy=nearest(only.name, names))
        )
    return found, problems


def _is_list(sheet: Sheet, grids: Sequence[Grid]) -> bool:
    """Whether a sheet only lists what the cells of others are chosen from."""
    name = (sheet.name or "").rstrip("_")
    return is_word(name, LISTS) and find_grid(grids, sheet.name) is None
