"""A case on paper: one of its forms with the signatures its history holds, as HTML for A4.

What is printed about a signature stands in the record itself: name, post and department
as they were on the day. A line nobody has signed stays empty.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from markupsafe import Markup

from engine.catalog import Catalog
from engine.errors import GuichengError, UnknownName
from engine.kernel import events as happened
from engine.kernel.case import Case, Standing
from engine.kernel.options import visible_fields
from engine.language.definition import ProcessDefinition
from engine.language.forms import Attachment, Field, FieldType, Plain, Row, Value, rows_of
from engine.language.loader import load_form
from engine.language.reader import Mapping_, Scalar, read
from engine.language.roster import RosterView
from engine.reading.codes import code_of, draw_code
from engine.reading.names import Names
from engine.store.rows import Stored
from engine.store.store import Store
from engine.text import Text, say, translate

SUFFIX = ".html.j2"
GENERIC = "generic"
COMMENT = "comment"
WIDE = 24  # characters from which a value gets a line of its own
DIGEST, HEAD = 12, 16  # hex digits printed of a record's digest, of the chain head's

WORDS: Mapping[str, Text] = {
    "number": say("案号"),
    "code": say("表号"),
    "state": say("现处环节"),
    "signatures": say("签署记录"),
    "step": say("环节"),
    "act": say("办理"),
    "signer": say("签署人"),
    "time": say("时间"),
    "comment": say("意见"),
    "record": say("记录号"),
    "for": say("代"),
    "paper": say("纸质,录入人"),
    "printed": say("打印时间"),
    "head": say("链头"),
    "proof": say("校验码"),
    "signature": say("签字"),
    "nothing": say("无"),
}
MEANINGS: Mapping[str, Text] = {
    "none": say(""),
    "authorship": say("编制"),
    "review": say("审核"),
    "approval": say("批准"),
    "rejection": say("否决"),
    "responsibility": say("负责"),
    "receipt": say("接收"),
    "custody": say("保管"),
    "witness": say("见证"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value as printed; `record` is the row of the reference table it points at."""

    text: str
    record: Row
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field as printed: a value, or for line items a table with its rows."""

    name: str
    label: str
    cell: Cell
    wide: bool
    is_table: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One line of the signature table; `digest` is "" where nobody has signed yet."""

    state: str
    role: str
    act: str = ""
    meaning: str = ""
    name: str = ""
    post: str = ""
    department: str = ""
    principal: str = ""
    recorder: str = ""
    at: str = ""
    comment: str = ""
    seq: int = 0
    digest: str = ""


def render(
    store: Store,
    catalog: Catalog,
    case: Case,
    form: str | None,
    at: datetime,
    language: str,
    folder: Path | None = None,
) -> str:
    """One form of a case as an HTML page; without `form`, the first of its process.

    `at` is the moment of printing, `language` "zh" or "en"; `folder` holds the office's
    own templates, which go before those that come with the engine.
    Errors: `UnknownName` for a form the process does not have, `GuichengError` for a template
    that does not work, with its line.
    """
    definition = catalog.definition(case.definition)
    parts = definition.form.parts
    part = parts[0] if form is None else form
    if part not in parts:
        raise UnknownName(say("表单"), part, parts)
    title, code = _heading(store, case, part, language)
    page = _Page(catalog, definition, case, catalog.roster(at), language)
    head = store.head(f"case/{case.id}")
    if head is None:
        raise GuichengError(say("没有这个案件:{case}", case=case.id))
    proof = code_of(case.number, *head)
    known: dict[str, object] = {
        "language": "zh-CN" if language == "zh" else "en",
        "organisation": page.roster.organisation,
        "title": title,
        "code": code,
        "number": case.number,
        "state": page.states(case.configuration),
        "lines": tuple(
            page.line(field)
            for field in fields_of(visible_fields(definition, case), part)
            if field.when is None or case.values.get(field.name) is not None
        ),
        "signatures": (*page.signatures(store), *page.unsigned()),
        "printed": page.moment(at),
        "head_seq": head[0],
        "head_digest": head[1][:HEAD],
        "proof": str(proof),
        "qr": Markup(draw_code(proof)),
        "words": {name: word.show(language) for name, word in WORDS.items()},
    }
    try:
        names = [f"{part}{SUFFIX}", f"{GENERIC}{SUFFIX}"]
        return _templates(folder).select_template(names).render(known)
    except TemplateError as error:
        raise GuichengError(
            say("打印模板 {place} 出错:{why}", place=_place(error), why=str(error.message))
        ) from error


def _place(error: TemplateError) -> str:
    """Where in which template something went wrong: the last line of one that was reached."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}:{error.lineno}"
    lines = traceback.extract_tb(error.__traceback__)
    found = [one for one in lines if one.filename.endswith(SUFFIX)]
    return f"{Path(found[-1].filename).name}:{found[-1].lineno}" if found else GENERIC


def fields_of(fields: tuple[Field, ...], part: str) -> tuple[Field, ...]:
    """The fields written in a part's own form file; all fields where none is."""
    return tuple(one for one in fields if one.source.file == f"forms/{part}.yaml") or fields


