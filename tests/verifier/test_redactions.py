"""Level 2: what a redaction must be, and what it may name, each fault by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.verifier.parts import AT, Log, Row, actor, bundle, event, shown
from tests.verifier.parts import sha256 as digest
from verifier.redactions import check_redactions

Told = tuple[str, str, str]
EMPTY, OTHER = digest(b""), "ab" * 32

GIVEN: Row = {"uid": "hanjiang", "name": "韩江", "key": OTHER, "at": AT, "sig": ""}
COMMITS = {"form/x": OTHER, "event/0": OTHER, "fact/who(主任)": OTHER, "fact/post(主任)": OTHER}
COMMITS |= {"fact/whoever": OTHER}


def target(path: str = "form/x", **changes: Any) -> Row:
    return {"seq": 0, "path": path, "commit": OTHER, **changes}


def redacted(*targets: Any, **changes: Any) -> Row:
    told: Row = {"targets": list(targets), "objects": [], "basis": "条例", "approvers": [GIVEN]}
    return event("Redacted", **(told | changes))


def told(log: Log) -> list[Told]:
    return shown(check_redactions(replace(bundle(), objects={EMPTY: b""}), log.judged))


def redaction(*events: Any, **changes: Any) -> list[Told]:
    """What is found where one record of a case is the redaction of the one before it."""
    log = Log()
    log.add("case/1", commits=COMMITS)
    log.add("case/1", *events, **{"typ": "redact", "meaning": "responsibility", **changes})
    return told(log)


def at(place: str, zh: str, en: str) -> Told:
    return f"{place} [E_REDACT] L2: {zh}", f"{place} [E_REDACT] L2: {en}", "break"


def told_of(field: str, zh: str, en: str) -> Told:
    return at(f"case/1 #1 {field}", zh, en)


NOT_RESPONSIBLE = told_of(
    "meaning", "涂销须由人以责任签名", "a person must take responsibility for it"
)
NO_CONSENT = told_of(
    "event/0", "涂销须有依据,并有另一人同意", "no basis, or no other person consented"
)
ONE_EVENT = ("涂销记录须有且只有一个涂销事件", "it must have one Redacted event")
NO_EVENT = told_of("event/0", *ONE_EVENT)
NO_OBJECT = told_of("event/0", "涂销的附件写法不对", "an object is ill-formed")
ILL_FORMED = told_of("event/0", "涂销的目标写法不对", "a target is ill-formed")
STILL_THERE = told_of("event/0", "写明涂销的附件仍在", "an object said to be destroyed is there")


def test_a_redaction_as_it_should_be() -> None:
    assert redaction(redacted(target(), target("fact/whoever"), objects=[OTHER])) == []
    assert redaction(redacted(approvers=[GIVEN, GIVEN | {"uid": "lugong"}])) == []
    assert redaction(event("Noted"), typ="step") == []


@pytest.mark.parametrize(
    ("events", "changes", "told"),
    [
        ([redacted()], {"meaning": "approval"}, [NOT_RESPONSIBLE]),
        ([redacted()], {"way": "system"}, [NOT_RESPONSIBLE]),
        ([], {}, [NO_EVENT]),
        ([event("Noted")], {}, [NO_EVENT]),
        ([redacted(target()), event("Noted")], {}, [NO_EVENT]),
        ([redacted(targets=None)], {}, [NO_EVENT]),
        ([redacted(objects=None)], {}, [NO_EVENT]),
        *(
            ([redacted(**wrong)], {}, [NO_CONSENT])
            for wrong in (
                *({"basis": one} for one in ("", 5, "条例\n四", "条例\t四")),
                *({"approvers": []}, {"approvers": None}),
                *({"approvers": [GIVEN | {"more": 1}]}, {"approvers": [GIVEN | {"uid": "linlan"}]}),
                {"approvers": [GIVEN, GIVEN | {"uid": "linlan"}]},
            )
        ),
        ([redacted()], {"actor": actor("hanjiang")}, [NO_CONSENT]),
        *(
            ([redacted(wrong, target("fact/whoever"))], {}, [ILL_FORMED])
            for wrong in (
                *(
                    "x",
                    None,
                    {},
                    target(more=1),
                    target(seq="0"),
                    target(seq=False),
                    target(path=1),
                ),
                target(commit=None),
            )
        ),
        ([redacted(objects=[OTHER, EMPTY])], {}, [STILL_THERE]),
        ([redacted(objects=[5, "x", EMPTY])], {}, [NO_OBJECT, NO_OBJECT, STILL_THERE]),
        ([redacted(more=1)], {}, [NO_EVENT]),
        ([redacted("x", objects=[EMPTY], basis="")], {}, [NO_CONSENT, ILL_FORMED, STILL_THERE]),
    ],
)
def test_a_redaction_with_one_fault(events: list[Any], changes: Row, told: list[Told]) -> None:
    assert redaction(*events, **changes) == told


NOT_EARLIER = ("涂销的目标不在此前", "the target is not an earlier record")
UNLIKE = ("涂销的目标与记录的承诺不符", "the target is not what the record committed to")
NEVER = ("事件和“谁可以办”不得涂销", "events, who(…) and post(…) may not be redacted")


@pytest.mark.parametrize(
    ("wrong", "where", "told"),
    [
        (target(seq=-1), "-1 form/x", NOT_EARLIER),
        (target(seq=1), "1 form/x", NOT_EARLIER),
        (target(seq=2), "2 form/x", NOT_EARLIER),
        (target(commit=EMPTY), "0 form/x", UNLIKE),
        (target("form/y"), "0 form/y", UNLIKE),
        (target("event/0"), "0 event/0", NEVER),
        (target("fact/who(主任)"), "0 fact/who(主任)", NEVER),
        (target("fact/post(主任)"), "0 fact/post(主任)", NEVER),
    ],
)
def test_what_may_not_be_redacted(wrong: Row, where: str, told: tuple[str, str]) -> None:
    assert redaction(redacted(wrong, target())) == [told_of(where, *told)]


def test_a_value_said_to_be_destroyed_is_gone() -> None:
    log = Log()
    log.add("case/1")
    log.add("case/1", commits=COMMITS, facts={"whoever": 1})
    log.add("case/2", typ="redact", meaning="responsibility")
    wrong = redacted(target("fact/whoever", seq=1), target(seq=1))
    log.add("case/1", wrong, typ="redact", meaning="responsibility")
    zh, en = "写明涂销的明细仍在", "a value said to be destroyed is there"
    assert told(log) == [
        at("case/1 #2 1 fact/whoever", zh, en),
        at("case/2 #0 event/0", *ONE_EVENT),
    ]


def test_where_records_cannot_be_read_nothing_of_them_is_redacted() -> None:
    log = Log()
    log.add("case/1", commits=COMMITS)
    wrong = redacted(target(seq=2), target(seq=3))
    log.add("case/1", wrong, seq=4, typ="redact", meaning="responsibility")
    assert told(log) == [at(f"case/1 #4 {n} form/x", *NOT_EARLIER) for n in (2, 3)]
