"""Drafts on disk: rewritten whole or not at all, after all that reads them has agreed."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from commands.files import check_texts, read_texts
from engine.errors import DefinitionProblems, GuichengError
from engine.text import say

ROSTER_FILE, PARAMS_FILE = "roster.yaml", "params.yaml"
SHOWN = 40  # lines of a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many entries of one part of a draft come, change, stay and go."""

    name: str
    before: int
    added: int
    changed: int
    removed: int

    @staticmethod
    def of(name: str, before: Sequence[str], after: Sequence[str], changed: int) -> Tally:
        """By the keys there were and the keys there will be."""
        added, removed = set(after) - set(before), set(before) - set(after)
        return Tally(
            name=name,
            before=len(before),
            added=len(added),
            changed=changed,
            removed=len(removed),
        )

    def show(self, language: str) -> str:
        return say(
            "{name}:原有 {before},新增 {added},修改 {changed},删除 {removed}",
            name=self.name,
            before=self.before,
            added=self.added,
            changed=self.changed,
            removed=self.removed,
        ).show(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One draft of an office's folder as it is and as it shall be."""

    folder: Path
    name: str  # ROSTER_FILE or PARAMS_FILE
    before: str
    after: str

    def check(self, language: str) -> None:
        """Read the whole office with the new text. Errors: `DefinitionProblems`."""
        texts = read_texts(self.folder)
        if self.name == ROSTER_FILE:
            texts = replace(texts, roster=self.after)
        else:
            texts = replace(texts, params=self.after)
        try:
            check_texts(texts)
        except DefinitionProblems:
            told = say("照此导入,{file} 会有这些问题,所以没有写入:", file=self.name)
            typer.echo(told.show(language), err=True)
            raise

    def show(self, language: str) -> None:
        """The difference, line by line, no longer than a screen or so."""
        lines = list(
            difflib.unified_diff(
                self.before.splitlines(), self.after.splitlines(), self.name, self.name, n=0
            )
        )
        for line in lines[:SHOWN]:
            typer.echo(line.rstrip())
        if len(lines) > SHOWN:
            typer.echo(say("……另有 {count} 行", count=len(lines) - SHOWN).show(language))

    def write(self) -> Path:
        """Replace the draft, keeping the old one beside it; where that is.

        Errors: `GuichengError` if somebody has changed it meanwhile.
        """
        path = self.folder / self.name
        if path.read_bytes() != self.before.encode():
            raise GuichengError(say("{file} 刚才被别人改过,没有写入;请再导入一次", file=self.name))
        kept = path.with_name(path.name + ".bak")
        write_whole(kept, self.before.encode())
        write_whole(path, self.after.encode())
        return kept


def read_draft(folder: Path, name: str) -> str:
    """A draft with its line ends as they are. Errors: `DefinitionProblems` if it is not text."""
    read_texts(folder)
    return (folder / name).read_bytes().decode()


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: who reads it finds the old or the new, never half of it."""
    target = path.resolve()
    passing = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with passing.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, passing)
        os.replace(passing, target)
    except OSError as error:
        with suppress(OSError):
            passing.unlink()
        error.filename = str(path)
        raise
