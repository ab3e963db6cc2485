"""Opening balances: a case opens a card, and the card's own stream begins with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.parts import Log, Row, actor, bundle, definition, event, head, shown
from verifier.openings import check_balances, check_openings
from verifier.reading import Sound
from verifier.records import Party

STRANGE = ("不是这张卡的期初余额", "it is not the opening balance of this card")
ALONE = ("没有案件开这张卡", "no case opens this card")
OTHERWISE = ("不是开账的人与办法所签", "it is not signed as the opening was")
ASTRAY = (
    "所开的账没有成为该卡那条链的第一条",
    "what it opens does not begin the card's own stream",
)
MOVED = ("这张卡早已有进出,不能再开账", "the card had moved before it was opened")
OTHER = ("期初余额不是所入的账", "the opening balance is not what was entered")
QUANTITY = ("数量写法不对", "a quantity is ill-formed")


def decimal(digits: str) -> Row:
    return {"$": "decimal", "is": digits}


def opened(item: str = "纸", quantity: str = "5", amount: str = "10.0", **changes: Any) -> Row:
    told = {"book": "库存", "item": item, "kind": "期初"}
    told |= {"quantity": decimal(quantity), "amount": decimal(amount)}  # type: ignore[dict-item]
    return event("CardOpened", **told | changes)


def posted(item: str = "纸", quantity: str = "5", cost: str = "2", book: str = "库存") -> Row:
    return event("Posted", book=book, item=item, quantity=decimal(quantity), cost=decimal(cost))


def said(place: str, words: tuple[str, str], level: int = 3) -> tuple[str, str, str]:
    zh, en = (f"{place} [E_OPENING] L{level}: {one}" for one in words)
    return zh, en, "break"


def told(log: Log, scope: str = "store") -> list[tuple[str, str, str]]:
    return shown(check_openings(bundle(scope=scope), log.judged))


def balances(log: Log) -> list[tuple[str, str, str]]:
    return shown(check_balances(log.judged))


def begin(log: Log, of: Sound, *events: Any, stream: str = "stock/库存/纸", **changes: Any) -> None:
    """The first record of a card's stream, resting on a record of a case."""
    named = {"heads": {of.body.stream: head(of)}, "case": of.body.case}
    log.add(stream, *(events or (opened(),)), typ="stock", **named | changes)


def test_what_a_case_opens_begins_the_stream_of_its_card() -> None:
    log = Log()
    log.add("case/1", event("CaseOpened"))
    case = log.add("case/1", posted(), opened(), opened("笔"), event("Noted"))
    begin(log, case)
    begin(log, case, opened("笔"), stream="stock/库存/笔")
    for scope in ("store", "case", "period"):
        assert told(log, scope) == []


def test_it_is_read_whatever_comes_after_it_in_its_stream() -> None:
    log = Log()
    begin(log, log.add("case/1", opened()))
    log.add("stock/库存/纸", event("Redacted"), typ="redact")
    assert told(log) == []


@pytest.mark.parametrize(
    "events",
    [
        (opened("笔"),),
        (opened(book="在途"),),
        (opened(book=None),),
        (opened(item=5),),
        (opened(more=1),),
        ({name: value for name, value in opened().items() if name != "kind"},),
        (event("Posted"),),
        (opened() | {"version": 2},),
        (opened(), opened()),
        ("CardOpened",),
    ],
)
def test_a_stream_of_a_card_begins_with_the_opening_of_that_card(events: tuple[Any, ...]) -> None:
    log = Log()
    begin(log, log.add("case/1", opened(), *events), *events)
    assert said("stock/库存/纸 #0 event/0", STRANGE) in told(log)


@pytest.mark.parametrize("changes", [{"book": None}, {"item": None}])
def test_a_card_is_named_by_words(changes: Row) -> None:
    log = Log()
    stream = "stock/" + "/".join(
        str(one) for one in ({"book": "库存", "item": "纸"} | changes).values()
    )
    begin(log, log.add("case/1", opened(**changes)), opened(**changes), stream=stream)
    assert told(log) == [said("case/1 #0 event/0", ASTRAY), said(f"{stream} #0 event/0", STRANGE)]


def test_there_is_a_case_that_opens_it() -> None:
    place = "stock/库存/纸 #0 event/0"
    for other in (opened(quantity="6"), opened(kind="盘盈"), event("Posted")):
        log = Log()
        begin(log, log.add("case/1", other), heads={})
        assert said(place, ALONE) in told(log)
    log = Log()
    begin(log, log.add("case/1", opened(), typ="refusal"))
    assert told(log) == [said(place, ALONE)]
    log = Log()
    begin(log, log.add("case/1", event("Noted"), opened("笔")))
    assert said(place, ALONE) in told(log)


