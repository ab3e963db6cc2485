"""The words of one `start` or `do` as they were typed, before anybody reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

Kept = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Every field is what its option was given: one word, or each time the option was written."""

    given: tuple[str, ...] = ()
    data: str | None = None
    attach: tuple[str, ...] = ()
    row: tuple[str, ...] = ()
    reason: str | None = None
    branch: str | None = None
    reopen: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    principal: str | None = None
    to: tuple[str, ...] = ()
    until: str | None = None
    then: str | None = None
    is_after: str | None = None
    signed_by: str | None = None
    happened: str | None = None
    scan: tuple[str, ...] = ()
    request: str | None = None

    def kept(self) -> Kept:
        """What was typed, to be kept: files by their whole path, which they are read from later."""
        whole = replace(
            self,
            data=str(Path(self.data).absolute()) if self.data else None,
            scan=tuple(str(Path(one).absolute()) for one in self.scan),
            attach=tuple(map(_whole, self.attach)),
        )
        found = {one.name: getattr(whole, one.name) for one in fields(whole)}
        return {
            name: list(told) if isinstance(told, tuple) else told
            for name, told in found.items()
            if told
        }

    @staticmethod
    def of(kept: Kept) -> Typed:
        """What was kept; words of options there are no longer are left out."""
        told = {
            one.name: tuple(kept[one.name]) if one.default == () else kept[one.name]
            for one in fields(Typed)
            if one.name in kept
        }
        return Typed(**told)  # type: ignore[arg-type]

    def and_then(self, more: Typed, known: Mapping[str, str]) -> Typed:
        """These words with `more` typed after them: of one field set twice, the later counts.

        `known` are the fields' own names by the English ones.
        """
        later = {one.name: getattr(more, one.name) for one in fields(more)}
        later |= {name: getattr(self, name) + later[name] for name in ("attach", "item")}
        again = {_field(pair, known) for pair in more.given}
        kept = tuple(pair for pair in self.given if _field(pair, known) not in again)
        later["given"] = kept + more.given
        return replace(self, **{name: told for name, told in later.items() if told})

    @property
    def data_file(self) -> Path | None:
        return Path(self.data) if self.data else None

    @property
    def scans(self) -> tuple[Path, ...]:
        return tuple(map(Path, self.scan))


def _field(pair: str, known: Mapping[str, str]) -> str:
    """The field that `字段=值` sets, by its own name."""
    name = halves(pair)[0]
    return known.get(name, name)


def _whole(pair: str) -> str:
    """`字段=文件` with the whole path; left alone if it is not written so."""
    name, sign, place = halves(pair)
    return f"{name}={Path(place).absolute()}" if sign else pair


def halves(pair: str) -> tuple[str, str, str]:
    """Name, sign and text of `字段=值`, with either width of the equals sign."""
    name, sign, text = pair.replace("＝", "=", 1).partition("=")
    return name.strip(), sign, text