def _templates(own: Path | None) -> Environment:
    base = Path(__file__).parent.parent
    packed = base / "sample_office" / "forms" / "print"
    ours = packed if packed.is_dir() else base.parent / "forms" / "print"
    return Environment(
        loader=FileSystemLoader([own, ours] if own is not None else ours),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _heading(store: Store, case: Case, part: str, language: str) -> tuple[str, str]:
    """Title and code of a form, from the very text the case was opened under."""
    bundle = json.loads(store.find_object(case.definition) or b"{}")
    text, file = bundle["forms"][part], bundle["files"][part]
    form, _ = load_form(text, file)
    node, _ = read(text, file)
    code = node.get("code") if isinstance(node, Mapping_) else None
    title = form.en if language == "en" and form is not None and form.en else part
    return title, code.text if isinstance(code, Scalar) else ""


class _Page:
    """How the values, states and people of one case are written in one language."""

    def __init__(
        self,
        catalog: Catalog,
        definition: ProcessDefinition,
        case: Case,
        roster: RosterView,
        language: str,
    ) -> None:
        self.roster = roster
        self._zone = catalog.zone
        self._params = catalog.params(case.params)
        self._names = Names(definition, language)
        self._case = case
        self._language = language

    def moment(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    # -- fields --------------------------------------------------------------------------

    def line(self, field: Field) -> Line:
        value = self._case.values.get(field.name)
        is_table = field.type is FieldType.LINES
        cell = self._cell(field, None if is_table else value)
        return Line(
            name=field.name,
            label=self._field_label(field),
            cell=cell,
            wide=len(cell.text) >= WIDE or "\n" in cell.text,
            is_table=is_table,
            columns=tuple(self._field_label(column) for column in field.columns),
            rows=tuple(
                tuple(self._cell(column, row.get(column.name)) for column in field.columns)
                for row in rows_of(value)
            )
            if is_table
            else (),
        )

    def _field_label(self, field: Field) -> str:
        label = self._names.field(field)
        if not field.unit:
            return label
        return say("{label}({unit})", label=label, unit=field.unit).show(self._names.language)

    def _cell(self, field: Field, value: Value) -> Cell:
        record: Row = {}
        if field.type is FieldType.REFERENCE and field.table and isinstance(value, str):
            record = self._params.record(field.table, value)
        numeric = field.type in (FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY)
        return Cell(text=self._text(field, value), record=record, numeric=numeric)

    def _text(self, field: Field, value: Value) -> str:
        if isinstance(value, tuple):
            shown = (self._plain(field, one) for one in value if not isinstance(one, Mapping))
            return ("、" if self._language == "zh" else ", ").join(shown)
        return self._plain(field, value)

    def _plain(self, field: Field, value: Plain) -> str:
        match value:
            case None:
                return ""
            case bool():
                return translate("是" if value else "否", self._language)
            case Decimal():
                money = field.type is FieldType.MONEY
                return f"{value:,.2f}" if money else f"{value:,f}"
            case int():
                return f"{value:,}.00" if field.type is FieldType.MONEY else f"{value:,}"
            case datetime():
                return self.moment(value)
            case date():
                return value.isoformat()
            case Attachment():
                return f"{value.name} ({value.size:,} B)"
        if field.type is FieldType.PERSON:
            return self.roster.name_of(value)
        return value

    # -- states and signatures -----------------------------------------------------------

    def states(self, paths: tuple[str, ...]) -> str:
        return self._names.states(paths)

    def signatures(self, store: Store) -> Iterator[Signature]:
        """Every act of the case in the order of its records, the system's own among them."""
        for stored in store.records(f"case/{self._case.id}"):
            if stored.body.typ == "step" and stored.body.act:
                yield self._signed(stored)
            for event in stored.events:
                if isinstance(event, happened.Acted) and event.system:
                    yield self._done_by_system(stored, event)

    def _signed(self, stored: Stored) -> Signature:
        body = stored.body
        actor = body.actor
        node = body.task.node if body.task else ""
        role = next(
            (
                one.role
                for one in stored.events
                if isinstance(one, happened.Acted) and not one.system
            ),
            "",
        )
        return Signature(
            state=self._names.state(node),
            role=self._names.role(role),
            act=self._names.action(node, body.act),
            meaning=MEANINGS[body.meaning].show(self._language),
            name=self._system() if body.way == "system" else actor.name,
            post=actor.post,
            department=actor.dept,
            principal=actor.for_.name if actor.for_ else "",
            recorder=body.recorder.name if body.way == "paper" and body.recorder else "",
            at=self.moment(stored.at),
            comment=self._comment(stored),
            seq=stored.seq,
            digest=stored.record.digest[:DIGEST],
        )

    def _done_by_system(self, stored: Stored, event: happened.Acted) -> Signature:
        return Signature(
            state=self._names.state(event.state),
            role="",
            act=self._names.action(event.state, event.action),
            name=self._system(),
            at=self.moment(stored.at),
            seq=stored.seq,
            digest=stored.record.digest[:DIGEST],
        )

    def _system(self) -> str:
        return say("系统").show(self._language)

    def _comment(self, stored: Stored) -> str:
        """What was ticked, what was said, and what has become of the signature since."""
        ticked = [
            item
            for event in stored.events
            if isinstance(event, happened.ItemsTicked)
            for item in event.items
        ]
        said = say("{items}", items=tuple(ticked)).show(self._language)
        if stored.body.comment is not None:
            shown = stored.disclosed(COMMENT).get("")
            said = str(shown) if shown is not None else say("(已隐去)").show(self._language)
        standing = [one.standing for one in self._case.signatures if one.seq == stored.seq]
        if Standing.FELL in standing:
            return f"{said} {say('(签字已失效:所签内容后来改动)').show(self._language)}".strip()
        if Standing.SET_ASIDE in standing:
            return f"{said} {say('(已另签)').show(self._language)}".strip()
        return said

    def unsigned(self) -> Iterator[Signature]:
        """A blank line for every signature that the open tasks still ask for."""
        for task in self._case.asked:
            for _ in range(max(1, task.need - len(task.signed_by))):
                yield Signature(
                    state=self._names.state(task.state), role=self._names.role(task.role)
                )
