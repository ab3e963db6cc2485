"""What may be asked of the diaries of an office, and the answer of an office that keeps none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from engine.books.booking import Page


class Diaries(Protocol):
    """The diaries as they stand. Owners are numbers of cases; every page that was read is
    remembered, so that one which has changed meanwhile is found before anything is written.
    """

    @property
    def versions(self) -> Mapping[tuple[str, str], int]:
        """What has been read: (diary, thing) and how new it was."""
        ...

    def page(self, diary: str, thing: str) -> Page: ...

    def things_of(self, owner: str) -> tuple[tuple[str, str], ...]:
        """Which things of which diaries a case has ever held and not let go: (diary, thing)."""
        ...


class NoDiaries:
    """An office without diaries."""

    versions: Mapping[tuple[str, str], int] = MappingProxyType({})

    def page(self, diary: str, thing: str) -> Page:
        return Page(diary=diary, thing=thing)

    def things_of(self, owner: str) -> tuple[tuple[str, str], ...]:
        return ()
