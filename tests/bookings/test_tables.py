"""What is taken follows from the history: a row changed by hand is found, and made anew."""

from __future__ import annotations

from sqlalchemy import delete, update

from engine.rehearsal.player import Player
from engine.store.bookings import read_occupations
from engine.store.tables import OccupationRow, PageRow
from engine.verifying import verify_store
from tests.engine.test_language_features import office


def test_a_changed_or_missing_row_is_found_and_made_anew() -> None:
    played = office()
    example = played.definitions["预约"].examples[0]
    Player(played, "预约").play(example.steps[:2])
    store = played.store
    taken = read_occupations(store, "会议室")
    assert [one.owner for one in taken] == ["T-2026-0001"]
    for change, table in (
        (update(OccupationRow).values(ends="2026-12-10T10:30:00.000000Z"), "occupation"),
        (delete(OccupationRow), "occupation"),
        (update(PageRow).values(version=0), "page"),
    ):
        assert verify_store(store) == ()
        with store.writing() as connection:
            connection.execute(change)  # type: ignore[call-overload]
        assert [(one.code, one.field) for one in verify_store(store)] == [("E_TABLE", table)]
        store.rebuild()
    assert read_occupations(store, "会议室") == taken
