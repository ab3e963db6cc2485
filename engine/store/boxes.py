"""One person's boxes, read with nothing but the driver: they must be instant.

To do, done, started by me, copied to me, drafts; and how much lies in each of them.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import GuichengError
from engine.store.inbox import ask
from engine.text import say

TODO, DONE, MINE, COPIED, DRAFTS = BOXES = ("todo", "done", "mine", "copied", "drafts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a box; moments are UTC texts as stored, "" where a box has no such thing.

    `states` is where the work or the case is; `principal` whose work it is, if not the person's
    own; `state` and `action` what the person did, or
    means to do; `by` who copied it; `n` the number of a draft. `due`, `soon` (from when on that
    is near) and `is_stopped` (its clock) are those of the work, or of the nearest of the case.
    """

    number: str
    process: str
    definition: str
    title: str
    states: tuple[str, ...]
    at: str
    role: str = ""
    principal: str = ""
    state: str = ""
    action: str = ""
    by: str = ""
    n: int = 0
    due: str | None = None
    soon: str | None = None
    is_stopped: bool = False
    is_suspended: bool = False
    is_claimed: bool = False
    is_unread: bool = False
    has_moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What `todo` shows: whether the person is known, the lines of one box, how many there
    are in every box (and `unread`), the last tick, the zone.
    """

    is_known: bool
    lines: tuple[Line, ...]
    counts: dict[str, int]
    tick: str | None
    zone: str


FIND = "SELECT actor FROM record WHERE actor_name = :name OR actor = :name LIMIT 1"
TICK = "SELECT value FROM meta WHERE key = 'tick'"
ZONE = "SELECT json_extract(CAST(body AS TEXT), '$.tz') FROM record ORDER BY position DESC LIMIT 1"
# what is offered to a person, and what is to somebody he stands in for; his own comes first
OFFERED = """
FROM (
  SELECT o.case_id, o.task, min(CASE o.person WHEN :person THEN '' ELSE o.person END) AS principal
  FROM offer AS o
  JOIN task_row AS w ON w.case_id = o.case_id AND w.task = o.task
  WHERE (w.claimed_by IS NULL OR w.claimed_by = o.person) AND (
    o.person = :person OR EXISTS (
      SELECT 1 FROM stand_in AS s JOIN case_row AS k ON k.id = o.case_id
      WHERE s.person = :person AND s.principal = o.person AND k.initiator <> :person
      AND s.process IN ('', k.process) AND :today BETWEEN s.since AND s.until
    )
  )
  GROUP BY o.case_id, o.task
) AS o
JOIN task_row AS t ON t.case_id = o.case_id AND t.task = o.task
"""
PRINCIPAL = "SELECT name FROM person_row WHERE id = o.principal"
COUNTS = f"""
SELECT
  (SELECT count(*) {OFFERED}) AS todo,
  (SELECT count(DISTINCT case_id) FROM act_row WHERE actor = :person OR principal = :person)
    AS done,
  (SELECT count(*) FROM case_row WHERE initiator = :person) AS mine,
  (SELECT count(*) FROM copy_row WHERE person = :person) AS copied,
  (SELECT count(*) FROM unsent_row WHERE person = :person) AS drafts,
  (SELECT count(*) FROM copy_row AS c WHERE person = :person AND NOT EXISTS
    (SELECT 1 FROM read_row AS r WHERE r.case_id = c.case_id AND r.person = c.person)) AS unread
"""
CASE = "c.number, c.process, c.definition, c.title, c.suspended AS is_suspended"
NEAREST = """
LEFT JOIN (
  SELECT case_id, min(due) AS due, soon, stopped FROM task_row
  WHERE due IS NOT NULL GROUP BY case_id
) AS t ON t.case_id = c.id
"""
WHERE_NOW = f"{CASE}, c.configuration, t.due, t.soon, t.stopped AS is_stopped"
# SQLite takes the bare columns of a query with min() or max() from the row it found
# (https://sqlite.org/lang_select.html#bareagg).
SELECT = {
    TODO: f"""
SELECT {CASE}, t.state AS place, t.role, t.claimed_by IS NOT NULL AS is_claimed,
  t.offered_at AS at, t.due, t.soon, t.stopped AS is_stopped, ({PRINCIPAL}) AS principal
{OFFERED} JOIN case_row AS c ON c.id = t.case_id
ORDER BY t.due IS NULL, t.due, t.offered_at
""",
    DONE: f"""
SELECT {WHERE_NOW}, a.state, a.action, a.role, a.at
FROM (
  SELECT case_id, state, action, role, at, max(n) FROM act_row
  WHERE actor = :person OR principal = :person GROUP BY case_id
) AS a
JOIN case_row AS c ON c.id = a.case_id {NEAREST}
ORDER BY a.at DESC, c.number DESC
""",
    MINE: f"""
SELECT {WHERE_NOW}, c.opened_at AS at
FROM case_row AS c {NEAREST}
WHERE c.initiator = :person ORDER BY c.opened_at DESC, c.number DESC
""",
    COPIED: f"""
SELECT {WHERE_NOW}, o.sender AS by, o.at, r.at IS NULL AS is_unread
FROM copy_row AS o
JOIN case_row AS c ON c.id = o.case_id {NEAREST}
LEFT JOIN read_row AS r ON r.case_id = o.case_id AND r.person = o.person
WHERE o.person = :person ORDER BY o.at DESC, c.number DESC
""",
    DRAFTS: """
SELECT u.n, u.process, u.action, u.at, coalesce(c.number, '') AS number,
  coalesce(c.definition, '') AS definition, coalesce(c.title, '') AS title,
  c.configuration, u.configuration IS NOT c.configuration AS has_moved
FROM unsent_row AS u LEFT JOIN case_row AS c ON c.id = u.case_id
WHERE u.person = :person ORDER BY u.n
""",
}


def load_box(path: Path, name: str, box: str, now: datetime) -> Box:
    """One box of a person named by id or by name, as of a moment.

    Known are ids and names somebody has signed with. Errors: `Outdated`, or `GuichengError`
    without a database.
    """

    def question(connection: sqlite3.Connection) -> Box:
        connection.row_factory = sqlite3.Row
        found = connection.execute(FIND, {"name": name}).fetchone()
        (zone,) = connection.execute(ZONE).fetchone() or ("UTC",)
        (tick,) = connection.execute(TICK).fetchone() or (None,)
        today = now.astimezone(_known(zone)).date()
        person = {"person": found[0] if found else name, "today": today.isoformat()}
        return Box(
            is_known=found is not None,
            lines=tuple(_line(row) for row in connection.execute(SELECT[box], person)),
            counts=dict(connection.execute(COUNTS, person).fetchone()),
            tick=tick,
            zone=zone,
        )

    return ask(path, question)


def _known(zone: object) -> ZoneInfo:
    """The zone of this name. Errors: `GuichengError` for a name no engine wrote."""
    try:
        return ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError):
        told = say("最近一条记录写着未知的时区“{zone}”:请用 audit verify 查验", zone=str(zone))
        raise GuichengError(told) from None


def _line(row: sqlite3.Row) -> Line:
    told = {key: row[key] for key in row.keys() if row[key] is not None}  # noqa: SIM118
    states = tuple(json.loads(told.pop("configuration", "[]")))
    if "place" in told:
        states = (told.pop("place"),)
    flags = {key: bool(value) for key, value in told.items() if key.startswith(("is_", "has_"))}
    return Line(states=states, **{**told, **flags})
