"""Form files: YAML to `Form`, every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from engine.errors import Problem, Source
from engine.language.expressions import Expression, parse
from engine.language.forms import Field, FieldType, Form, Grouping
from engine.language.params import Params, read_plain
from engine.language.reader import Cursor, Mapping_, Node, Scalar, read
from engine.text import say

FORM_KEYS = ("form", "en", "code", "fields")
FIELD_KEYS = (
    "type",
    "en",
    "required",
    "when",
    "compute",
    "while",
    "default",
    "choices",
    "table",
    "columns",
    "group",
    "key",
    "many",
    "min",
    "max",
    "unit",
    "help",
)
GROUP_KEYS = ("of", "by")
TYPES: Mapping[str, FieldType] = {one.value: one for one in FieldType}


def load_form(
    text: str, file: str, params: Params | None = None
) -> tuple[Form | None, tuple[Problem, ...]]:
    """Read a form file. Expressions are parsed here and checked with the process."""
    node, problems = read(text, file)
    cursor = Cursor(problems)
    top = cursor.mapping(node, FORM_KEYS, ("form", "fields"))
    name = cursor.text(top.get("form"))
    fields = tuple(
        read_field(cursor, key, value, params) for key, value in cursor.entries(top.get("fields"))
    )
    _check_groups(cursor, fields)
    form = Form(name=name, en=cursor.optional(top.get("en")), fields=fields, parts=(name,))
    return (None if problems else form), tuple(sorted(problems, key=lambda one: one.source))


def merge_forms(forms: Iterable[Form], cursor: Cursor) -> Form:
    """One form of several: their fields are one namespace; the first gives the name."""
    several = tuple(forms)
    fields: dict[str, Field] = {}
    for form in several:
        for field in form.fields:
            if field.name in fields:
                cursor.say(
                    field.source,
                    say(
                        "字段“{name}”在 {source} 已有",
                        name=field.name,
                        source=str(fields[field.name].source),
                    ),
                    say("同一流程各表的字段不能重名"),
                )
            fields.setdefault(field.name, field)
    if not several:
        return Form(name="", en=None, fields=(), parts=())
    return replace(
        several[0],
        fields=tuple(fields.values()),
        parts=tuple(form.name for form in several),
    )


def read_field(cursor: Cursor, key: Scalar, node: Node, params: Params | None) -> Field:
    """One field or column; `text*` is short for a required text."""
    top = Mapping_((), node.source)
    if isinstance(node, Scalar):
        typed: Node | None = node
    else:
        top = cursor.mapping(node, FIELD_KEYS, ("type",))
        typed = top.get("type")
    written = cursor.text(typed, "text")
    starred = written.endswith("*")
    word = Scalar(written.removesuffix("*"), True, typed.source if typed else node.source)
    kind = cursor.one_of(word, TYPES, FieldType.TEXT)
    required: bool | Expression = starred
    wish = top.get("required")
    if wish is not None:
        text = cursor.text(wish)
        required = text == "true"
        if text not in ("true", "false"):
            required = read_expression(cursor, wish) or False
    field = Field(
        name=key.text,
        en=cursor.optional(top.get("en")),
        type=kind,
        many=cursor.boolean(top.get("many")),
        required=required,
        when=read_expression(cursor, top.get("when")),
        compute=read_expression(cursor, top.get("compute")),
        while_=read_expression(cursor, top.get("while")),
        default=read_expression(cursor, top.get("default")),
        choices=tuple(one.text for one in cursor.texts(top.get("choices"))),
        table=cursor.optional(top.get("table")),
        columns=tuple(
            read_field(cursor, name, value, params)
            for name, value in cursor.entries(top.get("columns"))
        ),
        group=_read_group(cursor, top.get("group")),
        key=tuple(one.text for one in cursor.texts(top.get("key"))),
        minimum=_read_limit(cursor, top.get("min")),
        maximum=_read_limit(cursor, top.get("max")),
        unit=cursor.optional(top.get("unit")),
        help=cursor.optional(top.get("help")),
        source=key.source,
    )
    _check_shape(cursor, field, node, params)
    return field


def read_expression(cursor: Cursor, node: Node | None) -> Expression | None:
    """An expression, or None with its problems placed in the file."""
    if node is None:
        return None
    text = cursor.text(node)
    if not text:
        return None
    expression, problems = parse(text)
    for problem in problems:
        cursor.say(at_column(node, problem.column), problem.what, problem.remedy)
    if expression is None:
        return None
    marks = 0 if isinstance(node, Scalar) and node.plain else 2
    is_whole = node.span[1] - node.span[0] == len(expression.text) + marks
    source = at_column(node, 1) if is_whole else node.source
    return replace(expression, source=source, is_whole=is_whole)


def at_column(node: Node, column: int) -> Source:
    """The place of a column inside a scalar of one line."""
    quote = isinstance(node, Scalar) and not node.plain
    return replace(node.source, column=node.source.column + column - 1 + int(quote))


def _read_group(cursor: Cursor, node: Node | None) -> Grouping | None:
    if node is None:
        return None
    top = cursor.mapping(node, GROUP_KEYS, GROUP_KEYS)
    return Grouping(of=cursor.text(top.get("of")), by=cursor.text(top.get("by")))


def _read_limit(cursor: Cursor, node: Node | None) -> Decimal | None:
    if node is None:
        return None
    value = read_plain(cursor.text(node))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    cursor.say(node, say("这里要写一个数"))
    return None


def _check_shape(cursor: Cursor, field: Field, node: Node, params: Params | None) -> None:
    if field.type is FieldType.LINES and not field.columns:
        cursor.say(node, say("明细表“{name}”没有列", name=field.name), say("请写 columns:"))
    if field.while_ is not None and field.compute is None:
        cursor.say(node, say("while 只能和 compute 一起写"))
    if field.columns and field.type is not FieldType.LINES:
        cursor.say(node, say("只有 lines 类型才有 columns"))
    for name in field.key:
        if field.column(name) is None:
            known = [column.name for column in field.columns]
            cursor.unknown(node.source, say("列"), name, known)
    if field.type is FieldType.CHOICE and not field.choices:
        cursor.say(node, say("“{name}”没有可选项", name=field.name), say("请写 choices: [甲, 乙]"))
    if field.type is FieldType.REFERENCE:
        if field.table is None:
            cursor.say(
                node, say("“{name}”没有说明引用哪张表", name=field.name), say("请写 table: 表名")
            )
        elif params is not None and field.table not in params.tables:
            cursor.unknown(node.source, say("基础数据表"), field.table, params.tables)


def _check_groups(cursor: Cursor, fields: tuple[Field, ...]) -> None:
    tables = {field.name: field for field in fields if field.type is FieldType.LINES}
    for field in fields:
        if field.group is None:
            continue
        source = tables.get(field.group.of)
        if source is None:
            cursor.unknown(field.source, say("明细表"), field.group.of, tables)
        elif source.column(field.group.by) is None or field.column(field.group.by) is None:
            cursor.unknown(
                field.source, say("列"), field.group.by, [column.name for column in source.columns]
            )
