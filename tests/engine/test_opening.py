"""Who may start a case, and with what: a payment cannot be invented at the keyboard."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.desk import Receipt, Refused
from engine.evidence.signing import FileSigner, make_key
from engine.language.forms import Values
from engine.rehearsal.office import Office
from engine.store.rows import Query
from engine.verifying import verify_store


def start(office: Office, person: str, process: str, values: Values) -> Receipt | Refused:
    uid = office.person(person)
    return office.desk.start(process, uid, office.signers[uid], values)


@pytest.mark.parametrize(
    ("person", "process", "values", "code", "told"),
    [
        ("孙蕾", "付款", {"金额": Decimal(99)}, "E_ROLE", "不由人立案"),
        ("林岚", "会务服务保障", {"实到人数": 3}, "E_GUARD", "实到人数"),
        ("孟真", "会务服务保障", {"会议名称": "会"}, "E_READONLY", "只读"),
    ],
)
def test_a_start_against_the_rules_is_refused_and_recorded(
    office: Office, person: str, process: str, values: Values, code: str, told: str
) -> None:
    answer = start(office, person, process, values)
    assert isinstance(answer, Refused)
    reasons = [str(one.text) for one in answer.refusal.reasons if one.code == code]
    assert any(told in one for one in reasons)
    (found,) = office.store.query(Query(refusals=True, process=process))
    assert (found.actor_name, found.action, found.code) == (person, "立案", answer.refusal.code)
    assert office.store.cases(process=process) == ()
    assert verify_store(office.store) == ()


def test_a_start_with_a_foreign_key_is_refused(office: Office) -> None:
    uid = office.person("林岚")
    answer = office.desk.start("会务服务保障", uid, FileSigner(make_key()), {})
    assert isinstance(answer, Refused)
    assert answer.refusal.code == "E_KEY"
    assert office.store.cases(process="会务服务保障") == ()


def test_a_refused_start_uses_up_no_number(office: Office) -> None:
    assert isinstance(start(office, "林岚", "会务服务保障", {"实到人数": 3}), Refused)
    done = start(office, "林岚", "会务服务保障", {"会议名称": "会"})
    assert isinstance(done, Receipt)
    assert done.case is not None
    assert done.case.number == "HY-2026-000001"
