"""Opening a database safely: one writer at a time, nothing acknowledged that is not on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import NullPool, StaticPool

from engine.errors import GuichengError
from engine.store.trouble import sentence
from engine.text import say

BUSY_MS = 20_000


class StoreError(GuichengError):
    """数据库无法使用"""


def make_engine(path: Path | None) -> Engine:
    """An engine for a SQLite file, or for memory."""
    if path is None:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    else:
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: object) -> None:
    # The driver must not open transactions of its own: they begin in `reading` and `writing`.
    connection.isolation_level = None
    journal, synchronous = ("WAL", "FULL") if _wal_is_sound() else ("TRUNCATE", "EXTRA")
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    found = cursor.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0]
    cursor.execute(f"PRAGMA synchronous = {synchronous}")
    if found.upper() not in (journal, "MEMORY"):
        raise StoreError(
            say("数据库日志方式应为 {wanted},实为 {found}", wanted=journal, found=found)
        )


def _wal_is_sound() -> bool:
    """WAL lost committed pages in versions before the fixes of 3.44.6, 3.50.7 and 3.51.3."""
    version = sqlite3.sqlite_version_info
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51)
        or ((3, 44, 6) <= version < (3, 45))
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One view of everything, whatever is written meanwhile."""
    with plainly(), engine.connect() as connection:
        _run(connection, "BEGIN")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Everything or nothing, and nobody else writes meanwhile."""
    with plainly(), engine.connect() as connection:
        _run(connection, "BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


def _run(connection: Connection, statement: str) -> None:
    # Not by an event of the engine: listening to one makes every statement dearer.
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute(statement)


def migrate(engine: Engine) -> None:
    """Bring the schema up to date. Errors: `StoreError` if it is newer than this program."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    newest, *older = _revisions()
    if current == newest:
        return
    if current is not None and current not in older:
        raise StoreError(say("数据库由更新的版本建立({found}),本程序不能打开", found=current))
    config = _scripts()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@cache
def _revisions() -> tuple[str, ...]:
    """Every edition of the tables this program knows, the newest first."""
    scripts = ScriptDirectory.from_config(_scripts())
    return tuple(script.revision for script in scripts.walk_revisions())


def lay(engine: Engine) -> None:
    """Give an engine for memory the tables of an empty store: migrated once, then copied."""
    driver_of(_laid()).backup(driver_of(engine))


@cache
def _laid() -> Engine:
    engine = make_engine(None)
    migrate(engine)
    return engine


def driver_of(engine: Engine) -> sqlite3.Connection:
    """The one connection of an engine for memory."""
    found = engine.raw_connection().driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@contextmanager
def plainly() -> Iterator[None]:
    """Driver errors become sentences."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        raise StoreError(sentence(str(error.orig))) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(sentence(str(error))) from error
