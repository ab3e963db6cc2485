"""What a person typed, as typed values: `--set`, `--data`, `--row`, `--attach`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from pathlib import Path

from commands.plaintext import read_utf8
from commands.typed import halves
from engine.desk import Desk
from engine.errors import DefinitionProblems, UsageError
from engine.evidence.suite import Suite
from engine.kernel.command import Paper
from engine.language.calendar import parse_date
from engine.language.definition import ProcessDefinition
from engine.language.forms import (
    Attachment,
    Field,
    FieldType,
    Form,
    Plain,
    Row,
    Value,
    read_row,
    read_value,
)
from engine.language.loader import plain_data
from engine.language.reader import read
from engine.meant import meant
from engine.reading.names import Names
from engine.reading.sheets.grids import Known
from engine.text import Text, say

LARGEST = 32 * 1024 * 1024  # bytes of one attachment


@dataclass(frozen=True, slots=True)
class Entered:
    """Typed values, and the contents of the files attached among them."""

    values: Mapping[str, Value]
    files: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Reads what was typed against one process's form. Errors: `UsageError` naming every fault."""

    desk: Desk
    definition: ProcessDefinition
    known: Known

    def read(self, given: Sequence[str], data: Path | None, attached: Sequence[str]) -> Entered:
        typed = dict(read_data(data)) if data is not None else {}
        wrong: list[Text] = []
        typed |= pairs(given, self._form.fields)
        values: dict[str, Value] = {}
        for name, one in typed.items():
            field = self._field(name, wrong)
            if field is None:
                continue
            found = read_value(field, one, self.known.zone, self.known.find)
            if isinstance(found, Text):
                wrong.append(say("{field}:{text}", field=name, text=found))
            else:
                values[field.name] = found
        files = [self._attach(pair, values, wrong) for pair in attached]
        if wrong:
            raise UsageError(say("{problems}", problems=tuple(wrong)))
        return Entered(values, tuple(files))

    def row(self, action: str, given: Sequence[str]) -> Row | None:
        """The line `--row` appends to the action's table; None if nothing was typed."""
        if not given:
            return None
        tables = (a.append for a in self.definition.all_actions() if a.name == action)
        field = self._form.field(next((one for one in tables if one), ""))
        if field is None:
            raise UsageError(say("动作“{action}”不追加行", action=action))
        row = read_row(field, pairs(given, field.columns), self.known.zone, self.known.find)
        if isinstance(row, Text):
            raise UsageError(row)
        return row

    def action(self, word: str) -> str:
        """An action by its name, or by the English one its owner gave it."""
        return Names(self.definition, "en").find_action(word)

    @property
    def _form(self) -> Form:
        return self.definition.form

    def _field(self, name: str, wrong: list[Text]) -> Field | None:
        fields = self._form.fields
        found = next((one for one in fields if name in (one.name, one.en)), None)
        if found is None:
            close = meant(name, [word for one in fields for word in (one.name, one.en) if word])
            hint = say(";是否想写“{name}”?", name=close) if close else say("")
            wrong.append(say("表单没有字段“{name}”{hint}", name=name, hint=hint))
        return found

    def _attach(self, pair: str, values: dict[str, Value], wrong: list[Text]) -> bytes:
        name, place = split(pair)
        field = self._field(name, wrong)
        one, content = read_attachment(Path(place), self.desk.store.suite)
        if field is None:
            return content
        if field.type is not FieldType.ATTACHMENT:
            wrong.append(say("“{name}”不是附件字段", name=name))
            return content
        before = values.get(field.name)
        earlier: tuple[Plain, ...] = before if isinstance(before, tuple) else ()  # type: ignore[assignment]
        values[field.name] = (*earlier, one) if field.many else one
        return content


