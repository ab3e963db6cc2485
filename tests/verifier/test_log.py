"""Level 2: a log against its checkpoints, the heads of its streams, and what was redacted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.evidence.checkpoint import dump_vkey, make_checkpoint
from engine.evidence.log import Tree
from tests.verifier.parts import ORIGIN, Log, Row, bundle, event, shown
from tests.verifier.parts import sha256 as digest
from tests.verifier.staff import KEYS
from verifier.bundle import Bundle, HeadProof, Heads, Proofs
from verifier.canonical import canonical
from verifier.heads import heads_root
from verifier.log import check_log, covered, size_outside
from verifier.logs import Outside
from verifier.notes import load_trust
from verifier.reading import Sound
from verifier.records import SERVICE, Head
from verifier.suites import SHA256_ED25519

Told = tuple[str, str, str]
EMPTY, OTHER = digest(b""), "ab" * 32
TRUST = load_trust(dump_vkey(ORIGIN, KEYS[SERVICE].public))
NO_PROOFS = Proofs(inclusion={}, consistency={}, heads=None)


def at(where: str, code: str, zh: str, en: str, weight: str = "break") -> Told:
    return f"{where} [{code}] L2: {zh}".strip(), f"{where} [{code}] L2: {en}".strip(), weight


def note(size: int, root: bytes, origin: str = ORIGIN, signer: str = SERVICE) -> bytes:
    return make_checkpoint(origin, size, root, KEYS[signer]).note.encode()


def leaf(stream: str, seq: int, of: str) -> bytes:
    """A head as the tree of heads holds it."""
    return bytes.fromhex(digest(b"\x00" + canonical({"hash": of, "seq": seq, "stream": stream})))


class Past:
    """A log of sound records, and bundles of all or some of it."""

    def __init__(self, *streams: str) -> None:
        self.log = Log()
        for one in streams:
            self.add(one)

    def add(self, stream: str, *events: Any, **changes: Any) -> Sound:
        return self.log.add(stream, *events, **{"after": Head(seq=0, hash=EMPTY), **changes})

    def checkpoint(self, record: Row | None = None, **changes: Any) -> Sound:
        """The record before a checkpoint, that says what there is, or what is said otherwise."""
        ends = self.ends()
        root = Tree([leaf(*one) for one in ends]).root().hex()
        told = {"heads": root, "streams": len(ends), "records": len(self.records)}
        told |= {"tzdata": "2026b", "schema": "1", "code": "1"}
        given = {"stream": "sys", "typ": "ckpt", "way": "system", "more": (), **(record or {})}
        return self.add(
            given.pop("stream"),
            *(event("Checkpointed", **(told | changes)), *given.pop("more")),
            **given,
        )

    @property
    def records(self) -> list[Sound]:
        return self.log.judged.sound

    def ends(self, before: int | None = None) -> list[tuple[str, int, str]]:
        """The last record of each stream before a place in the log."""
        last = {one.body.stream: one for one in self.records[:before]}
        return [(name, last[name].body.seq, last[name].record.digest) for name in sorted(last)]

    def tree(self) -> Tree:
        return Tree([bytes.fromhex(one.record.digest) for one in self.records])

    def note(self, size: int, **changes: Any) -> bytes:
        return note(size, self.tree().root(size), **changes)

    def bundle(self, size: int | None = None, scope: str = "store", **changes: Any) -> Bundle:
        """All of it, with the checkpoint of some size."""
        size = len(self.records) if size is None else size
        made = replace(
            bundle(scope=scope),
            size=size,
            records=tuple(one.record for one in self.records),
            note=self.note(size),
        )
        return replace(made, **changes)

    def part(
        self, *streams: str, scope: str = "case", size: int | None = None, **changes: Any
    ) -> Bundle:
        """Some streams, proven under a checkpoint and the record before it, the last of all."""
        size = len(self.records) if size is None else size
        tree, ends = self.tree(), self.ends(-1)
        heads = Tree([leaf(*one) for one in ends])
        proven = {
            name: HeadProof(index=n, head=Head(seq=seq, hash=of), path=heads.inclusion(n))
            for n, (name, seq, of) in enumerate(ends)
            if name in streams
        }
        kept = [one for one in self.records if one.body.stream in streams]
        proofs = Proofs(
            inclusion={n.index: tree.inclusion(n.index, size) for n in kept if n.index < size},
            consistency={(old, size): tree.consistency(old, size) for old in range(1, size)},
            heads=Heads(record=len(self.records) - 1, size=len(ends), proofs=proven),
        )
        made = self.bundle(size, scope, proofs=proofs)
        return replace(made, records=tuple(one.record for one in kept), **changes)

    def told(self, made: Bundle, *outside: bytes, trusted: bool = True) -> list[Told]:
        """What is found in a bundle of it. What is in no chain is at no place of one."""
        here = {one.index for one in made.records}
        streams = {
            name: tuple(one for one in several if one.index in here)
            for name, several in self.log.streams.items()
        }
        judged = replace(
            self.log.judged, streams={name: several for name, several in streams.items() if several}
        )
        kept = tuple(Outside(name=f"kept-{n}", content=one) for n, one in enumerate(outside))
        found = check_log(made, judged, TRUST if trusted else None, kept)
        assert {one.seq for one in found if not one.stream} <= {-1}
        return shown(found)


def with_proofs(made: Bundle, **changes: Any) -> Bundle:
    return replace(made, proofs=replace(made.proofs, **changes))


def with_heads(made: Bundle, **changes: Any) -> Bundle:
    assert made.proofs.heads is not None
    return with_proofs(made, heads=replace(made.proofs.heads, **changes))


# -- notes ------------------------------------------------------------------------------


def test_a_store_and_every_checkpoint_of_it() -> None:
    past = Past("keys", "case/1", "case/2", "case/1")
    older = {size: past.note(size) for size in range(5)}
    assert past.told(past.bundle(older=older), *older.values()) == []
    assert past.told(past.bundle(2, older=older), *older.values()) == []
    assert past.told(past.bundle(0, note=None)) == []


SOUND = note(2, Past("keys", "case/1").tree().root())
NOT_OURS = ("E_NOTE", "检查点不是所信任的钥匙签的", "it is not signed by the trusted key")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            b"x",
            ("E_NOTE", "检查点应为三行文字加签名", "a checkpoint is three lines and signatures"),
        ),
        (note(2, bytes(32), "other"), ("E_NOTE", "检查点属于另一处", "it is of another store")),
        (SOUND.replace(b"\n2\n", b"\n1\n"), NOT_OURS),
        (note(2, bytes(32), signer="linlan"), NOT_OURS),
    ],
)
def test_a_note_that_cannot_be_compared_with(wrong: bytes, told: tuple[str, str, str]) -> None:
    past = Past("keys", "case/1")
    assert past.told(past.bundle(note=wrong)) == [at("checkpoint.note", *told)]
    older = {2: wrong}
    assert past.told(past.bundle(older=older)) == [at("checkpoints/2.note", *told)]
    assert past.told(past.bundle(), SOUND, wrong) == [at("kept-1", *told, "gap")]
    part = past.part("case/1", note=wrong, proofs=NO_PROOFS)
    assert past.told(part, SOUND) == [at("checkpoint.note", *told)]


def test_how_far_the_newest_usable_note_of_ones_own_reaches() -> None:
    past = Past("keys", "case/1")
    made = past.bundle()

    def reach(*several: bytes) -> int:
        kept = tuple(Outside(name="", content=one) for one in several)
        return size_outside(made, past.log.judged, TRUST, kept)

    assert reach() == 0
    assert reach(b"x", past.note(1)) == 1
    assert reach(past.note(2), past.note(1), note(9, bytes(32), signer="linlan")) == 2


def test_without_a_trusted_key_a_note_of_any_key_is_compared_with() -> None:
    past = Past("keys", "case/1")
    made = past.bundle(note=past.note(2, signer="linlan"))
    assert past.told(made, trusted=False) == []
    assert past.told(past.bundle(note=note(2, bytes(32))), trusted=False) == [CHANGED]


def test_a_note_of_another_size_than_its_name_says() -> None:
    past = Past("keys", "case/1", "case/1")
    made = past.bundle(2, note=note(1, bytes(32)), older={1: note(2, bytes(32)), 3: past.note(3)})
    assert past.told(made) == [
        at("checkpoint.note", "E_NOTE", "检查点的条数与 bundle.json 不符", "sizes disagree"),
        at("checkpoints/1.note", "E_NOTE", "文件名与检查点的条数不符", "it is of another size"),
    ]


# -- a whole store ----------------------------------------------------------------------

CHANGED = at(
    *("checkpoint.note", "E_ROOT", "记录算出的根与检查点不符:有记录被改、被删或被加"),
    "the records do not give the root: some were changed, removed or added",
)


def rewritten(name: str) -> Told:
    return at(
        *(name, "E_CONSISTENCY", "这个检查点不是现有历史的开头:历史被改写过"),
        "the history does not begin with this checkpoint: it was rewritten",
    )


def rolled_back(name: str, size: int, now: int) -> Told:
    return at(
        *(name, "E_ROLLBACK", f"检查点时有 {size} 条,现在只有 {now} 条:退回过旧状态"),
        f"there were {size} records, now there are {now}: an older state was put back",
    )


def test_records_that_do_not_give_the_root() -> None:
    past = Past("keys", "case/1")
    assert past.told(past.bundle(note=note(2, bytes(32)))) == [CHANGED]
    assert past.told(replace(past.bundle(), size=3, note=note(3, bytes(32)))) == [CHANGED]


def test_a_store_that_does_not_begin_with_its_checkpoints() -> None:
    past = Past("keys", *["case/1"] * 11)
    wrong = {size: note(size, bytes(32)) for size in (2, 3, 10, 13)}
    told = past.told(
        past.bundle(older={10: wrong[10], 2: wrong[2], 13: wrong[13], 1: past.note(1)}),
        *(b"", past.note(1), wrong[13], wrong[3], past.note(12)),
    )
    assert told[1:] == [
        *(rewritten(f"checkpoints/{size}.note") for size in (2, 10, 13)),
        rolled_back("kept-2", 13, 12),
        rewritten("kept-3"),
    ]


def test_what_a_signer_had_verified_is_how_the_log_begins() -> None:
    past = Past("keys", "case/1")
    roots = [past.tree().root(size).hex() for size in range(3)]
    past.add("case/1", after=Head(seq=2, hash=roots[2]))
    past.add("case/1", after=Head(seq=1, hash=roots[1]))
    assert past.told(past.bundle()) == []
    past.add("case/1", after=Head(seq=2, hash=roots[1]))
    past.add("case/2", after=Head(seq=6, hash=OTHER))
    past.add("case/2", after=Head(seq=0, hash=OTHER))
    zh = "签名人当时核对过的检查点不是现有历史的开头"
    en = "the checkpoint its signer had verified is no beginning of this history"
    wrong = ("case/1 #3", "case/2 #0", "case/2 #1")
    told = [at(f"{one} after", "E_CONSISTENCY", zh, en) for one in wrong]
    assert past.told(past.bundle()) == told
    assert past.told(past.part("case/1", "case/2", proofs=NO_PROOFS, size=0, note=None)) == []


def test_what_a_checkpoint_covers() -> None:
    past = Past("keys", "case/1", "case/1")
    assert [covered(past.bundle(size)) for size in (0, 2, 3)] == [0, 2, 3]
    assert covered(past.part("case/1", size=2)) == 1


# -- a part of a store ------------------------------------------------------------------


def history(*more: str) -> Past:
    past = Past("keys", "org", "case/1", "defs", "case/2", "case/1", *more)
    past.checkpoint()
    return past


ALWAYS = ("keys", "org", "defs", "sys")


@pytest.mark.parametrize("scope", ["case", "period"])
def test_a_part_and_every_checkpoint_of_its_store(scope: str) -> None:
    past = history()
    older = {size: past.note(size) for size in range(8)}
    made = past.part(*ALWAYS, "case/1", scope=scope, older=older)
    assert past.told(made, *older.values()) == []


def test_each_record_of_a_part_is_proven_to_be_under_the_checkpoint() -> None:
    past = history()
    made = past.part(*ALWAYS, "case/1")
    inclusion = dict(made.proofs.inclusion)
    del inclusion[2]
    inclusion[5], inclusion[6] = inclusion[6], inclusion[5]
    made = with_proofs(made, inclusion=inclusion)
    zh, en = "没有证明这条记录在检查点之内", "this record is not proven to be under the checkpoint"
    assert past.told(made) == [at(f"index {n}", "E_ROOT", zh, en) for n in (2, 5, 6)]


def test_records_after_the_checkpoint_are_not_proven() -> None:
    past = history()
    made = past.part(*ALWAYS, "case/1")
    late = past.add("case/1").record
    early = made.records[1]
    inclusion = {n: path for n, path in made.proofs.inclusion.items() if n != early.index}
    records = (late, *made.records)
    told = past.told(replace(with_proofs(made, inclusion=inclusion), records=records))
    assert [en[:16] for _, en, _ in told] == ["index 1 [E_ROOT]"]
    assert past.told(replace(made, records=records)) == []


def test_a_part_that_does_not_begin_with_its_checkpoints() -> None:
    past = history()
    wrong = {size: note(size, bytes(32)) for size in (0, 1, 3, 6, 7, 8)}
    older = {size: wrong[size] for size in (3, 6)} | {1: past.note(1)}
    made = past.part(*ALWAYS, older=older)
    kept = (b"", wrong[8], wrong[7], wrong[0], past.note(7), past.note(3))
    assert past.told(made, *kept)[1:] == [
        *(rewritten(f"checkpoints/{size}.note") for size in (3, 6)),
        *(rolled_back("kept-1", 8, 7), rewritten("kept-2"), rewritten("kept-3")),
    ]


def test_a_checkpoint_without_a_proof_leaves_the_verdict_open() -> None:
    past = history()
    made = with_proofs(past.part(*ALWAYS, older={1: past.note(1)}), consistency={})
    zh = "证据包没有与这个检查点的一致性证明,无法核对"
    en = "the bundle has no consistency proof for this checkpoint"
    told = [at(name, "E_CONSISTENCY", zh, en, "gap") for name in ("checkpoints/1.note", "kept-0")]
    assert past.told(made, past.note(6), past.note(0), past.note(7)) == told
    proofs = replace(made.proofs, consistency={(6, 7): (), (7, 7): (bytes(32),)})
    told = past.told(replace(made, proofs=proofs, older={}), past.note(6), past.note(7))
    assert told == [rewritten("kept-0"), rewritten("kept-1")]


# -- heads of a whole store -------------------------------------------------------------


def test_the_root_over_heads_is_in_the_order_of_utf_16() -> None:
    ends = (("case/1", 3, OTHER), ("case/\U00020bb7", 0, EMPTY), ("case/\uff08", 2, OTHER))
    told = {name: (seq, of) for name, seq, of in reversed(ends)}
    wanted = Tree([leaf(*one) for one in ends]).root().hex()
    assert heads_root(told, SHA256_ED25519) == wanted


def test_every_checkpoint_record_says_what_was_before_it() -> None:
    past = Past("keys", "case/1")
    past.checkpoint()
    past.add("case/1")
    past.checkpoint()
    past.checkpoint({"typ": "system"}, heads=OTHER)
    assert past.told(past.bundle()) == []


@pytest.mark.parametrize("changes", [{"heads": OTHER}, {"streams": 4}, {"records": 4}])
def test_a_checkpoint_record_that_says_something_else(changes: Row) -> None:
    past = Past("keys", "case/1")
    past.checkpoint()
    past.checkpoint(**changes)
    past.checkpoint()
    told = at(
        *("sys #1 event/0", "E_HEADS", "检查点记录所述的链头与此前的记录不符"),
        "the heads it states are not those of the records before it",
    )
    assert past.told(past.bundle()) == [told]


# -- heads of a part --------------------------------------------------------------------


def unproven(stream: str) -> Told:
    return at(
        *(stream, "E_HEADS", "这条流在检查点时不止于此,或证明不成立"),
        "at the checkpoint the stream did not end here, or the proof fails",
    )


def no_proof(stream: str) -> Told:
    return at(stream, "E_HEADS", "没有这条流的链头证明", "no proof for this stream")


WITHOUT = at(
    *("proofs.json", "E_HEADS", "没有链头证明,不能证明各条流是完整的"),
    *("without heads proofs the streams are not proven complete", "gap"),
)
ABSENT = at("proofs.json", "E_HEADS", "所指的检查点记录不在", "no such checkpoint record")
COUNT = at("proofs.json", "E_HEADS", "流的数目不符", "the number of streams differs")


def test_heads_that_are_not_proven_at_all_leave_the_verdict_open() -> None:
    past = history()
    assert past.told(with_proofs(past.part(*ALWAYS), heads=None)) == [WITHOUT]
    assert past.told(past.part(*ALWAYS, proofs=NO_PROOFS, size=0, note=None)) == []


def test_heads_are_those_of_a_checkpoint_record_under_the_checkpoint() -> None:
    past = history()
    made = past.part(*ALWAYS)
    for record in (5, 1, 7):
        assert past.told(with_heads(made, record=record)) == [ABSENT]
    assert past.told(past.part(*ALWAYS, size=6)) == [ABSENT]


def test_heads_of_an_earlier_checkpoint_leave_the_verdict_open() -> None:
    past = history()
    made = past.part(*ALWAYS, "case/1")
    assert made.proofs.heads is not None
    past.add("case/2")
    later = with_proofs(past.part(*ALWAYS, "case/1"), heads=made.proofs.heads)
    early = at(
        *("proofs.json", "E_HEADS", "链头证明属于较早的检查点,之后是否还有记录没有证明"),
        *("the heads are those of an earlier checkpoint: what came after it is not proven", "gap"),
    )
    assert past.told(later) == [early]
    proofs = {name: one for name, one in made.proofs.heads.proofs.items() if name != "org"}
    assert past.told(with_heads(later, proofs=proofs)) == [early, no_proof("org")]


def test_a_checkpoint_record_of_another_number_of_streams() -> None:
    past = Past("keys", "org", "case/1", "defs", "case/2")
    past.checkpoint(streams=6)
    assert past.told(past.part(*ALWAYS)) == [COUNT]


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        *((None, {name: 5}) for name in ("heads", "tzdata", "schema", "code")),
        *((None, {name: wrong}) for name in ("streams", "records") for wrong in (True, "1")),
        *((None, one) for one in ({"heads": "x"}, {"version": 2}, {"more": 1})),
        ({"way": "key"}, {}),
        ({"stream": "org"}, {}),
        ({"more": [event("Noted")]}, {}),
    ],
)
def test_a_checkpoint_record_is_written_as_laid_down(record: Row | None, changes: Row) -> None:
    past = Past("keys")
    made = past.checkpoint(record, **changes).body
    told = at(
        *(f"{made.stream} #0 event/0", "E_HEADS", "检查点记录的内容不合规定"),
        "it is not written as laid down",
    )
    assert past.told(past.bundle()) == [told]
    assert past.told(past.part("keys", made.stream)) == [told, ABSENT]


def test_every_stream_is_proven_to_end_where_it_ends() -> None:
    past = history()
    made = past.part(*ALWAYS, "case/1")
    assert made.proofs.heads is not None
    right = made.proofs.heads.proofs
    assert set(right) == {"keys", "org", "defs", "case/1"}  # sys began with the checkpoint
    head, other = right["case/1"].head, right["org"]
    for name, wrong, told in (
        ("case/1", None, no_proof("case/1")),
        ("keys", None, no_proof("keys")),
        ("case/1", replace(right["case/1"], head=head._replace(seq=0)), unproven("case/1")),
        ("case/1", replace(right["case/1"], head=head._replace(hash=OTHER)), unproven("case/1")),
        ("case/1", replace(right["case/1"], index=1), unproven("case/1")),
        ("case/1", replace(right["case/1"], path=()), unproven("case/1")),
        ("defs", other, unproven("defs")),
        ("sys", other, unproven("sys")),
    ):
        proofs = {**right, name: wrong} if wrong else {n: p for n, p in right.items() if n != name}
        assert past.told(with_heads(made, proofs=proofs)) == [told], (name, wrong)
    names = ("keys", "defs", "case/1")
    told = past.told(with_heads(made, proofs={name: other for name in names}))
    assert told == [unproven("keys"), no_proof("org"), unproven("case/1"), unproven("defs")]


@pytest.mark.parametrize("scope", ["case", "period"])
@pytest.mark.parametrize("stream", ["case/1", "keys", "org", "defs", "sys"])
def test_of_a_period_cases_may_go_on_and_nothing_else(stream: str, scope: str) -> None:
    past = Past("keys", "org", "case/1", "defs", "sys")
    last = past.add(stream)
    past.checkpoint()
    made = past.part(*ALWAYS, "case/1", scope=scope)
    kept = tuple(one for one in made.records if one.index != last.index)
    told = past.told(replace(made, records=kept))
    goes_on = (scope, stream) == ("period", "case/1")
    assert told == ([] if goes_on else [unproven(stream)])


def test_a_case_does_not_go_on_with_what_is_behind_it() -> None:
    past = history("case/3")
    made = past.part(*ALWAYS, "case/1", scope="period")
    assert made.proofs.heads is not None
    right = made.proofs.heads.proofs
    for head in (Head(seq=9, hash=OTHER), Head(seq=1, hash=OTHER), Head(seq=0, hash=EMPTY)):
        proofs = {**right, "case/1": replace(right["case/1"], head=head)}
        assert past.told(with_heads(made, proofs=proofs)) == [unproven("case/1")]


def test_a_stream_that_ended_before_its_last_record_in_the_bundle() -> None:
    """A true proof of another end: the head is below what the bundle holds, or of other bytes."""
    past = Past(*ALWAYS[:3], "case/1", "case/1")
    ends = past.ends()
    for wrong in (("case/1", 0, past.records[3].record.digest), ("case/1", 1, OTHER)):
        other = [wrong, *(one for one in ends if one[0] != "case/1")]
        heads = Tree([leaf(*one) for one in other])
        made = Past(*ALWAYS[:3], "case/1", "case/1")
        made.checkpoint(heads=heads.root().hex())
        proven = {
            name: HeadProof(index=n, head=Head(seq=seq, hash=of), path=heads.inclusion(n))
            for n, (name, seq, of) in enumerate(other)
        }
        part = with_heads(made.part(*ALWAYS, "case/1", scope="period"), proofs=proven)
        assert made.told(part) == [unproven("case/1")]


def test_redactions_are_judged_last() -> None:
    past = history()
    past.add("case/1", typ="redact")
    told = past.told(past.bundle(note=note(8, bytes(32))))
    assert [en.partition("]")[0] for _, en, _ in told] == [
        *("checkpoint.note [E_ROOT", "case/1 #2 meaning [E_REDACT", "case/1 #2 event/0 [E_REDACT")
    ]
