"""Whether a turned bit is found, without verifying everything for every bit.

`verify_store` is a sum: the findings of each stream, of the places, the objects, the tables and the
log, made one after another from what the store holds. Nothing in a later part takes back a finding
of an earlier one, so that *some part finds something* and *the whole finds something* are the same
sentence. The short cut asks only the parts that read the row that was turned, with the functions
`verify_store` itself calls, and only if none of them finds anything the whole. Its answers are:

- *found*: then the whole finds it too, being a sum, if what the parts are given is what the whole
  would give them. Some of it is taken from the honest store instead of being made again:
  - the leaves of the log for the notes, what records say of objects for the objects, the tables
    as the history makes them for the tables: none of them reads the row that was turned;
  - the state of the keys. It reads the stream `keys` alone, so it is the same for a row of any
    other stream. If the row is of `keys`, either each change of keys is told as before, and the
    state is the same; or a disclosure tells another, and does not open its commitment, which the
    whole finds whatever the keys; or a change can no longer be read, which is a finding too;
  - that the records before the turned one are in order (`verify_stream(…, after)`), and all but
    the next one after it (`Near`): nothing of them was turned, so that in the whole the chain is
    followed up to the turned one as well. Where something of the stream was destroyed, by a later
    record than the one it was in, the stream is read from end to end.
- *not found*: only after the whole has been asked.

So nothing can be called missed that the whole would find, nor found that it would not. A test asks
the whole for a sample of the flips all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from engine import verifying
from engine.catalog import KEYS
from engine.evidence.checkpoint import Checkpoint
from engine.evidence.checks import Finding
from engine.evidence.record import SERVICE, Record
from engine.log_checks import Rests, check_notes
from engine.store.store import Store
from tests.flips.columns import DERIVED
from tests.flips.flipping import Flip, Flipper


class Near:
    """A store of which a stream is read no further than to `last`."""

    def __init__(self, store: Store, last: int) -> None:
        self.store, self.last = store, last
        self.origin, self.suite = store.origin, store.suite

    def raw_records(
        self, stream: str, after: int = -1
    ) -> Iterator[tuple[Record, Mapping[str, object]]]:
        found = self.store.raw_records(stream, after)
        return islice(found, self.last - after)

    def raw_disclosures(self, stream: str, after: int = -1) -> list[Mapping[str, object]]:
        found = self.store.raw_disclosures(stream, after)
        return [row for row in found if int(str(row["seq"])) <= self.last]


class Judge:
    """An honest store, and what is known of it."""

    def __init__(self, store: Store, kept: Checkpoint, flipper: Flipper) -> None:
        self.store, self.kept, self.flipper = store, kept, flipper
        assert self.whole() == ()
        self.keys = verifying.fold_keys(store, [])
        self.leaves = store.leaves()
        self.rebuilt = store.rebuilt_tables()
        self.kinds: dict[str, str] = {}
        assert list(verifying.read_kinds(store, self.kinds)) == []
        self.redactions = tuple(verifying.redactions_of(store))
        self.redacted = {one.stream for one in self.redactions}
        self.asked_for_whole = 0

    def whole(self) -> tuple[Finding, ...]:
        """Every finding of the store as it stands now."""
        return verifying.verify_store(self.store, self.kept)

    def find(self, flip: Flip) -> Finding | None:
        """The first finding that a turned bit leads to; None if it goes unseen."""
        places = self._places(flip)
        with self.flipper.flipped(flip):
            try:
                found = _first(self._parts(flip, places))
                if found is None:
                    self.asked_for_whole += 1
                    found = _first(self.whole())
            except Exception as error:
                error.add_note(str(flip))
                raise
        return found

    def _places(self, flip: Flip) -> tuple[tuple[str, int], ...]:
        """The stream and seq of a turned row of the history, as it was and as it is."""
        if flip.column.table not in ("record", "disclosure"):
            return ()
        was = {
            name: self.flipper.value(flip.column.table, name, flip.row)
            for name in ("stream", "seq")
        }
        now = {**was, flip.column.name: flip.after}
        places = dict.fromkeys((one["stream"], one["seq"]) for one in (was, now))
        return tuple((str(stream), int(str(seq))) for stream, seq in places)

    def _parts(self, flip: Flip, places: tuple[tuple[str, int], ...]) -> Iterator[Finding]:
        match flip.column.table:
            case "record" | "disclosure":
                for stream, seq in places:
                    yield from self._stream(stream, seq)
                match flip.column.path:
                    case "record.position":
                        yield from verifying.verify_positions(self.store)
                    case "disclosure.stream":
                        yield from verifying.verify_strays(self.store)
            case "object":
                yield from verifying.check_objects(self.store, self.kinds, self.redactions)
            case "checkpoint":
                publics = self.keys.publics_of(SERVICE)
                yield from check_notes(self.store, self.leaves, publics)
            case table if table == "head" or table in DERIVED:
                stored = self.store.derived_tables(table)
                yield from verifying.compare_tables(stored, self.rebuilt)
            case "meta":
                yield from self._stream(KEYS, 0)

    def _stream(self, stream: str, seq: int) -> Iterator[Finding]:
        if stream in self.redacted:
            yield from verifying.verify_stream(self.store, stream, self.keys, Rests(self.store))
            return
        first = max(seq, 0)
        near = Near(self.store, first + 1)
        yield from verifying.verify_stream(
            near,  # type: ignore[arg-type]
            stream,
            self.keys,
            Rests(self.store),
            first - 1,
        )


def _first(findings: Iterable[Finding]) -> Finding | None:
    return next((one for one in findings if not one.is_doubt), None)