def known_names(desk: Desk, params: str) -> Known:
    """The people and departments of today, and the tables of a parameter file."""
    roster = desk.catalog.roster(desk.clock())

    def find_person(text: str) -> str | None:
        found = roster.find_person(text)
        return found.id if found else None

    return Known(
        zone=desk.catalog.zone,
        find_person=find_person,
        people={one.id: one.name for one in roster.people()},
        departments=tuple(one.name for one in roster.departments()),
        tables=desk.catalog.params(params).tables,
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """Who signed: the person at the keyboard, or somebody on paper; the scans' contents."""

    signer: str
    paper: Paper | None = None
    files: tuple[bytes, ...] = ()


def read_paper(
    desk: Desk, clerk: str, signed_by: str | None, happened: str | None, scans: Sequence[Path]
) -> Sheet:
    """What `--paper`, `--happened` and `--scan` say. Errors: `UsageError`."""
    if signed_by is None:
        if happened or scans:
            raise UsageError(say("--happened 和 --scan 要和 --paper 一起写"))
        return Sheet(clerk)
    if happened is None:
        raise UsageError(say("补录要写明发生时间:--happened"))
    at = read_moment(happened, desk.catalog.zone)
    found = [read_attachment(path, desk.store.suite) for path in scans]
    paper = Paper(recorder=clerk, happened=at, scans=tuple(one for one, _ in found))
    signer = desk.catalog.roster(at).person(signed_by).id
    return Sheet(signer, paper, tuple(content for _, content in found))


def read_attachment(path: Path, suite: Suite) -> tuple[Attachment, bytes]:
    """A file as a value, and its content. Errors: `UsageError` if it is too large."""
    content = path.read_bytes()
    if len(content) > LARGEST:
        raise UsageError(say("附件 {file} 超过 {most} MiB", file=str(path), most=LARGEST >> 20))
    digest = suite.digest(content)
    return Attachment(name=path.name, size=len(content), digest=digest), content


def split(pair: str) -> tuple[str, str]:
    """Name and text of `字段=值`. Errors: `UsageError` if it is not written so."""
    name, sign, text = halves(pair)
    if not sign:
        raise UsageError(say("“{pair}”应写成 字段=值", pair=pair))
    return name, text


def pairs(given: Sequence[str], fields: Sequence[Field]) -> dict[str, object]:
    """Several `字段=值`, by the fields' own names, none twice. Errors: `UsageError`."""
    names = {one.en: one.name for one in fields if one.en}
    found: dict[str, object] = {}
    for pair in given:
        word, text = split(pair)
        name = names.get(word, word)
        if name in found:
            raise UsageError(say("“{name}”给了两次", name=name))
        found[name] = text
    return found


def read_day(text: str) -> date:
    """A day as typed. Errors: `UsageError`."""
    found = parse_date(text)
    if found is None:
        raise UsageError(say("“{text}”不是日期(应如 2026-12-01)", text=text))
    return found


def read_moment(text: str, zone: tzinfo, of_day: time = time.max) -> datetime:
    """A moment as typed, in the office's zone; a day alone stands for this hour of it.

    Errors: `UsageError`.
    """
    day = parse_date(text)
    if day is not None:
        return datetime.combine(day, of_day, zone)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(say("“{text}”不是时刻(应如 2026-12-10 14:30)", text=text)) from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


def read_data(path: Path) -> Mapping[str, object]:
    """The values a YAML or JSON file holds. Errors: `UsageError`, `DefinitionProblems`."""
    try:
        text = read_utf8(path)
    except DefinitionProblems as error:
        wrong = error.problems[0]
        told = {"source": str(wrong.source), "what": wrong.what, "remedy": wrong.remedy}
        raise UsageError(say("{source}: {what} — {remedy}", **told)) from error
    if path.suffix == ".json":
        try:
            loaded = json.loads(text, object_pairs_hook=lambda found: _once(found, path))
        except json.JSONDecodeError as error:
            place = {"line": error.lineno, "column": error.colno}
            raise UsageError(
                say("{file}:{line}:{column} 不是有效的 JSON", file=str(path), **place)
            ) from error
    else:
        node, problems = read(text, str(path))
        if node is None or problems:
            raise DefinitionProblems(problems)
        loaded = plain_data(node)
    if not isinstance(loaded, Mapping):
        raise UsageError(say("{file} 要写成“字段: 值”", file=str(path)))
    return loaded


def _once(found: Sequence[tuple[str, object]], path: Path) -> dict[str, object]:
    """An object of a JSON file. Errors: `UsageError` for a name that stands in it twice."""
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            twice = say("“{name}”给了两次", name=name)
            raise UsageError(say("{file}:{text}", file=str(path), text=twice))
    return dict(found)
