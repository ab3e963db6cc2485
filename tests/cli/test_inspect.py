"""Reading a case on record from the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def test_a_case_is_read_on_record_by_those_it_concerns(run: Run) -> None:
    assert run("--as", "江源", "start", "办公用品领用")[0] == 0
    _, out, _ = run("--as", "江源", "todo", "--json")
    (mine,) = json.loads(out)["rows"]
    case = str(mine["number"])
    code, out, err = run("--as", "孟真", "audit", "inspect", case)
    assert code == 0
    assert "江源" in out
    assert "查阅已记录" in err
    assert (
        run("--as", "孟真", "audit", "inspect", case, "--json")[1]
        == run("history", case, "--json")[1]
    )
    code, out, err = run("--as", "林岚", "audit", "inspect", case)
    assert (code, out) == (3, "")
    assert "[E_ROLE]" in err
    assert "韩江" in err
    code, out, _ = run("audit", "query", "--action", "查阅", "--json")
    assert [(one["actor"], one["code"]) for one in json.loads(out)] == [
        ("孟真", None),
        ("孟真", None),
        ("林岚", "E_ROLE"),
    ]
    assert run("audit", "inspect", case)[0] == 2
