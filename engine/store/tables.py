"""The tables. `record`, `disclosure` and `object` are the truth; the others follow from them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class RecordRow(SQLModel, table=True):
    """One sealed record, with columns copied from its body for querying."""

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("stream", "seq"),)

    position: int | None = Field(default=None, primary_key=True)
    stream: str
    seq: int
    body: bytes = Field(sa_type=LargeBinary)
    key: str
    sig: bytes = Field(sa_type=LargeBinary)
    received_at: str
    payload_type: str
    digest: str
    typ: str
    at: str = Field(index=True)
    actor: str = Field(index=True)
    actor_name: str
    principal: str | None
    case_id: str | None = Field(index=True)
    number: str | None
    process: str | None
    state: str | None
    action: str
    meaning: str
    code: str | None
    request: str = Field(unique=True)


class DisclosureRow(SQLModel, table=True):
    """What a commitment opens to. Only redaction may empty salt and value."""

    __tablename__ = "disclosure"

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    path: str = Field(primary_key=True)
    salt: bytes | None = Field(sa_type=LargeBinary)
    value: str | None


class ObjectRow(SQLModel, table=True):
    """A published text under the digest of its bytes."""

    __tablename__ = "object"

    digest: str = Field(primary_key=True)
    kind: str
    content: bytes = Field(sa_type=LargeBinary)


class CheckpointRow(SQLModel, table=True):
    """A checkpoint signed over the first `size` records. `at`: when, in UTC."""

    __tablename__ = "checkpoint"

    size: int = Field(primary_key=True)
    note: str
    at: str


class TokenRow(SQLModel, table=True):
    """What a time-stamp authority answered for a checkpoint. `at`: when it was kept, in UTC."""

    __tablename__ = "token"

    id: int | None = Field(default=None, primary_key=True)
    size: int = Field(foreign_key="checkpoint.size")
    answer: bytes = Field(sa_type=LargeBinary)
    at: str


class HeadRow(SQLModel, table=True):
    __tablename__ = "head"

    stream: str = Field(primary_key=True)
    seq: int
    digest: str


class CaseTable(SQLModel, table=True):
    __tablename__ = "case_row"

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    process: str = Field(index=True)
    definition: str
    title: str
    initiator: str = Field(index=True)
    department: str | None
    parent: str | None = Field(index=True)
    period: str | None
    configuration: str
    opened_at: str
    closed_at: str | None
    result: str | None
    suspended: bool


class MemberRow(SQLModel, table=True):
    __tablename__ = "member"

    case_id: str = Field(primary_key=True)
    member: str = Field(primary_key=True, index=True)


class TaskRow(SQLModel, table=True):
    """Open work only. From the moment `soon` on its deadline is near."""

    __tablename__ = "task_row"

    case_id: str = Field(primary_key=True)
    task: str = Field(primary_key=True)
    state: str
    role: str
    claimed_by: str | None
    offered_at: str
    due: str | None
    soon: str | None
    stopped: bool


class OfferRow(SQLModel, table=True):
    __tablename__ = "offer"

    case_id: str = Field(primary_key=True)
    task: str = Field(primary_key=True)
    person: str = Field(primary_key=True, index=True)


class TimerRow(SQLModel, table=True):
    __tablename__ = "timer_row"

    case_id: str = Field(primary_key=True)
    timer: str = Field(primary_key=True)
    kind: str
    state: str
    action: str | None
    due: str = Field(index=True)
    stopped: bool


class ActRow(SQLModel, table=True):
    __tablename__ = "act_row"

    case_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    actor: str = Field(index=True)
    principal: str | None = Field(index=True)
    state: str
    action: str
    role: str
    duties: str
    at: str


class CopyRow(SQLModel, table=True):
    """Who was given which case to read, by whom, since when."""

    __tablename__ = "copy_row"

    case_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True, index=True)
    sender: str
    at: str


class PersonRow(SQLModel, table=True):
    """What somebody is called in the roster published last that names him."""

    __tablename__ = "person_row"

    id: str = Field(primary_key=True)
    name: str


class StandInRow(SQLModel, table=True):
    """Who may act for whom, from one day to another; `process` "" is every procedure."""

    __tablename__ = "stand_in"

    principal: str = Field(primary_key=True)
    person: str = Field(primary_key=True, index=True)
    process: str = Field(primary_key=True)
    since: str = Field(primary_key=True)
    until: str


class PendingRow(SQLModel, table=True):
    """Requests between cases that have not been carried out yet."""

    __tablename__ = "pending"

    case_id: str = Field(primary_key=True)
    request: str = Field(primary_key=True)
    kind: str
    target: str
    action: str
    initiator: str | None
    content: str


class ValueRow(SQLModel, table=True):
    """Plain top-level values, for finding cases by them."""

    __tablename__ = "value_row"

    case_id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    text: str = Field(index=True)


class PostingRow(SQLModel, table=True):
    """The lines of every book, with the balance of the item after each."""

    __tablename__ = "posting"
    __table_args__ = (Index("ix_posting_item", "book", "item"),)

    position: int = Field(primary_key=True)
    n: int = Field(primary_key=True)
    book: str
    serial: int
    item: str
    kind: str
    lot: str
    quantity: str
    cost: str
    balance: str
    balance_amount: str
    owner: str = Field(index=True)
    of: str = Field(index=True)
    holders: str
    details: str
    day: str
    at: str
    actor: str
    state: str


class LotRow(SQLModel, table=True):
    __tablename__ = "lot"

    book: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    lot: str = Field(primary_key=True)
    rank: int
    quantity: str
    cost: str
    details: str


class HoldRow(SQLModel, table=True):
    __tablename__ = "hold"

    book: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    owner: str = Field(primary_key=True, index=True)
    rank: int
    quantity: str
    holders: str
    day: str


class CardRow(SQLModel, table=True):
    """When an item last moved: the position of the record. "" stands for the whole book,
    "*" for whether it is frozen.
    """

    __tablename__ = "card"

    book: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    version: int


class FreezeRow(SQLModel, table=True):
    """From which record to which a book stood still, and for whom."""

    __tablename__ = "freeze"

    book: str = Field(primary_key=True)
    since: int = Field(primary_key=True)
    owner: str
    until: int | None


class OccupationRow(SQLModel, table=True):
    """What the things of the diaries are taken for; instants in UTC, as text that sorts."""

    __tablename__ = "occupation"

    diary: str = Field(primary_key=True)
    thing: str = Field(primary_key=True)
    owner: str = Field(primary_key=True, index=True)
    begins: str = Field(primary_key=True)
    ends: str = Field(primary_key=True)
    case_id: str
    from_: str
    until: str
    provisional: bool


class PageRow(SQLModel, table=True):
    """When what a thing is taken for last changed: the position of the record."""

    __tablename__ = "page"

    diary: str = Field(primary_key=True)
    thing: str = Field(primary_key=True)
    version: int


class ReadRow(SQLModel, table=True):
    """When somebody first looked at what was copied to him. Reading is no business of the
    office: this follows from no record, and no rebuilding makes or undoes it.
    """

    __tablename__ = "read_row"

    case_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    at: str


class UnsentRow(SQLModel, table=True):
    """What somebody has typed and not yet sent: the words of a `start` or a `do`.

    It follows from no record and is none: nobody has done anything yet.
    """

    __tablename__ = "unsent_row"

    person: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    process: str
    case_id: str | None
    action: str | None
    words: str
    configuration: str | None
    at: str


class OwedRow(SQLModel, table=True):
    """A notice that a channel could not deliver yet, by the record that gave rise to it."""

    __tablename__ = "owed_row"

    channel: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    tries: int
    why: str
    at: str


class MetaRow(SQLModel, table=True):
    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str


PROJECTIONS: tuple[type[SQLModel], ...] = (
    HeadRow,
    CaseTable,
    MemberRow,
    TaskRow,
    OfferRow,
    TimerRow,
    ActRow,
    CopyRow,
    PersonRow,
    StandInRow,
    PendingRow,
    ValueRow,
    PostingRow,
    LotRow,
    HoldRow,
    CardRow,
    FreezeRow,
    OccupationRow,
    PageRow,
)


def table_of(kind: type[SQLModel]) -> Any:
    """The table itself, without the class that is mapped to it."""
    return kind.__table__  # type: ignore[attr-defined]


def columns(kind: type[SQLModel]) -> Any:
    """The columns of a table, as SQL expressions (SQLModel types them as plain values)."""
    return table_of(kind).c
