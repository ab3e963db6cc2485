"""Copies of a store: taken while it is in use, put back where none is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from engine.store.connect import StoreError, plainly
from engine.store.store import Store
from engine.text import say


def backup(store: Store, path: Path) -> None:
    """Copy a store to a new file while it is in use (SQLite's online backup)."""
    if path.exists():
        raise StoreError(say("{path} 已存在,不会覆盖", path=path.name))
    if store.path is None:
        raise StoreError(say("内存中的库不能备份"))
    with (
        plainly(),
        closing(sqlite3.connect(store.path)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)


def restore(file: Path, path: Path) -> None:
    """Put a backup in the place of a store that is not there. Errors: `StoreError`."""
    if path.exists():
        raise StoreError(say("{path} 已存在,不会覆盖;请先移走", path=path.name))
    if not file.exists():
        raise StoreError(say("没有备份文件 {file}", file=str(file)))
    Store.open(file).close()
    with plainly(), closing(sqlite3.connect(file)) as source:
        if source.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise StoreError(say("备份文件已损坏"))
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)