def test_it_names_the_very_record_that_opens_it() -> None:
    place = said("stock/库存/纸 #0 event/0", ALONE)
    astray = said("case/1 #1 event/0", ASTRAY)
    for named in (
        {},
        {"case/1": (0, "")},
        {"case/1": (1, "another")},
        {"case/1": (2, "")},
        {"case/2": (1, "")},
    ):
        log = Log()
        log.add("case/1", event("CaseOpened"))
        case = log.add("case/1", opened())
        heads = {
            stream: head(case)._replace(seq=seq, hash=digest or case.record.digest)
            for stream, (seq, digest) in named.items()
        }
        begin(log, case, heads=heads)
        assert told(log) == [astray, place]
    log = Log()
    case = log.add("case/1", opened())
    begin(log, case, case=None)
    assert told(log) == [place]
    log = Log()
    begin(log, case)
    assert told(log) == told(log, "case") == [place]
    assert told(log, "period") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": actor("wutong")},
        {"actor": actor("linlan", "hanjiang")},
        {"way": "paper"},
        {"recorder": Party("wutong", "wutong")},
        {"key": "another"},
        {"meaning": "approval"},
        {"definition": definition("建账", "src", "model")},
        {"number": "2026-2"},
        {"org": ("an older", "head")},
        {"keys": ("an older", "head")},
    ],
)
def test_who_signs_the_case_signs_the_opening_alike(changes: Row) -> None:
    log = Log()
    begin(log, log.add("case/1", opened()), **changes)
    assert told(log) == [said("stock/库存/纸 #0 actor", OTHERWISE)]


def test_what_a_case_opens_and_no_stream_begins_with_is_told_at_each_place() -> None:
    log = Log()
    case = log.add("case/1", event("Noted"), opened("笔"), opened(), opened(item=5))
    wanted = [said(f"case/1 #0 event/{n}", ASTRAY) for n in (1, 2, 3)]
    assert told(log) == told(log, "case") == wanted
    assert told(log, "period") == []
    begin(log, case)
    assert told(log) == [wanted[0], wanted[2]]


def test_a_stream_that_has_no_sound_record_begins_with_nothing() -> None:
    log = Log()
    log.add("case/1", opened())
    log.streams["stock/库存/纸"] = ()
    assert told(log) == told(log, "period") == [said("case/1 #0 event/0", ASTRAY)]


def test_a_card_is_opened_once() -> None:
    log = Log()
    begin(log, log.add("case/1", opened()))
    log.add("case/2", event("CaseOpened"))
    log.add("case/2", opened())
    assert told(log) == [said("case/2 #1 event/0", ASTRAY)]


# -- level 4 ------------------------------------------------------------------------------


def test_the_balance_is_what_was_entered_before_it() -> None:
    log = Log()
    log.add("case/1", posted("纸", "2", "2.5"), posted("笔", "1"), posted(quantity="3", cost="1"))
    log.add("case/2", posted("钉"), posted("钉", "-2"), opened("钉"), posted("钉", "1"))
    assert balances(log) == []
    log = Log()
    both = (posted("纸", "2", "2.5"), posted("笔", "1"), posted(quantity="3", cost="1"))
    log.add("case/1", *both, opened("纸", "5", "8"), opened("笔", "1", "2"))
    assert balances(log) == []


@pytest.mark.parametrize(
    "events",
    [
        (opened(),),
        (opened(), posted()),
        (posted(), opened(quantity="6")),
        (posted(), opened(amount="11")),
        (posted("笔"), opened()),
        (posted(book="在途"), opened()),
    ],
)
def test_another_balance_than_what_was_entered_is_told(events: tuple[Row, ...]) -> None:
    log = Log()
    log.add("case/1", *events)
    assert balances(log) == [said("case/1 #0 events", OTHER, 4)]


def test_a_card_that_had_moved_before_is_not_opened() -> None:
    log = Log()
    log.add("case/1", posted("笔"))
    log.add("case/2", posted(quantity="-1"))
    log.add("case/1", posted(), opened())
    assert balances(log) == [said("case/1 #1 events", MOVED, 4)]
    log = Log()
    log.add("case/1", posted(), opened())
    log.add("case/2", posted(), opened())
    assert balances(log) == [said("case/2 #0 events", MOVED, 4)]


def test_only_a_case_enters_anything() -> None:
    log = Log()
    log.add("case/1", posted(), opened(), typ="refusal")
    log.add("org", posted(), opened(quantity="7"))
    log.add("stock/库存/纸", opened(quantity="7"), typ="stock")
    log.add("case/1", posted(), opened())
    assert balances(log) == []


def test_what_is_ill_formed_is_told_and_what_follows_is_judged() -> None:
    log = Log()
    log.add("case/1", posted() | {"quantity": "5"})
    log.add("case/1", posted() | {"cost": None})
    log.add("case/1", posted(), opened() | {"amount": 1.5})
    log.add("case/1", opened(quantity="7"))
    places = [said(f"case/1 #{n} events", QUANTITY, 4) for n in range(3)]
    assert balances(log) == [*places, said("case/1 #3 events", OTHER, 4)]
