"""The types of the expression language, and what a scope declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Type:
    """A type. Records and rows carry the types of their fields, lists that of an element."""

    name: str
    fields: Mapping[str, Type] = field(default_factory=dict, hash=False)
    element: Type | None = None

    def __str__(self) -> str:
        return LABELS.get(self.name, self.name)


NUMBER = Type("number")
TEXT = Type("text")
BOOL = Type("bool")
DATE = Type("date")
DATETIME = Type("datetime")
PERSON = Type("person")
PEOPLE = Type("people")
DEPARTMENT = Type("department")
NOTHING = Type("nothing")
ANY = Type("any")

LABELS = {
    "number": "数",
    "text": "文字",
    "bool": "是否",
    "date": "日期",
    "datetime": "时刻",
    "person": "人员",
    "people": "人员(若干)",
    "department": "部门",
    "nothing": "空",
    "any": "任意",
    "list": "列表",
    "record": "记录",
    "rows": "明细表",
}


def list_of(element: Type) -> Type:
    return Type("list", element=element)


def record(fields: Mapping[str, Type], key: Type | None = None) -> Type:
    """A record; with `key`, one that also stands for that type, as a reference does."""
    return Type("record", fields=fields, element=key)


def rows(columns: Mapping[str, Type]) -> Type:
    return Type("rows", fields=columns)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function of the scope takes and gives; the last `optional` may be left out."""

    parameters: tuple[Type, ...]
    returns: Type
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """The names, functions and attributes an expression may use; the books and the diaries, and
    what they hold: items and things; the reference tables as rows.
    """

    names: Mapping[str, Type]
    functions: Mapping[str, Signature] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    books: Mapping[str, Type] | None = None  # None: not known
    diaries: Mapping[str, Type] | None = None
    tables: Mapping[str, Type] | None = None

    def with_names(self, more: Mapping[str, Type]) -> Scope:
        return replace(self, names={**self.names, **more})


def fits(found: Type, wanted: Type) -> bool:
    """Whether a value of one type may stand where another is asked for."""
    if "any" in (found.name, wanted.name) or found.name == "nothing":
        return True
    if found.name == wanted.name:
        return True
    if found.name == "record" and found.element is not None:
        return fits(found.element, wanted)
    if wanted.name == "record" and wanted.element is not None:
        return fits(found, wanted.element)
    if wanted.name == "people":
        return found.name == "person" or (
            found.name == "list" and found.element is not None and fits(found.element, PERSON)
        )
    if wanted.name == "department":
        return found.name == "text"  # a department is written by its name
    if wanted.name == "person":
        return found.name == "people"
    return False
