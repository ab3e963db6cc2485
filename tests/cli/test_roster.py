"""Changes of people from the command line: who may, from when, and how it is told."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def office_day() -> date:
    """Today where the office is: the machine of the tests may stand in another day."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def test_leave_certificates_liaisons_and_leavers_by_command(run) -> None:  # type: ignore[no-untyped-def]
    today = office_day()
    later = (today + timedelta(days=3)).isoformat()
    code, out, _ = run("--as", "韩江", "roster", "leave", "--until", later)
    assert code == 0
    assert f"已请假,自 {today} 起" in out
    code, _, err = run("--as", "方宁", "roster", "leave", "--until", later)
    assert code == 3
    assert "[E_AB_ABSENT]" in err
    assert run("--as", "韩江", "roster", "leave", "--from", later, "--end")[0] == 0
    code, _, err = run("--as", "方宁", "roster", "qualify", "石磊", "年审", "--until", later)
    assert code == 3
    assert "应由 卢工 办理" in err
    assert run("--as", "卢工", "roster", "qualify", "石磊", "年审", "--until", later)[0] == 0
    assert run("--as", "何清", "roster", "liaison", "业务一处", "何清")[0] == 0
    assert run("--as", "何清", "roster", "liaison", "业务一处", "林岚", "--end")[0] == 0
    assert run("--as", "何清", "roster", "liaison", "业务一处", "何清", "--end")[0] == 3
    assert run("--as", "何清", "roster", "liaison", "业务三处", "何清")[0] == 2
    assert run("--as", "卢工", "roster", "withdraw", "苏晓", "采购员")[0] == 0
    assert run("--as", "卢工", "roster", "leaver", "石磊")[0] == 0
    code, out, _ = run("roster", "show", "--json")
    known = {one["name"]: one for one in json.loads(out)}
    assert (known["韩江"]["away"], known["石磊"]["away"]) == ("请假", "已离岗")
    assert known["石磊"]["qualifications"] == {"准驾证": "2027-06-30", "年审": later}
    assert known["苏晓"]["posts"] == "会务专员"
    assert run("--as", "石磊", "roster", "leave", "--until", later)[0] == 3


def test_a_delegation_has_a_limit_and_can_be_called_back(run) -> None:  # type: ignore[no-untyped-def]
    today = office_day().isoformat()
    give = ("--as", "韩江", "delegate", "顾敏", "--from", today)
    assert run(*give, "--until", today, "--limit", "五千")[0] == 2
    assert run(*give, "--until", today, "--limit", "5000")[0] == 0
    assert run(*give, "--end")[0] == 0
    assert run("--as", "韩江", "delegate", "苏晓", "--from", today, "--end")[0] == 3
    assert run(*give, "--until", today, "--limit", "0")[0] == 3
    assert run(*give)[0] == 2
